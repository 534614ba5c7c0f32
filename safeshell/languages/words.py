"""Words of a command line with what is known of them before running.

Shared by the bash reader, which makes words, and the command interpreter, which reads them.
What must not live here: parsing shell text, knowledge of commands.
"""

from __future__ import annotations

from enum import StrEnum

from safeshell.model.statements import Span
from safeshell.model.values import dataclass


class PieceKind(StrEnum):
    """What is known of a part of a word.

    LITERAL is exact text; GLOB is unquoted pattern text (`*`, `?`, `[a]`); HOME is `~`; VARIABLE is a
    parameter whose value is not known; OPAQUE is anything else that only running tells (a
    substitution, arithmetic, process substitution).
    """

    LITERAL = "literal"
    GLOB = "glob"
    HOME = "home"
    VARIABLE = "variable"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word.

    `text` is the exact text, the pattern, `~` or `~user`, the variable's name, or the source text of
    the opaque part.
    """

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word after quote removal. `source` is as written; `span` in bytes of the whole text.

    A word made by an unquoted unknown variable may be several words or none: `splits` says so.
    """

    pieces: tuple[Piece, ...]
    source: str
    span: Span
    splits: bool = False

    @property
    def literal(self) -> str | None:
        """The exact text, None if anything but literal text is in it."""
        if all(piece.kind is PieceKind.LITERAL for piece in self.pieces):
            return "".join(piece.text for piece in self.pieces)
        return None

    @property
    def known(self) -> str | None:
        """Text with globs as written and `~` kept; None if a variable or opaque part is in it."""
        if any(piece.kind in (PieceKind.VARIABLE, PieceKind.OPAQUE) for piece in self.pieces):
            return None
        return "".join(piece.text for piece in self.pieces)

    @property
    def glob(self) -> bool:
        """True when an unquoted pattern is in it."""
        return any(piece.kind is PieceKind.GLOB for piece in self.pieces)


SCRATCH_ROOTS = ("/tmp/", "/var/tmp/", "~/.cache/")  # noqa: S108 - names to be recognised, nothing is put there
"""Where everything is scratch on every host, by its spelling."""


def scratch_pattern(word: Word, *, removes: bool) -> str | None:
    """The word as a pattern (`/tmp/x.$ID` -> `/tmp/x.*`) where all that is known of it lies below a scratch root.

    None where the unknown part might lead elsewhere: text with `..` after it; a word that may be split,
    when it begins right below the root or when every piece of it would be removed (`rm /tmp/x.$ID`).
    An unknown part that itself holds `/../` is nobody's mistake, and is not looked for.
    """
    lead, unknown = "", False
    for piece in word.pieces:
        lost = piece.kind in (PieceKind.VARIABLE, PieceKind.OPAQUE)
        if not lost and ".." in piece.text:
            return None
        unknown = unknown or lost
        lead += "" if unknown else piece.text
    root = next((root for root in SCRATCH_ROOTS if lead.startswith(root)), None)
    if root is None or (word.splits and (removes or lead == root)):
        return None
    return lead + "*"


def literal_word(text: str, span: Span | None = None) -> Word:
    """A word of plain text, as the fast path makes them."""
    return Word((Piece(PieceKind.LITERAL, text),), text, span or Span(0, 0))
