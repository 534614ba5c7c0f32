"""Replies of a server as values: RESP2 and RESP3, bounded in size and depth.

What must not live here: commands, the client's side, sockets.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass

MOST_DEPTH = 32
MOST_ITEMS = 2_000_000
_PAIRS = frozenset(b"%|")
_LISTS = frozenset(b"*~>%|")
_STRINGS = frozenset(b"$=!")
_NUMBERS = frozenset(b":(")


@dataclass(frozen=True, slots=True)
class ReplyError:
    """An error reply; `code` is its first word (`NOAUTH`, `ERR`)."""

    text: str

    @property
    def code(self) -> str:
        """The first word."""
        return self.text.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Push:
    """Something that no command asked for: a message of a channel, an invalidation."""

    items: tuple[Value, ...]


Value = bytes | int | float | bool | None | list["Value"] | ReplyError | Push
"""Maps are lists of keys and values in turn; simple and verbatim strings are bytes."""


def parse(buffer: bytes, at: int = 0, depth: int = 0) -> tuple[Value, int] | None:
    """The value at `at` and the place after it; None when it is not whole. Raises ProtocolError."""
    end = buffer.find(b"\r\n", at)
    if end < 0:
        return None
    kind, line, after = buffer[at], buffer[at + 1 : end], end + 2
    if kind in _STRINGS:
        return _string(buffer, kind, _length(line), after)
    if kind in _LISTS:
        return _items(buffer, kind, line, after, depth)
    return _plain(kind, line), after


def _length(line: bytes) -> int:
    try:
        return int(line)
    except ValueError:
        raise ProtocolError(f"a length was expected, not {line[:20]!r}", fault="server") from None


def _string(buffer: bytes, kind: int, size: int, at: int) -> tuple[Value, int] | None:
    if size < 0:
        return None, at
    if at + size + 2 > len(buffer):
        return None
    text = buffer[at : at + size]
    if kind == ord("!"):
        return ReplyError(text.decode("utf-8", "replace")), at + size + 2
    return (text[4:] if kind == ord("=") else text), at + size + 2


def _items(buffer: bytes, kind: int, line: bytes, at: int, depth: int) -> tuple[Value, int] | None:
    count = _length(line) * (2 if kind in _PAIRS else 1)
    if count < 0:
        return None, at
    if depth >= MOST_DEPTH or count > MOST_ITEMS:
        raise ProtocolError("a reply is nested too deep or too long", fault="server")
    found: list[Value] = []
    for _ in range(count):
        one = parse(buffer, at, depth + 1)
        if one is None:
            return None
        value, at = one
        found.append(value)
    if kind == ord("|"):  # attributes stand before the reply that they are about
        return parse(buffer, at, depth + 1)
    return (Push(tuple(found)) if kind == ord(">") else found), at


def _plain(kind: int, line: bytes) -> Value:
    if kind == ord("+"):
        return line
    if kind == ord("-"):
        return ReplyError(line.decode("utf-8", "replace"))
    if kind in _NUMBERS:
        return _length(line)
    if kind == ord("_"):
        return None
    if kind == ord("#"):
        return line == b"t"
    if kind == ord(","):
        return _double(line)
    raise ProtocolError(f"a reply begins with {chr(kind)!r}", fault="server")


def _double(line: bytes) -> float:
    try:
        return float(line)
    except ValueError:
        raise ProtocolError(f"a number was expected, not {line[:20]!r}", fault="server") from None


def encode(words: Sequence[bytes]) -> bytes:
    """A command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)
