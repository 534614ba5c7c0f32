"""Changes of rows: what is overwritten or lost, and whether anything bounds it."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from safeshell.model.facts import Ask, Question
from tests.languages.postgres.asking import effects, held


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("insert into t values (1)", {"writes"}),
        ("insert into t values (1) on conflict do nothing", {"writes"}),
        ("insert into t values (1) on conflict (a) do update set b = 1", {"destroys_rows"}),
        ("update t set a = 1 where b = 2", {"destroys_rows"}),
        ("update t set a = 1", {"destroys_rows", "unbounded"}),
        ("delete from t where current of c", {"destroys_rows"}),
        ("delete from t using u where t.id = t.id", {"destroys_rows", "unbounded"}),
        ("merge into t using s on t.a = s.a when matched then delete", {"destroys_rows"}),
        ("merge into t using s on true when matched then delete", {"destroys_rows", "unbounded"}),
        ("merge into t using s on t.a = s.a when not matched by source then delete", {"destroys_rows", "unbounded"}),
    ],
)
def test_effects_of_changes(text: str, found: set[str]) -> None:
    """A condition that is true for every row bounds nothing."""
    assert effects(text) == found


def test_the_table_the_preview_and_the_advice() -> None:
    """What the road needs to show the damage."""
    (statement,) = read('delete from only "Shop".orders').statements
    (claim,) = statement.claims
    assert (claim.preview, claim.targets[0].value) == ("postgres.rows", '"Shop".orders')
    assert "WHERE" in claim.advice
    assert read("delete from t where a = 1").statements[0].claims[0].advice == ""


OWN = {Question(Ask.TEMPORARY, "t"): True, Question(Ask.TEMPORARY, "u"): True, Question(Ask.TEMPORARY, "p"): False}


@pytest.mark.parametrize(
    "text",
    [
        "insert into t values (1)",
        "insert into t select * from orders",
        "update t set a = 1",
        "delete from t",
        "delete from t using p where p.id = t.id",
        "merge into t using p on p.id = t.id when matched then delete",
        "with gone as (delete from t returning *) select count(*) from gone",
        "explain analyze delete from t",
        "copy t from stdin",
        "analyze t, u",
    ],
)
def test_a_table_of_this_session_alone_is_scratch(text: str) -> None:
    """Where the server's catalogue says that it is temporary; without a server to ask it is held as any other."""
    assert not held(text, OWN)
    assert held(text)


@pytest.mark.parametrize(
    "text",
    [
        "insert into p values (1)",
        "delete from other",
        "with gone as (delete from p returning *) insert into t select * from gone",
        "insert into t select may_write(1)",
        "analyze t, p",
        "copy t from '/tmp/rows'",
        "copy t from program 'cat rows'",
        "drop table t",
        "truncate t",
        "truncate t, u",
        "set search_path = x; delete from t",
        "drop table t; delete from t",
        "do $$begin delete from t; end$$",
    ],
)
def test_what_reaches_further_is_held(text: str) -> None:
    """Another table, a function that may write, a file, a text in which the name may mean something else by then."""
    assert held(text, OWN)


@pytest.mark.parametrize(("text", "found"), [("drop table t, u", "writes"), ("truncate u", "writes")])
def test_a_temporary_table_is_dropped_by_one_key(text: str, found: str) -> None:
    """The server refuses it in a read-only session, but nobody else loses anything; CASCADE may reach further."""
    assert {effect.value for effect in read(text, facts=OWN).statements[0].effects} == {found}
    assert {effect.value for effect in read(f"{text} cascade", facts=OWN).statements[0].effects} == {"destroys_data"}
    assert {effect.value for effect in read(f"{text}, p", facts=OWN).statements[0].effects} == {"destroys_data"}
