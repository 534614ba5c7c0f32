"""Words and what is known of them."""

from __future__ import annotations

from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.statements import Span


def word(*pieces: tuple[PieceKind, str]) -> Word:
    return Word(tuple(Piece(kind, text) for kind, text in pieces), "", Span(0, 0))


def test_a_literal_word_is_known() -> None:
    """Its text is exact; without a span it stands at the start."""
    plain = literal_word("a b")
    assert (plain.literal, plain.known, plain.glob, plain.span) == ("a b", "a b", False, Span(0, 0))


def test_patterns_and_homes_are_known_but_not_literal() -> None:
    """As written."""
    found = word((PieceKind.HOME, "~"), (PieceKind.LITERAL, "/x"), (PieceKind.GLOB, "*"))
    assert (found.literal, found.known, found.glob) == (None, "~/x*", True)


def test_variables_and_opaque_parts_are_not_known() -> None:
    """One such part is enough; an empty word is known."""
    assert word((PieceKind.LITERAL, "a"), (PieceKind.VARIABLE, "X")).known is None
    assert word((PieceKind.OPAQUE, "$(x)")).literal is None
    assert word().literal == ""
