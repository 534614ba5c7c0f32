"""A link carried by psql: values as they are, errors as the server says them, deadlines that hold."""

from __future__ import annotations

import os
import time

import pytest

from safeshell.gateways.links import LinkError
from safeshell.gateways.psqllink import PsqlLink
from tests.servers import postgres_binaries, postgres_server


@pytest.fixture(scope="module")
def dsn():
    if postgres_binaries() is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgres_server() as server:
        yield server.conninfo()


@pytest.fixture
def link(dsn):
    with PsqlLink(dsn, os.environ) as made:
        yield made


def soon(seconds=5.0):
    return time.monotonic() + seconds


def test_values_come_as_they_are(link):
    """NULL and the empty text differ; quotes, commas, newlines, umlauts stay."""
    values = ["", None, 'a,"b"', "two\nlines", "é", "\\N", " "]
    selected = ", ".join("NULL" if value is None else "'" + value + "'" for value in values)
    found = link.query(f"SELECT {selected}", deadline=soon())
    assert list(found.rows[0]) == values
    empty = link.query('SELECT 1 AS "a b" WHERE false', deadline=soon())
    assert (empty.columns, empty.rows) == (("a b",), ())


def test_how_far_a_cursor_moved_is_told(link):
    """As the tag of MOVE."""
    for text in ("BEGIN", "DECLARE c CURSOR FOR SELECT generate_series(1, 1500)"):
        link.query(text, deadline=soon())
    assert link.query("MOVE FORWARD 1000 IN c", deadline=soon()).tag.endswith(" 1000")
    assert link.query("MOVE FORWARD 1000 IN c", deadline=soon()).tag.endswith(" 500")
    link.query("ROLLBACK", deadline=soon())


def test_an_error_is_the_servers_and_the_next_question_goes_on(link):
    """With its SQLSTATE."""
    with pytest.raises(LinkError, match="nowhere") as caught:
        link.query("SELECT * FROM nowhere", deadline=soon())
    assert caught.value.code == "42P01"
    assert link.query("SELECT 2", deadline=soon()).rows == (("2",),)


def test_nothing_can_be_written(link):
    """The session is read-only from its first moment."""
    with pytest.raises(LinkError, match="read-only"):
        link.query("CREATE TABLE t ()", deadline=soon())
    assert link.server["server_version_num"].isdigit()


def test_the_servers_own_timeout_leaves_the_link_usable(link):
    """Which every question of a preview has."""
    link.query("SET statement_timeout = 100", deadline=soon())
    with pytest.raises(LinkError) as caught:
        link.query("SELECT pg_sleep(30)", deadline=soon())
    assert (caught.value.late, caught.value.broken) == (True, False)
    assert link.query("SELECT 3", deadline=soon()).rows == (("3",),)


def test_a_server_that_does_not_answer_is_not_waited_for(link):
    """The deadline holds."""
    began = time.monotonic()
    with pytest.raises(LinkError) as caught:
        link.query("SELECT pg_sleep(30)", deadline=soon(0.3))
    assert (caught.value.late, caught.value.broken) == (True, True)
    assert time.monotonic() - began < 5


def test_without_a_server_psql_says_why():
    """Its own words, on one line; parameters cannot be given."""
    with pytest.raises(LinkError, match="connection") as caught:
        PsqlLink("host=/nowhere", os.environ)
    assert "\n" not in str(caught.value)
