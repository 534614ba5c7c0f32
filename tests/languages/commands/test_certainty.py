"""Matching of words that are not all known against globs."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.commands.certainty import MAYBE, NO, YES, word_matches
from safeshell.languages.words import literal_word
from tests.languages.commands.making import globbed, unknown


@pytest.mark.parametrize(
    ("word", "pattern", "expected"),
    [
        (literal_word("/dev/sda"), "/dev/*", YES),
        (literal_word("/dev/sda"), "/DEV/*", NO),
        (unknown(), "/dev/*", MAYBE),
        (unknown(before="/tmp/"), "/dev/*", NO),
        (unknown(before="/dev/"), "/dev/sd?", MAYBE),
        (unknown(before="prod-"), "*-db", MAYBE),
        (globbed("/dev/sd*"), "/dev/sda", MAYBE),
        (globbed("*.log"), "node_modules", NO),
        (globbed("[ab]c"), "ac", MAYBE),
        (literal_word("a/b/c"), "a*c", YES),
        (literal_word(""), "*", YES),
        (literal_word(""), "?", NO),
    ],
)
def test_a_word_matches_surely_perhaps_or_not(word, pattern, expected) -> None:
    """Literal text is decided; what is not known matches wherever some value of it would."""
    assert word_matches(word, [pattern]) == expected


def test_case_can_be_ignored() -> None:
    """`nocase` compares both sides in lower case."""
    assert word_matches(literal_word("Delete"), ["DELETE"], nocase=True) == YES


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_a_value_that_a_glob_word_has_is_never_ruled_out(pattern: str, value: str) -> None:
    """If the pattern can become the text, matching the pattern word against the text is not NO."""
    if fnmatchcase(value, pattern):
        assert word_matches(globbed(pattern), [value]) == MAYBE


@given(st.text("ab", max_size=5), st.text("ab*?", max_size=6), st.text("ab", max_size=5))
def test_an_unknown_ending_is_never_ruled_out(start: str, pattern: str, ending: str) -> None:
    """If some ending makes the word match, the answer is not NO."""
    if fnmatchcase(start + ending, pattern):
        assert word_matches(unknown(before=start), [pattern]) == MAYBE
