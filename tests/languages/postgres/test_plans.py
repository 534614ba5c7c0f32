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


def test_parameters_keep_their_numbers() -> None:
    """Each query says which of them it uses."""
    (made,) = plan("update t set a = $1 where b = $2 and c = $3 returning *")
    assert made.count == "SELECT count(*) FROM (SELECT 1 FROM t WHERE b = $2 AND c = $3) affected"
    assert made.parameters["count"] == (2, 3)
    assert made.parameters["before_after"] == (1, 2, 3)
    assert made.returning


def test_relations_are_named() -> None:
    """With schema, alias and ONLY."""
    (made,) = plan('delete from only "S".t as x')
    assert made.relations == (Relation("S", "t", only=True, alias="x"),)
    assert made.relations[0].text == '"S".t'
    (dropped,) = plan("drop table a.b, c")
    assert [item.text for item in dropped.relations] == ["a.b", "c"]


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
        ("with x as (delete from t returning *) insert into u select * from x", Exactness.UNKNOWN, "WITH"),
    ],
)
def test_what_makes_a_number_less_than_exact(text: str, exactness: Exactness, caveat: str) -> None:
    """Said in words; a count that would itself do something is not offered."""
    (made,) = plan(text)
    assert made.exactness is exactness
    assert caveat in " ".join(made.caveats)
    assert (made.count is None) == (exactness is Exactness.UNKNOWN or made.fixed is not None)
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
    assert all(item.transactional for item in plan("create index on t (a); analyze t; cluster t; truncate t"))
