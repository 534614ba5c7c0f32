"""What the programs did to the person's terminal: alternate screen, mouse, paste and key modes, title.

A scanner of the output stream: it looks, and never changes or delays a byte. What must not live here:
writing to terminals.
"""

from __future__ import annotations

import re

_SEQUENCE = re.compile(rb"\x1b(?:\[\?([0-9;]{1,64})([hl])|\[!p|c|\]([02]);([^\x07\x1b]{0,1024})(?:\x07|\x1b\\))")
_UNFINISHED = re.compile(rb"\x1b(?:\[[?!]?[0-9;]{0,64}|\][0-9]{0,4}(?:;[^\x07\x1b]{0,1024}\x1b?)?)?\Z")
_LONGEST = 1100
_ALTERNATE = (1049, 1047, 47)
_MOUSE = (9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016)
_TRACKED = frozenset({*_ALTERNATE, *_MOUSE, 1, 25, 2004})


class Modes:
    """Private modes that are set now, and the last title that a program asked for."""

    def __init__(self) -> None:
        self._set: set[int] = set()
        self._cursor = True
        self._tail = b""
        self.title: str | None = None
        self.retitled = False

    def see(self, data: bytes) -> None:
        """Look at output, in any cut."""
        if self._tail:
            data = self._tail + data
            self._tail = b""
        elif b"\x1b" not in data:
            return
        for match in _SEQUENCE.finditer(data):
            self._apply(match)
        self._keep_unfinished(data)

    def _keep_unfinished(self, data: bytes) -> None:
        """Keep the beginning of a sequence at the end; an OSC may end in an Escape of its own."""
        last = data.rfind(b"\x1b", max(0, len(data) - _LONGEST))
        opened = data.rfind(b"\x1b]", max(0, len(data) - _LONGEST), last) if last > 0 else -1
        for start in (opened, last):
            if start >= 0 and _UNFINISHED.match(data, start):
                self._tail = data[start:]
                return

    @property
    def between(self) -> bool:
        """True when the stream stands between two sequences, so that something may be put in."""
        return not self._tail

    @property
    def alternate(self) -> bool:
        """True while a full-screen program owns the alternate screen."""
        return any(mode in self._set for mode in _ALTERNATE)

    def leave(self) -> bytes:
        """Bytes that bring a terminal in these modes to its plain state, on the main screen."""
        off = [mode for mode in sorted(self._set) if mode not in _ALTERNATE]
        out = b"".join(b"\x1b[?%dl" % mode for mode in off)
        out += b"".join(b"\x1b[?%dl" % mode for mode in _ALTERNATE if mode in self._set)
        return out + (b"" if self._cursor else b"\x1b[?25h")

    def enter(self) -> bytes:
        """Bytes that bring a plain terminal back into these modes."""
        out = b"".join(b"\x1b[?%dh" % mode for mode in _ALTERNATE if mode in self._set)
        out += b"".join(b"\x1b[?%dh" % mode for mode in sorted(self._set) if mode not in _ALTERNATE)
        return out + (b"" if self._cursor else b"\x1b[?25l")

    def _apply(self, match: re.Match[bytes]) -> None:
        numbers, action, kind, text = match.groups()
        if numbers is not None:
            for number in numbers.split(b";"):
                self._switch(int(number or b"0"), on=action == b"h")
        elif kind is not None:
            self.title = text.decode("utf-8", "replace")
            self.retitled = True
        else:
            self._set.clear()
            self._cursor = True

    def _switch(self, mode: int, *, on: bool) -> None:
        if mode not in _TRACKED:
            return
        if mode == 25:  # noqa: PLR2004 - DECTCEM, the only mode that is on by default
            self._cursor = on
        elif on:
            self._set.add(mode)
        else:
            self._set.discard(mode)
