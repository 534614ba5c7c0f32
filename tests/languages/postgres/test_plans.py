"""Plans of whole messages: one a statement, in order, with what a preview has to know."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.plans import Relation, plan
from safeshell.model.facts import Ask, Question
from safeshell.model.judgement import Exactness


def test_one_plan_a_statement() -> None:
    """In the order of the message; a text that does not parse has none."""
    plans = plan("begin; select 1; delete from t where a = 1; create index on t (a); truncate t; commit")
    assert [item.kind for item in plans] == ["other", "other", "rows", "ddl", "truncate", "other"]
    assert [item.transaction_control for item in plans] == [True, False, False, False, False, True]
    assert plan("delete frm t") == ()
    assert plan("delete from t where a not /* x */ in (1)")[0].count is not None


def test_parameters_keep_their_numbers() -> None:
    """The plan says which of them its queries use."""
    (made,) = plan("update t set a = $1 where b = $2 and c = $3 returning *")
    assert made.count == "SELECT 1 FROM t WHERE b = $2 AND c = $3"
    assert made.parameters == (1, 2, 3)
    assert plan("delete from t where b = $2")[0].parameters == (2,)
    assert made.returning


def test_relations_are_named() -> None:
    """With schema, alias and ONLY."""
    (made,) = plan('delete from only "S".t as x')
    assert made.relations == (Relation("S", "t", only=True, alias="x"),)
    assert made.relations[0].text == '"S".t'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("drop table a.b, c", ["a.b", "c"]),
        ("drop trigger x on a.t", ["a.t"]),
        ("drop policy p on t", ["t"]),
        ("drop index a.i", ["a.i"]),
        ("drop function f(int)", []),
        ("drop schema a", []),
        ("lock table a.t, b in share mode", ["a.t", "b"]),
        ("vacuum full a.t, b", ["a.t", "b"]),
        ("comment on column a.t.c is 'x'", ["a.t"]),
        ("comment on table t is 'x'", ["t"]),
        ("comment on database d is 'x'", []),
        ("create index on a.t (b)", ["a.t"]),
        ("reindex table t", ["t"]),
        ("create trigger x before insert on a.t for each row execute function f()", ["a.t"]),
        ("grant select on t to bob", []),
        ("alter type e add value 'x'", []),
    ],
)
def test_tables_of_definitions(text: str, names: list[str]) -> None:
    """What is parted from its table is named by the table."""
    (made,) = plan(text)
    assert [item.text for item in made.relations] == names


@pytest.mark.parametrize(
    ("text", "exactness", "caveat"),
    [
        ("delete from t where a = 1", Exactness.EXACT, ""),
        ("delete from t where a < now() - interval '1 day'", Exactness.EXACT, ""),
        ("delete from t where random() < 0.5", Exactness.ESTIMATE, "random"),
        ("delete from t where mine(a)", Exactness.ESTIMATE, "mine"),
        ("delete from t where pg_terminate_backend(a)", Exactness.UNKNOWN, "pg_terminate_backend"),
        ("delete from t where a = nextval('s')", Exactness.UNKNOWN, "nextval"),
        ("delete from t where a in (select a from t limit 5 for update skip locked)", Exactness.ESTIMATE, "locked"),
        ("insert into t values (1) on conflict do nothing", Exactness.AT_MOST, "already"),
        ("delete from t where current of c", Exactness.AT_MOST, "cursor"),
        ("truncate t cascade", Exactness.AT_LEAST, "refers"),
        ("with x as (delete from t returning *) insert into u select * from x", Exactness.ESTIMATE, "WITH"),
    ],
)
def test_what_makes_a_number_less_than_exact(text: str, exactness: Exactness, caveat: str) -> None:
    """Said in words; a count that would itself do something is not offered."""
    (made,) = plan(text)
    assert made.exactness is exactness
    assert caveat in " ".join(made.caveats)
    assert (made.count is None) == (exactness is Exactness.UNKNOWN)
    assert "FOR UPDATE" not in f"{made.count}{made.sample}"


def test_functions_of_somebody_s_own_are_asked_about() -> None:
    """STABLE ones count exactly."""
    (made,) = plan("delete from t where s.mine(a)", facts={Question(Ask.ROUTINE, "s.mine"): "stable"})
    assert made.exactness is Exactness.EXACT


def test_changes_inside_are_parts() -> None:
    """Each with queries of its own; none of them copies a change."""
    (made,) = plan("with x as (delete from t where a = 1 returning *), y as (update u set b = 1) select * from x")
    assert [(part.verb, part.count is not None) for part in made.parts] == [("delete", True), ("update", True)]
    for part in made.parts:
        assert "DELETE" not in str(part.count)
    (several,) = plan("truncate a, b.c")
    assert [part.relations[0].text for part in several.parts] == ["a", "b.c"]


def test_what_cannot_run_in_a_transaction_says_so() -> None:
    """So that it is not wrapped in one."""
    alone = "vacuum t; create index concurrently on t (a); drop index concurrently i; reindex database concurrently"
    assert [item.transactional for item in plan(f"{alone} x; create database d; cluster; alter system reset all")] == [
        False
    ] * 7
    assert [item.transactional for item in plan("call p(); do 'begin end'; discard all; drop subscription s")] == [
        False
    ] * 4
    assert all(item.transactional for item in plan("discard plans; select 1; commit"))
    assert all(item.transactional for item in plan("create index on t (a); analyze t; cluster t; truncate t"))


def test_a_number_that_the_text_tells_is_still_a_query() -> None:
    """One column named count, so that it is taken for the number itself."""
    (made,) = plan("insert into t values (1), (2), (3)")
    assert (made.fixed, made.count, made.exactness) == (3, "SELECT 3 AS count", Exactness.EXACT)


def test_the_only_change_inside_stands_for_the_statement() -> None:
    """Its rows are shown and kept; its number is no promise for what the server reports."""
    (made,) = plan("with gone as (delete from t where a = 1 returning *) insert into u select * from gone")
    assert (made.verb, made.count, made.exactness) == ("delete", "SELECT 1 FROM t WHERE a = 1", Exactness.ESTIMATE)


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        (
            "select pg_terminate_backend(pid), usename from pg_stat_activity where state = 'idle' order by 2",
            "SELECT pid FROM pg_stat_activity WHERE state = 'idle'",
        ),
        ("select pg_cancel_backend(42)", "SELECT 42"),
        ("select 1 where pg_terminate_backend(1)", None),
        ("select pg_terminate_backend(a) where pg_cancel_backend(b)", None),
    ],
)
def test_which_sessions_would_end(text: str, sample: str | None) -> None:
    """Asked without ending them."""
    (made,) = plan(text)
    assert (made.kind, made.sample) == ("backend" if sample else "other", sample)


def test_what_is_not_run_is_not_counted() -> None:
    """PREPARE keeps, EXPLAIN without ANALYZE shows."""
    for text in ("prepare p as delete from t", "explain delete from t", "explain (analyze off) update t set a = 1"):
        (made,) = plan(text)
        assert (made.kind, made.count) == ("other", None)
    assert plan("explain analyze delete from t")[0].kind == "rows"


def test_a_change_inside_keeps_the_queries_beside_it() -> None:
    """Those that only read; one that changes rows is never copied."""
    (made,) = plan(
        "with r as (select 1 as id), d as (delete from t using r where t.id = r.id returning *) select * from d"
    )
    assert made.count == "WITH r AS (SELECT 1 AS id) SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM r WHERE t.id = r.id)"
