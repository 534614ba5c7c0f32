"""The `when:` of rules: each condition on known and unknown words."""

from __future__ import annotations

import pytest

from safeshell.languages.commands.arguments import Cursor, fill_slots, scan
from safeshell.languages.commands.certainty import MAYBE, NO, YES
from safeshell.languages.commands.conditions import compile_condition, compile_flag
from safeshell.languages.commands.grammar import Arguments, build_grammar
from tests.languages.commands.making import unknown, words

RAW = {"names": ["x"], "options": {"-f --force": "flag", "-X --request": "value"}, "operands": "action file..."}
ANY = unknown(splits=True)


def ask(condition, *parts, piped: bool = False, said: str | None = None) -> int:
    grammar = build_grammar(RAW)
    arguments = Arguments(piped=piped, said=said)
    scan(grammar, Cursor(words(*parts), 0, arguments))
    fill_slots(grammar, arguments)
    return compile_condition(condition, grammar)(arguments)


@pytest.mark.parametrize(
    ("condition", "parts", "expected"),
    [
        ({"option": ["-f"]}, ["--force"], YES),
        ({"option": "-f"}, ["a"], NO),
        ({"option": ["-f", "-X"]}, ["-X", "GET"], YES),
        ({"option": ["-f"]}, [ANY], MAYBE),
        ({"no_option": ["-f"]}, ["a"], YES),
        ({"no_option": ["-f"]}, ["-f"], NO),
        ({"no_option": ["-f"]}, [ANY], MAYBE),
        ({"value": {"of": ["-X"], "in": ["DELETE", "P*"]}}, ["-XPUT"], YES),
        ({"value": {"of": ["-X"], "in": ["DELETE"]}}, ["-X", "GET"], NO),
        ({"value": {"of": ["-X"], "in": ["delete"], "nocase": True}}, ["-X", "DELETE"], YES),
        ({"value": {"of": ["-X"], "in": ["DELETE"]}}, ["-X", unknown()], MAYBE),
        ({"value": {"of": ["-X"], "in": ["DELETE"]}}, [ANY], MAYBE),
        ({"value": {"of": ["-X"], "not_in": ["GET"]}}, ["-X", "GET"], NO),
        ({"value": {"of": ["-X"], "not_in": ["GET"]}}, ["a"], NO),
        ({"operand": {"slot": ["action"], "in": ["stop"]}}, ["stop"], YES),
        ({"operand": {"slot": ["action"], "not_in": ["show"]}}, ["stop"], YES),
        ({"operand": {"slot": ["action"], "not_in": ["show"]}}, [unknown()], MAYBE),
        ({"operand": {"slot": ["file"], "in": ["/dev/*"]}}, ["a", "b", "/dev/x"], YES),
        ({"operand": {"slot": ["action", "file"], "in": ["b"]}}, ["a", "b"], YES),
        ({"count": {"slot": ["file"], "min": 1, "max": 2}}, ["a", "b"], YES),
        ({"count": {"slot": ["file"], "max": 0}}, ["a"], YES),
        ({"count": {"slot": ["file"], "max": 0}}, ["a", ANY], MAYBE),
        ({"count": {"slot": ["file"], "max": 0}}, ["a", "b", ANY], NO),
        ({"count": {"slot": ["file"], "min": 1}}, ["a", "b", ANY], YES),
        ({"any": [{"option": ["-f"]}, {"operand": {"slot": ["action"], "in": ["a"]}}]}, ["a"], YES),
        ({"all": [{"option": ["-f"]}, {"operand": {"slot": ["action"], "in": ["a"]}}]}, ["a"], NO),
        ([{"option": ["-f"]}, {"option": ["-X"]}], ["-f"], NO),
        ({"option": ["-f"], "no_option": ["-X"]}, ["-f"], YES),
        ({"not": {"option": ["-f"]}}, ["a"], YES),
        ({"not": [{"option": ["-f"]}]}, [ANY], MAYBE),
    ],
)
def test_conditions(condition, parts, expected) -> None:
    """Each condition is decided by known words and left open by unknown ones."""
    assert ask(condition, *parts) == expected


def test_piped_is_about_standard_input() -> None:
    """`piped: true` and `piped: false` are opposites."""
    assert ask({"piped": True}, "a", piped=True) == YES
    assert ask({"piped": True}, "a") == NO
    assert ask({"piped": False}, "a") == YES


def test_said_is_about_every_line_on_standard_input() -> None:
    """One other line is enough for no; what is not known leaves it open."""
    asks = {"said": {"in": ["stats", "show *"]}}
    assert ask(asks, said="stats\r\nshow a\n") == YES
    assert ask(asks, said="show a; flush_all") == NO
    assert ask(asks, said="STATS") == NO
    assert ask(asks) == MAYBE


def test_a_property_is_true_a_list_of_options_or_a_condition() -> None:
    """What `recursive:` and `unbounded:` may be; of a list any item will do."""
    grammar = build_grammar(RAW)
    bare = Arguments()
    assert compile_flag(data=True, grammar=grammar)(bare) == YES
    assert compile_flag(data=None, grammar=grammar)(bare) == NO
    assert compile_flag(["-f", {"piped": False}], grammar)(bare) == YES
    assert compile_flag({"option": ["-f"]}, grammar)(bare) == NO
