"""What a language hands back, and the fallback for shell text inside of it."""

from __future__ import annotations

from safeshell.languages.reading import NO_NAMES, ParseFailure, Reading, unread_shell
from safeshell.model.statements import Language, Span


def test_shell_text_that_nobody_reads_is_not_understood() -> None:
    """One statement over the whole text, in bytes, that keeps the backstop on."""
    (statement,) = unread_shell("rm é")
    assert statement.language is Language.BASH
    assert statement.span == Span(0, 5)
    assert not statement.understood
    assert statement.dynamic


def test_a_reading_is_complete_and_valid_unless_told() -> None:
    """And asks nothing; a parse failure is neither incomplete nor rejected unless told."""
    reading = Reading(())
    assert reading.complete
    assert not reading.invalid
    assert reading.questions == ()
    failure = ParseFailure("x")
    assert not failure.incomplete
    assert not failure.rejected


def test_outside_a_session_no_name_is_an_alias_or_function() -> None:
    """And that is certain."""
    assert NO_NAMES.complete
    assert not NO_NAMES.aliases | NO_NAMES.functions


def test_told_lines_are_bare_and_keep_their_place():
    """Comments and empty lines are left out; spans count bytes of the whole text."""
    from safeshell.languages.reading import told_lines

    text = "# é\n\n  get x \nset y 1"
    found = list(told_lines(text))
    assert [line for line, _ in found] == ["get x", "set y 1"]
    raw = text.encode()
    assert [raw[span.start : span.end].decode().strip() for _, span in found] == ["get x", "set y 1"]
