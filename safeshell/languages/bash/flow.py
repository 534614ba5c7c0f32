"""What a piece of a text leaves behind, and what it gets on its standard input.

What must not live here: syntax trees.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from safeshell.languages.bash.fields import merged
from safeshell.languages.bash.state import Pieces, State, join
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.statements import Language, Span
from safeshell.model.values import dataclass, field

NOTHING: Pieces = ()


class Reach(IntEnum):
    """How far from the shell of the session a text runs.

    SESSION: in it. PROCESS: in another process, where its variables, aliases and functions do not
    count. MACHINE: on another machine, where the files of this one do not count either.
    """

    SESSION = 0
    PROCESS = 1
    MACHINE = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a text stands.

    `span` in the outermost text (None: it is that text), how deep, inside of which functions, how far
    away it runs, and in which shell.
    """

    span: Span | None = None
    depth: int = 0
    stack: tuple[str, ...] = ()
    reach: Reach = Reach.SESSION
    language: Language = Language.BASH


@dataclass(frozen=True, slots=True)
class Outcome:
    """The shell after a command that succeeded (`ok`) and after one that failed (`bad`).

    `printed` is what went to standard output, None where only running tells.
    """

    ok: State
    bad: State
    printed: Pieces | None = None

    @property
    def either(self) -> State:
        """The shell after the command, whatever came of it."""
        return join(self.ok, self.bad)


def unchanged(state: State, printed: Pieces | None = NOTHING) -> Outcome:
    """A command that leaves the shell as it was."""
    return Outcome(state, state, printed)


def both(first: Pieces | None, second: Pieces | None) -> Pieces | None:
    """What two commands print one after the other."""
    return None if first is None or second is None else merged(first + second)


@dataclass(frozen=True, slots=True)
class Stdin:
    """Standard input: the terminal or whatever the shell has (`piped` False), or something given.

    `pieces` is its text as far as it is known, `file` the word after `<`; `read` asks for what that
    file holds, on the machine where the shell opens it.
    """

    piped: bool = False
    pieces: Pieces | None = None
    file: Word | None = None
    read: Callable[[], str | None] | None = field(default=None, compare=False)


INHERITED = Stdin()


def text_only(pieces: Pieces) -> Pieces:
    """Printed text: patterns and `~` have become names by then, which only running tells."""
    unsure = (PieceKind.GLOB, PieceKind.HOME)
    return merged(Piece(PieceKind.OPAQUE, piece.text) if piece.kind in unsure else piece for piece in pieces)
