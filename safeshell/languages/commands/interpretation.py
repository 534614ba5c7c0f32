"""What the interpreter makes of one command: claims, and what the command would run in turn.

What must not live here: how it is found out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from safeshell.model.statements import Language
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.languages.words import Word
    from safeshell.model.places import Place
    from safeshell.model.statements import Claim


class WrapKind(StrEnum):
    """How the inner program is given: as words, as a text, on standard input, in a file.

    ARGV is a command of the shell's own kind; WORDS is one statement of another language that is
    given as separate words, which no quoting could join again (`redis-cli DEL "a b"`).
    """

    ARGV = "argv"
    TEXT = "text"
    STDIN = "stdin"
    FILE = "file"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Something that a command runs in turn.

    ARGV: `words` is the command, `assignments` may lead it; WORDS: `words` is one statement of
    `language`; TEXT and FILE: `words` has one word, the
    text or the file's name (several for texts that the command joins with spaces: ssh, eval, watch);
    STDIN: no words. `appended` means that more words come from outside, which nobody sees here.
    """

    kind: WrapKind
    words: tuple[Word, ...] = ()
    language: Language = Language.BASH
    appended: bool = False
    assignments: bool = False


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One command by its pack.

    `verb` is the command with its subcommands (`git push`). `known` is False for a program that no
    pack describes. `opaque` programs and interactive consoles are claims already.
    """

    verb: str
    known: bool
    claims: tuple[Claim, ...] = ()
    wrapped: tuple[Wrapped, ...] = ()
    place: Place | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
