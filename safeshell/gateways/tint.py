"""The background tint (OSC 11): set for dangerous places, taken back on every way out.

What must not live here: which colour means what, writing to the terminal.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    import re

QUERY = b"\x1b]11;?\x07"
_COLOUR = rb"\A#[0-9a-fA-F]{6}\Z"
_REPLY = rb"\x1b\]11;([^\x07\x1b]{1,64})(?:\x07|\x1b\\)"
_BEGINNING = rb"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]{0,64}\x1b?)?)?)?)?\Z"
PATIENCE = 2.0
"""Seconds in which the terminal may still answer the query."""
PARTIAL = 0.02
"""Seconds that the beginning of an answer, or a lone Escape, is kept."""


class Tint:
    """What the background is, and what it was. Methods give the bytes for the terminal."""

    def __init__(self) -> None:
        self._colour = ""
        self._old: bytes | None = None
        self._asked_until = 0.0
        self._kept = b""
        self.deadline = 0.0
        self.listening = False
        """Whether typing may hold an answer of the terminal, or something is kept back for that reason."""

    def show(self, colour: str, now: float) -> bytes:
        """Bytes that bring this colour (`#rrggbb`, "" for none); b"" when nothing changes."""
        if colour == self._colour or (colour and not _search(_COLOUR, colour.encode())):
            return b""
        query = b""
        if colour and not self._asked_until:
            query, self._asked_until, self.listening = QUERY, now + PATIENCE, self._old is None
        self._colour = colour
        return query + (b"\x1b]11;" + colour.encode() + b"\x07" if colour else self.take_back())

    def take_back(self) -> bytes:
        """Bytes that bring the old background back: its value, then the reset that not all terminals know."""
        if not self._asked_until:
            return b""
        self._colour = ""
        return (b"\x1b]11;" + self._old + b"\x07" if self._old else b"") + b"\x1b]111\x07"

    def typed(self, data: bytes, now: float) -> bytes:
        """Take the terminal's answer out of the typing."""
        if now > self._asked_until or self._old is not None:
            data, self._kept, self.deadline, self.listening = self._kept + data, b"", 0.0, False
            return data
        data = self._kept + data
        self._kept, self.deadline = b"", 0.0
        match = _search(_REPLY, data)
        if match:
            self._old, self.listening = match.group(1), False
            return data[: match.start()] + data[match.end() :]
        partial = _search(_BEGINNING, data)
        if partial:
            self._kept, self.deadline = data[partial.start() :], now + PARTIAL
            return data[: partial.start()]
        return data

    def tick(self, now: float) -> bytes:
        """Typing that was kept for too long to be an answer's beginning."""
        if not self._kept or now < self.deadline:
            return b""
        kept, self._kept, self.deadline = self._kept, b"", 0.0
        return kept


def _search(pattern: bytes, text: bytes) -> re.Match[bytes] | None:
    """Only where there is a tint: most sessions have none, and importing `re` keeps the first prompt waiting."""
    import re

    return re.search(pattern, text)
