"""Fields: splitting, patterns, empty words."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.fields import NUMBER, Fields, glob_pieces, merged
from safeshell.languages.bash.limits import MAX_WORDS, TooMuchError
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.statements import Span


def _text(text):
    return Piece(PieceKind.LITERAL, text)


def _made(fields):
    return [word.known for word in fields.words("source", Span(0, 6))]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("a*b", "lgl"), ("[ab]?", "gg"), ("[", "l"), ("a[", "l"), ("[]a]", "g"), ("[!a]x", "gl"), ("", ""), ("ab", "l")],
)
def test_patterns_are_told_from_text(text, kinds):
    """A bracket without its partner is only a bracket."""
    pieces = glob_pieces(text)
    assert "".join(piece.kind.value[0] for piece in pieces) == kinds
    assert "".join(piece.text for piece in pieces) == text


def test_unquoted_expansions_split_and_glob():
    """`x$A` with A='b c*' is two words, the second one a pattern."""
    fields = Fields()
    fields.bare([_text("x")])
    fields.expanded([_text("b c*")])
    words = fields.words("x$A", Span(0, 3))
    assert [(word.known, word.glob) for word in words] == [("xb", False), ("c*", True)]
    assert [word.source for word in words] == ["xb", "c*"]


def test_quoted_text_never_splits_and_is_a_word_when_empty():
    """`""` is a word, an unquoted nothing is none."""
    fields = Fields()
    fields.quoted()
    assert _made(fields) == [""]
    assert _made(Fields()) == []


def test_unknown_values_may_be_several_words():
    """`splits` says so, but not for quoted ones."""
    unknown = Piece(PieceKind.VARIABLE, "A")
    bare, quoted = Fields(), Fields()
    bare.expanded([unknown])
    quoted.quoted([unknown])
    assert [word.splits for word in bare.words("$A", Span(0, 2))] == [True]
    assert [word.splits for word in quoted.words('"$A"', Span(0, 4))] == [False]


def test_with_a_changed_separator_nothing_is_known_of_words():
    """IFS=, makes other words of the same text."""
    fields = Fields(known_separators=False)
    fields.expanded([_text("a b")])
    assert _made(fields) == [None]


def test_a_number_alone_is_not_known():
    """In a name it is a pattern, by itself it is only unknown."""
    alone, inside = Fields(), Fields()
    alone.expanded([NUMBER])
    inside.bare([_text("a.")])
    inside.expanded([NUMBER])
    assert (_made(alone), _made(inside)) == ([None], ["a.[0-9]*"])


def test_the_number_of_words_is_bounded():
    """A value with too many words is too much."""
    with pytest.raises(TooMuchError):
        Fields().expanded([_text("a " * (MAX_WORDS + 2))])


def test_neighbouring_text_is_one_piece():
    """And empty pieces go."""
    assert merged([_text("a"), _text(""), _text("b"), NUMBER, _text("c")]) == (_text("ab"), NUMBER, _text("c"))
