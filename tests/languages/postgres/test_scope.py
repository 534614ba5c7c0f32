"""The state of a reading: release, questions, targets."""

from __future__ import annotations

from safeshell.languages.postgres.scope import NEWEST, Scope, named, table, tables
from safeshell.model.facts import Ask, Question
from safeshell.model.statements import TargetKind


def test_the_release_is_what_the_server_says() -> None:
    """The newest where it says nothing."""
    assert Scope(server={"server_version_num": "150012"}).major == 15
    assert Scope(server={"server_version_num": "x"}).major == Scope().major == NEWEST


def test_questions_are_noted_once() -> None:
    """With the answer, where there is one already."""
    question = Question(Ask.ROUTINE, "f")
    scope = Scope(facts={question: "stable"})
    assert [scope.ask(Ask.ROUTINE, "f"), scope.ask(Ask.ROUTINE, "f"), scope.ask(Ask.ROUTINE, "g")] == [
        "stable",
        "stable",
        None,
    ]
    assert scope.questions == [question, Question(Ask.ROUTINE, "g")]


def test_targets_are_named_as_sql_writes_them() -> None:
    """With schema and quotes."""
    assert table({"schemaname": "s", "relname": "T"}).value == 's."T"'
    assert [item.value for item in tables([{"RangeVar": {"relname": "a"}}, {"Other": {}}])] == ["a"]
    assert named(("", "x"), TargetKind.USER)[0].kind is TargetKind.USER
    assert named(("",)) == ()
