"""Three-valued answers and the matching of words against shell globs.

A condition on a command line is not always decided before running: `$X` may be anything. So every
answer is NO, MAYBE or YES, and the reader of the answer says which way doubt goes: a rule fires on
MAYBE, a dry run counts only on YES.
What must not live here: what is asked about.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from safeshell.languages.words import PieceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from safeshell.languages.words import Word

NO = 0
MAYBE = 1
YES = 2
"""`min` is and, `max` is or, `YES - x` is not."""

_ANY = "\0?"
_STAR = "\0*"


def word_matches(word: Word, patterns: Iterable[str], *, nocase: bool = False) -> int:
    """Whether the word, once expanded, is text that one of the globs matches (`*` matches `/` too)."""
    literal = word.literal
    if literal is not None:
        text = literal.lower() if nocase else literal
        return YES if any(fnmatchcase(text, p.lower() if nocase else p) for p in patterns) else NO
    shape = _shape_of_word(word, nocase=nocase)
    return MAYBE if any(_overlap(shape, _shape(p.lower() if nocase else p)) for p in patterns) else NO


def _shape_of_word(word: Word, *, nocase: bool) -> list[str]:
    """The word as tokens: characters, any character, any text."""
    shape: list[str] = []
    for piece in word.pieces:
        text = piece.text.lower() if nocase else piece.text
        if piece.kind in (PieceKind.LITERAL, PieceKind.HOME):
            shape += list(text)
        elif piece.kind is PieceKind.GLOB:
            shape += _shape(text)
        else:
            shape.append(_STAR)
    return shape


def _shape(pattern: str) -> list[str]:
    """A glob as tokens. A bracket counts as any one character: wider, never narrower."""
    shape: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        closing = pattern.find("]", at + 2) if char == "[" else -1
        if closing > 0:
            at = closing
        shape.append({"*": _STAR, "?": _ANY}.get(char, _ANY if closing > 0 else char))
        at += 1
    return shape


def _overlap(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether some text fits both shapes, by a table of suffixes from the end."""
    row = [True] + [False] * len(right)
    for j in range(1, len(right) + 1):
        row[j] = row[j - 1] and right[-j] == _STAR
    for i in range(1, len(left) + 1):
        row = _next_row(row, left[-i], right)
    return row[-1]


def _next_row(below: list[bool], token: str, right: Sequence[str]) -> list[bool]:
    """One more token of the left shape; `below[j]` tells about the last j tokens of the right one."""
    row = [below[0] and token == _STAR]
    for j in range(1, len(right) + 1):
        other = right[-j]
        if _STAR in (token, other):
            row.append(below[j] or row[j - 1])
        else:
            row.append(below[j - 1] and (token == other or _ANY in (token, other)))
    return row
