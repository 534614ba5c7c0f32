"""Outcomes and standard input."""

from __future__ import annotations

from safeshell.languages.bash.flow import Outcome, both, text_only, unchanged
from safeshell.languages.bash.state import State
from safeshell.languages.words import Piece, PieceKind


def test_either_way_is_what_both_agree_on():
    """The shell after a command that may have failed."""
    assert Outcome(State(directory=("a",)), State(directory=("b",))).either.directory == ("a", "b")
    assert unchanged(State()).either == State()


def test_outputs_add_up_until_one_is_unknown():
    """None swallows the rest."""
    text = (Piece(PieceKind.LITERAL, "a"),)
    assert both(text, text) == (Piece(PieceKind.LITERAL, "aa"),)
    assert both(None, text) is None


def test_printed_patterns_are_names_by_then():
    """`echo *.sh | bash` runs names that only running tells."""
    assert text_only((Piece(PieceKind.GLOB, "*"), Piece(PieceKind.HOME, "~"))) == (
        Piece(PieceKind.OPAQUE, "*"),
        Piece(PieceKind.OPAQUE, "~"),
    )
