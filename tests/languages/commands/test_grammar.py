"""Commands of packs compiled: options, slots, what subcommands take over."""

from __future__ import annotations

from safeshell.languages.commands.grammar import Arguments, Option, Slot, build_grammar, parse_slots
from safeshell.languages.words import literal_word


def test_slots_are_one_many_or_optional() -> None:
    """`a b... [c]` gives three slots; `[d...]` is optional and many."""
    assert parse_slots("a b... [c]") == (Slot("a"), Slot("b", many=True), Slot("c", optional=True))
    assert parse_slots("[d...]") == (Slot("d", many=True, optional=True),)
    assert parse_slots("") == ()


def test_names_in_one_key_are_one_option_and_commas_separate() -> None:
    """`-f --force` is one option; after a comma comes another one that merely takes the same."""
    grammar = build_grammar({"names": ["x"], "options": {"-f --force, -v": "flag", "-o": "value"}})
    assert grammar.option("-f") is grammar.option("--force")
    assert grammar.option("-f") is not grammar.option("-v")
    assert grammar.options["-o"].takes == "value"


def test_a_subcommand_takes_over_options_style_and_what_is_harmless() -> None:
    """The options of the command around it count, unless it declares the name anew."""
    outer = build_grammar(
        {"names": ["x"], "style": "posix", "options": {"-c": "value", "-v": "flag"}, "dry_run": ["-n"]}
    )
    inner = build_grammar({"names": ["y"], "options": {"-c": "flag"}, "dry_run": ["--check"]}, outer)
    assert inner.style == "posix"
    assert inner.option("-v") is outer.option("-v")
    assert inner.options["-c"].takes == "flag"
    assert inner.dry_run == ("-n", "--check")
    assert inner.options["-n"].soft


def test_words_of_an_option_come_in_the_order_given() -> None:
    """All values of an option that is given twice, and the words of a slot."""
    option = Option(("-e",), "value")
    one, two = literal_word("1"), literal_word("2")
    arguments = Arguments(options={option: [(one,), (two,)]}, slots={"file": [two]})
    assert arguments.words_of(option) == [one, two]
    assert arguments.words_of("file") == [two]
    assert arguments.words_of("none") == []


def test_every_form_of_the_operands_has_slots() -> None:
    """Slots of `operands_when` may be spoken of too, and `rest` always."""
    raw = {"names": ["x"], "options": {"-t": "value"}, "operands": "a b"}
    grammar = build_grammar({**raw, "operands_when": [{"options": ["-t"], "operands": "c..."}]})
    assert all(grammar.has_slot(name) for name in ("a", "b", "c", "rest"))
    assert not grammar.has_slot("d")
