"""A complete grammar of a very small language: messages that do nothing but begin or subdivide a transaction.

What matches exactly is surely that and nothing else; what does not match is an ordinary statement and
runs under the lock. So a message missed here costs a convenience, never safety. What must not live
here: any statement that reads or writes rows.
"""

from __future__ import annotations

from enum import Enum, auto
from itertools import pairwise

_LONGEST = 400
_MODES = frozenset(
    [
        "ISOLATION",
        "LEVEL",
        "SERIALIZABLE",
        "REPEATABLE",
        "READ",
        "COMMITTED",
        "UNCOMMITTED",
        "WRITE",
        "ONLY",
        "NOT",
        "DEFERRABLE",
    ]
)
_NOISE = frozenset({"WORK", "TRANSACTION"})


class Control(Enum):
    """What a whole message is. OTHER: anything else."""

    OTHER = auto()
    BEGIN = auto()
    MODES = auto()
    SAVEPOINTS = auto()
    DISCARD = auto()


def classify(text: str) -> Control:
    """What the whole of a message is."""
    if len(text) > _LONGEST or not text.isascii():
        return Control.OTHER
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    if all(_is_savepoint(part) for part in parts):
        return Control.SAVEPOINTS
    if len(parts) != 1:
        return Control.OTHER
    words = parts[0].replace(",", " , ").upper().split()
    if words == ["DISCARD", "ALL"]:
        return Control.DISCARD
    if words[:1] == ["BEGIN"] and _only_modes(words[2:] if words[1:2] and words[1] in _NOISE else words[1:]):
        return Control.BEGIN
    if words[:2] == ["START", "TRANSACTION"] and _only_modes(words[2:]):
        return Control.BEGIN
    if words[:2] == ["SET", "TRANSACTION"] and words[2:] and (_only_modes(words[2:]) or _is_snapshot(words[2:])):
        return Control.MODES
    return Control.OTHER


def surely_read_only(texts: list[str]) -> bool:
    """These BEGIN and SET TRANSACTION ask for READ ONLY themselves, and for nothing else."""
    words = " ".join(texts).upper().replace(",", " ").replace(";", " ").split()
    return "WRITE" not in words and any(pair == ("READ", "ONLY") for pair in pairwise(words))


def _only_modes(words: list[str]) -> bool:
    return all(word in _MODES or word == "," for word in words)


def _is_snapshot(words: list[str]) -> bool:
    """SNAPSHOT and its identifier, as pg_export_snapshot makes it."""
    return len(words) == 2 and words[0] == "SNAPSHOT" and not words[1].strip("'").strip("0123456789ABCDEF-")  # noqa: PLR2004 - these two


def _is_savepoint(part: str) -> bool:
    """SAVEPOINT n, RELEASE [SAVEPOINT] n, ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] n."""
    words = part.split()
    if not words or not _is_name(words[-1]):
        return False
    verb = [word.upper() for word in words[:-1]]
    if verb[:1] == ["ROLLBACK"] and verb[1:2] and verb[1] in _NOISE:
        del verb[1]
    return verb in (
        ["SAVEPOINT"],
        ["RELEASE"],
        ["RELEASE", "SAVEPOINT"],
        ["ROLLBACK", "TO"],
        ["ROLLBACK", "TO", "SAVEPOINT"],
    )


def _is_name(word: str) -> bool:
    if len(word) > 2 and word[0] == word[-1] == '"':  # noqa: PLR2004 - two quotes and a letter between
        return '"' not in word[1:-1]
    return word.replace("$", "_").isidentifier() and word[0] != "$" and word.upper() not in {"SAVEPOINT", "TO"}
