"""The desk: each text parsed once, each question asked once."""

from __future__ import annotations

from safeshell.languages.bash.desk import Desk
from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import KNOWLEDGE


def test_a_text_is_parsed_once_and_plain_ones_not_at_all():
    """The parser is a process; the fast path is not."""
    asked = []
    desk = Desk(KNOWLEDGE, {}, lambda text: asked.append(text) or {"Type": "File"})
    for _ in range(3):
        desk.tree("ls $x")
        desk.tree("ls x")
    assert asked == ["ls $x"]


def test_an_answer_of_none_is_an_answer():
    """Unset is not unknown."""
    desk = Desk(KNOWLEDGE, {Question(Ask.VARIABLE, "A"): None}, lambda text: {})
    assert desk.ask(Ask.VARIABLE, "A") == (True, None)
    assert desk.ask(Ask.VARIABLE, "B") == (False, None)
    assert list(desk.questions) == [Question(Ask.VARIABLE, "B")]


def test_a_hidden_substitution_needs_a_subscript_to_run_in():
    """Neither a program of awk nor a pattern of grep alone is what arithmetic would run."""
    desk = Desk(KNOWLEDGE, {}, lambda text: {})
    desk.notice("{print $(NF-1)}")
    assert not desk.hidden
    desk.notice("[0-9]")
    assert desk.hidden
