"""Options of builtins."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.shared import options
from safeshell.languages.words import literal_word


@pytest.mark.parametrize(
    ("line", "letters", "rest"),
    [("-r -p x A", "rp", ["A"]), ("-rp x A", "rp", ["A"]), ("-px A", "px", ["A"]), ("-- -x", "-", ["-x"]), ("A -x", "", ["A", "-x"]), ("", "", [])],
)  # fmt: skip
def test_letters_and_words_are_told_apart(line, letters, rest):
    """`-p x` takes a word, `-px` brings it along; `--` ends options."""
    words = [literal_word(text) for text in line.split()]
    found, left = options(words, with_value="p")
    assert (found.strip("-"), [word.literal for word in left]) == (letters.strip("-"), rest)
