"""Brace expansion on atoms (test_expand compares whole words with bash)."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.braces import expand_braces
from safeshell.languages.bash.limits import TooMuchError


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("{a,b}", ["a", "b"]), ("x{a,b}y", ["xay", "xby"]), ("{a,{b,c}}", ["a", "b", "c"]), ("{1..3}", ["1", "2", "3"]),
        ("{3..1}", ["3", "2", "1"]), ("{01..3}", ["01", "02", "03"]), ("{a..e..2}", ["a", "c", "e"]), ("{a}", ["{a}"]), ("{}", ["{}"]),
        ("{a,b", ["{a,b"]), ("{,}", ["", ""]), ("{a,b}{c,d}", ["ac", "ad", "bc", "bd"]), ("{-1..1}", ["-1", "0", "1"]), ("{1..a}", ["{1..a}"]),
    ],
)  # fmt: skip
def test_braces_expand_in_order(word, words):
    """Lists, sequences, nesting; what is no brace expression stays."""
    assert ["".join(made) for made in expand_braces(list(word))] == words


def test_other_atoms_go_through_untouched():
    """Quoted text and expansions are objects that no brace looks into."""
    quoted = ("quoted", "{x,y}")
    assert expand_braces(["{", quoted, ",", "b", "}"]) == [[quoted], ["b"]]


@pytest.mark.parametrize(
    "word", ["{1..99999999}", "{a,b}" * 30, "{" * 1000, "{a," * 200 + "b" + "}" * 200, "{1..9}" * 9]
)
def test_too_many_words_are_refused(word):
    """Never more than the cap, and no hang on the way there."""
    with pytest.raises(TooMuchError):
        expand_braces(list(word))
