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
