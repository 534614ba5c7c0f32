"""Queries: nothing that writes hides in one."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.queries import look
from safeshell.languages.postgres.reader import read
from safeshell.languages.postgres.trees import parse
from tests.languages.postgres.asking import effects


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with x as (delete from t where a = 1 returning *) select * from x", {"destroys_rows"}),
        ("select * from (with x as (insert into t values (1) returning *) select * from x) y", {"writes"}),
        ("select * into n from t", {"writes"}),
        ("select 1 union (select 2 for update)", {"blocks_others"}),
        ("select * from lateral pg_terminate_backend(1)", {"stops_service"}),
        ("select * from rows from (nextval('s'), now())", {"writes"}),
        ("values (pg_reload_conf())", {"writes"}),
        ("select 1 order by pg_advisory_lock(1)", {"blocks_others"}),
        ("select 1 where exists (select lo_unlink(1))", {"destroys_data"}),
        ('select "pg_terminate_backend"(1)', {"stops_service"}),
        ("select PG_CATALOG.Lo_Unlink(1)", {"destroys_data"}),
        ('select U&"lo\\005funlink"(1)', {"destroys_data"}),
        ("select pg_catalog . /* x */ lo_unlink /**/ (1)", {"destroys_data"}),
        ("select * from t tablesample system (1)", {"reads"}),
        ("select * from t tablesample mine (1)", {"writes"}),
        ("select a operator(pg_catalog.+) b from t", {"reads"}),
        ("select a operator(public.+) b from t", {"writes"}),
        ("select 1 order by a using <", {"reads"}),
        ("select a from t where b between 1 and 2 and c not between symmetric 2 and 3", {"reads"}),
        ("select nullif(a, b), a is distinct from b, a = any (c), a similar to 'x' from t", {"reads"}),
        ("select a <=> '[1,2]', b && c, d @> e from t", {"reads"}),
        ("select query_to_xml('select 1', true, true, '')", {"reads"}),
        ("select query_to_xml('select nextval(''s'')', true, true, '')", {"writes"}),
        ("select query_to_xml(a, true, true, '') from t", {"runs_opaque_code"}),
        ("select * from crosstab('select 1', 'select 2') as t(a int)", {"reads"}),
        ("select * from crosstab('select 1', 'delete from t where a = 1') as t(a int)", {"destroys_rows"}),
        ("select ts_rewrite(a, b, c) from t", {"reads"}),
        ("insert into t select my_function(a) from u", {"writes"}),
        ("delete from t where a = pg_terminate_backend(1)::int", {"destroys_rows", "stops_service"}),
    ],
)
def test_effects_of_queries(text: str, found: set[str]) -> None:
    """Wherever in the query it stands and however it is spelled."""
    assert effects(text) == found


def test_a_backend_is_a_target() -> None:
    """Its pid where the text says it; without a condition it is everybody."""
    (one,) = read("select pg_terminate_backend(42)").statements
    assert [(item.preview, item.targets[0].value, item.unbounded) for item in one.claims] == [
        ("postgres.backend", "42", False)
    ]
    (every,) = read("select pg_terminate_backend(pid) from pg_stat_activity").statements
    (some,) = read("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle'").statements
    assert (every.bounded, some.bounded) == (False, True)


def test_one_look_finds_everything() -> None:
    """Calls with their schema, operators, changes, locks."""
    found = parse("select s.f(a + 1) from t for share")
    assert isinstance(found, tuple)
    seen = look({found[0].kind: found[0].node})
    assert [(schema, name) for schema, name, _ in seen.calls] == [("s", "f")]
    assert [name for _, name, _ in seen.operators] == ["+"]
    assert seen.locks == ["LCS_FORSHARE"]
    assert not seen.bounded
