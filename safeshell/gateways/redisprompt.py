"""The tier, in colour, in redis-cli's own prompt.

redis-cli shows the path of its socket there, and its line editor counts the width of that text. So the client gets a
path that IS the label (`PROD cache.prod ro`), relative to its directory, and on its way to the terminal the same
text is exchanged for a coloured one of the same width, which may say another mode by then. The output passes through
a pty for that; input, signals and the terminal itself stay the client's. What must not live here: the mode's truth.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_COLOURS = {"PROD": b"1;97;41", "UNKNOWN": b"1;30;43", "STAGING": b"1;97;44", "DEV": b"32"}
_LONGEST = 60
"""Columns of a label; a socket's path may have 107 bytes."""
_MODE_ROOM = len("rw 60m")
_CHUNK = 65536
_OUTPUT, _SIZE = 1, struct.Struct("HHHH")


def label(tier: str, target: str, mode: str) -> str:
    """`PROD cache.prod ro    `: always as wide, whatever the mode becomes; printable ASCII, no slash."""
    room = _LONGEST - len(tier) - _MODE_ROOM - 2
    kept = "".join(letter for letter in target if letter.isascii() and letter.isprintable() and letter != "/")[-room:]
    return f"{tier} {kept} {mode[:_MODE_ROOM]:<{_MODE_ROOM}}"


class Painter:
    """Exchanges one text in a stream for another of the same width, whatever the cuts."""

    def __init__(self, plain: str, shown: Callable[[], str], *, colour: bool) -> None:
        self._plain = plain.encode("ascii")
        self._shown = shown
        self._colour = colour
        self._kept = b""

    def feed(self, data: bytes) -> bytes:
        """The same bytes with the label painted; a tail that may be the beginning of it is kept back."""
        data = self._kept + data
        keep = next((size for size in range(len(self._plain) - 1, 0, -1) if data.endswith(self._plain[:size])), 0)
        self._kept = data[len(data) - keep :] if keep else b""
        return (data[: len(data) - keep] if keep else data).replace(self._plain, self._painted())

    def rest(self) -> bytes:
        """What is still kept back."""
        kept, self._kept = self._kept, b""
        return kept

    def _painted(self) -> bytes:
        text = self._shown()
        shown = text.encode("ascii", "replace")[: len(self._plain)].ljust(len(self._plain))
        if not self._colour:
            return shown
        return b"\x1b[" + _COLOURS.get(text.partition(" ")[0], b"7") + b"m" + shown + b"\x1b[0m"


class PaintedOutput:
    """Descriptor 1 leads through a painter for the time of a with block."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._true = -1
        self._ours = -1
        self._size = b""
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        modes = termios.tcgetattr(theirs)
        # Line ends are made here: redis-cli's line editor may have made the true terminal raw by the time they arrive.
        modes[_OUTPUT] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        self._true = os.dup(1)
        self._measure()
        os.dup2(theirs, 1, inheritable=True)
        os.close(theirs)
        return self

    def start(self) -> None:
        """Begin to paint; after the client was forked."""
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        os.dup2(self._true, 1)  # with this the other end of the pty is closed, and the thread comes to its end
        if self._thread is not None:
            self._thread.join(2)
        with suppress(OSError):
            os.close(self._ours)
        os.close(self._true)

    def _carry(self) -> None:
        while True:
            try:
                data = os.read(self._ours, _CHUNK)
            except OSError:
                data = b""
            if not data:
                self._write(self._painter.rest())
                return
            self._measure()
            self._write(self._painter.feed(data))

    def _write(self, data: bytes) -> None:
        with suppress(OSError):
            while data:
                data = data[os.write(self._true, data) :]

    def _measure(self) -> None:
        """The width of the true terminal is the width of this one."""
        with suppress(OSError):
            size = fcntl.ioctl(self._true, termios.TIOCGWINSZ, _SIZE.pack(0, 0, 0, 0))
            if size != self._size:
                fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)
                self._size = size
