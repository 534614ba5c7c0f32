"""`check --dsn`: what a migration would meet on this server, without running any of it."""

from __future__ import annotations

import json

import pytest

from tests.previews.postgres.linking import SHOP, PqLink
from tests.servers import postgres_binaries, postgres_server

MIGRATION = """
SELECT count(*) FROM orders;

ALTER TABLE orders ALTER id TYPE bigint;
DELETE FROM visits
 WHERE id <= 10;
"""


@pytest.fixture(scope="module")
def dsn():
    if postgres_binaries() is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgres_server() as server:
        link = PqLink(server.conninfo())
        link.run(SHOP)
        link.close()
        yield server.conninfo()


def check(person, dsn, *words, text=MIGRATION):
    person.write("migration.sql", text)
    base = ("check", "--language", "postgres", "--tier", "production", "--dsn", dsn)
    return person.run(*base, *words, "migration.sql")


def test_rows_sizes_and_blockers_by_line(person, dsn):
    """The reader's own verdict first, then what the server says; nothing was changed."""
    blocker = PqLink(dsn, "nightly")
    blocker.run("BEGIN; SELECT * FROM orders LIMIT 1")
    done = check(person, dsn)
    assert done.returncode == 3, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("  line 4: rewrites orders: about 3,000 rows") for line in lines)
    assert any("in the way: pid" in line and "nightly" in line for line in lines)
    assert "  line 5: 10 rows of visits" in lines
    blocker.run("ROLLBACK")
    assert blocker.run("SELECT count(*) FROM visits") == (("20000",),)
    blocker.close()


def test_the_same_as_json(person, dsn):
    """For CI."""
    answer = json.loads(check(person, dsn, "--json").stdout)
    assert [(one["line"], one["affected"], one["exactness"]) for one in answer["previews"]] == [
        (4, None, "exact"),
        (5, 10, "exact"),
    ]
    assert answer["demand"] == "confirm"


def test_a_server_that_is_not_there_is_said(person):
    """Exit 2, like every other fault of what it was given; another language has no such server."""
    done = check(person, "host=/nowhere")
    assert done.returncode == 2
    assert "--dsn: " in done.stderr
    assert person.run("check", "--dsn", "x", "--", "ls").returncode == 2
