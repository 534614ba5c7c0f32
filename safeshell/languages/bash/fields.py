"""Word splitting: expanded parts become fields, fields become Words.

What must not live here: how a part is expanded. Rules from the bash manual, sections 3.5.7
(word splitting) and 3.5.8 (filename expansion).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from safeshell.languages.bash.limits import MAX_WORDS, TooMuchError
from safeshell.languages.bash.state import Pieces
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.statements import Span

_PATTERN = re.compile(r"[*?]+|\[[!^]?\]?[^\]]*\]")
_BLANKS = re.compile(r"[ \t\n]+")
NUMBER = Piece(PieceKind.GLOB, "[0-9]*")
"""Some number, which one only running tells: `$$`, `$RANDOM`, `$(( ))`."""
NAME = Piece(PieceKind.GLOB, "[!/]*")
"""Some text of letters, digits and `-_.:+,@%`, not empty: `$(date +%F)`, `$(hostname)`."""
_UNKNOWN = (PieceKind.VARIABLE, PieceKind.OPAQUE)


def glob_pieces(text: str) -> list[Piece]:
    """Unquoted text cut into what is exact and what is a pattern."""
    if "*" not in text and "?" not in text and "[" not in text:
        return [Piece(PieceKind.LITERAL, text)] if text else []
    pieces: list[Piece] = []
    at = 0
    for match in _PATTERN.finditer(text):
        if match.start() > at:
            pieces.append(Piece(PieceKind.LITERAL, text[at : match.start()]))
        pieces.append(Piece(PieceKind.GLOB, match.group()))
        at = match.end()
    if at < len(text):
        pieces.append(Piece(PieceKind.LITERAL, text[at:]))
    return pieces


def merged(pieces: Iterable[Piece]) -> Pieces:
    """The same text with neighbouring literals in one piece."""
    made: list[Piece] = []
    for piece in pieces:
        if made and piece.kind is PieceKind.LITERAL and made[-1].kind is PieceKind.LITERAL:
            made[-1] = Piece(PieceKind.LITERAL, made[-1].text + piece.text)
        elif piece.text or piece.kind is not PieceKind.LITERAL:
            made.append(piece)
    return tuple(made)


def _alone(pieces: Pieces, source: str) -> Pieces:
    """A word that is nothing but some number or name is simply not known."""
    return (Piece(PieceKind.OPAQUE, source),) if pieces in ((NUMBER,), (NAME,)) else pieces


class Fields:
    """The fields of one word while it is expanded.

    `hollow` turns True when an expansion inside the word is known to be empty: `rm -rf "$D"/`.
    `split` is False where the shell does not split words (assignments, redirections, `case`), `blanks`
    where it never splits the text of an expansion (zsh, fish): then its patterns do not count either.
    """

    def __init__(self, *, split: bool = True, known_separators: bool = True, blanks: bool = True) -> None:
        self.split = split
        self.blanks = blanks
        self.known_separators = known_separators
        self.done: list[tuple[Pieces, bool]] = []
        self.hollow = False
        self._pieces: list[Piece] = []
        self._begun = False
        self._splits = False

    def quoted(self, pieces: Iterable[Piece] = ()) -> None:
        """Text in quotes: never split, and a field even when empty."""
        self._begun = True
        self._pieces.extend(pieces)

    def bare(self, pieces: Iterable[Piece]) -> None:
        """Unquoted text of the word itself: never split either, but nothing when empty."""
        for piece in pieces:
            self._begun = True
            self._pieces.append(piece)

    def expanded(self, pieces: Iterable[Piece]) -> None:
        """The outcome of an unquoted expansion: split at blanks, patterns count."""
        for piece in pieces:
            if piece.kind is PieceKind.LITERAL and self.split and self.blanks:
                self._expanded_text(piece.text)
            else:
                self._splits = self._splits or (piece.kind in _UNKNOWN and self.split)
                self.bare((piece,))

    def _expanded_text(self, text: str) -> None:
        if not self.known_separators:
            self._splits = True
            self.bare((Piece(PieceKind.OPAQUE, text),))
            return
        for number, part in enumerate(_BLANKS.split(text)):
            if number:
                self.cut()
            self.bare(glob_pieces(part))

    def cut(self) -> None:
        """End of a field."""
        if self._begun:
            self.done.append((merged(self._pieces), self._splits))
        if len(self.done) > MAX_WORDS:
            raise TooMuchError("it makes more words than safeshell follows")
        self._pieces, self._begun, self._splits = [], False, False

    def words(self, source: str, span: Span) -> list[Word]:
        """The fields as words. Several words made of one are shown by their text where it is known."""
        self.cut()
        words = [
            Word(_alone(pieces, source) if self.split else pieces, source, span, splits) for pieces, splits in self.done
        ]
        if len(words) > 1:
            words = [Word(w.pieces, source if w.known is None else w.known, span, w.splits) for w in words]
        return words
