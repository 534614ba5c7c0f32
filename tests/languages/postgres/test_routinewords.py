"""The tables of names, against the catalogue of a real server."""

from __future__ import annotations

import shutil

import pytest

from safeshell.languages.postgres import routines, routinewords
from safeshell.languages.postgres.routinewords import OPERATORS, OTHER_RELEASES, STEADY, WIDESPREAD
from tests.languages.postgres.asking import answers

pytestmark = pytest.mark.skipif(not shutil.which("psql"), reason="needs PostgreSQL")


def test_nothing_steady_is_volatile_on_the_server(postgres) -> None:
    """No function of a name in the table is VOLATILE, whatever its arguments."""
    volatile = {row[0] for row in answers(postgres, "select distinct proname from pg_proc where provolatile = 'v'")}
    assert not volatile & (STEADY | OTHER_RELEASES | WIDESPREAD)


def test_every_function_of_the_server_is_judged(postgres) -> None:
    """Each name is steady, harmless, or known for what it does; only internals are left out."""
    query = (
        "select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace and prorettype not in "
        "('trigger'::regtype, 'internal'::regtype, 'language_handler'::regtype, 'index_am_handler'::regtype, "
        "'table_am_handler'::regtype, 'event_trigger'::regtype, 'fdw_handler'::regtype) "
        "and not 'internal'::regtype = any(proargtypes::oid[])"
    )
    names = {row[0] for row in answers(postgres, query)}
    unknown = {
        name
        for name in names
        if not routines.harmless("", name)
        and name not in routines.DEEDS
        and name not in routines.QUERY_TEXTS
        and name != "set_config"
    }
    assert not {name for name in unknown if not name.startswith(("binary_upgrade_", "plpgsql_"))} - INTERNAL


INTERNAL = {"current_query", "currtid2", "pg_read_file_old"}
"""Left to the catalogue: rare enough."""


def test_every_operator_of_the_server_is_known(postgres) -> None:
    """And none of them is VOLATILE."""
    rows = answers(postgres, "select oprname, provolatile from pg_operator o join pg_proc p on p.oid = o.oprcode")
    assert {row[0] for row in rows} <= OPERATORS
    assert "v" not in {row[1] for row in rows}


def test_tables_do_not_contradict_each_other() -> None:
    """A name is harmless or does something."""
    assert not (routinewords.STEADY | routines.SHIFTY) & set(routines.DEEDS)
    assert not (routinewords.STEADY | routines.SHIFTY) & routines.QUERY_TEXTS
