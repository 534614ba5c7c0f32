"""One line that tells a waiting person what is being counted, and lets them stop it.

Drawn only when the wait gets noticeable, erased without a trace. What must not live here: previews,
questions.
"""

from __future__ import annotations

import os
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from safeshell.dialogs import terminal
from safeshell.dialogs.visible import clip, one_line

DELAY = 0.15
"""Seconds before anything is drawn; shorter waits are not noticed."""

_REDRAW = 0.1
_INTERRUPT = b"\x03"
_LOCAL = 3
"""Place of the local flags in what tcgetattr gives."""
_HINT = "  (Ctrl-C cancels)"


class Cancelled(Exception):  # noqa: N818 - a decision of the person, not an error
    """The person pressed Ctrl-C while a preview counted: this is a no."""


class Progress:
    """Call it with one line of text as often as there is news; it draws when that is worth it.

    `typed` collects what the person typed meanwhile on a raw terminal: if no question follows, it is
    the shell's. `below` begins a new line first; False where the cursor stands on an empty one.
    """

    def __init__(self, tty_fd: int, *, below: bool = True) -> None:
        self.typed = b""
        self._fd = tty_fd
        self._below = below
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._able = os.isatty(tty_fd) and not terminal.bare()

    def __call__(self, text: str) -> None:
        """Show the text, perhaps. Raises Cancelled on Ctrl-C."""
        self._listen()
        now = time.monotonic()
        if not self._able or now - self._begun < DELAY or now - self._drawn < _REDRAW:
            return
        width = terminal.size(self._fd)[0] - 1
        lead = "\r\n" if self._below and not self._drawn else "\r"
        self._drawn = now
        self._write(f"{lead}\x1b[K{clip(one_line(text) + _HINT, width)}")

    def clear(self) -> None:
        """Take the line away again; the cursor ends at the start of the line where it was before."""
        if self._drawn:
            self._drawn = 0.0
            self._write("\r\x1b[K\x1b[A" if self._below else "\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            terminal.write(self._fd, text)

    def _listen(self) -> None:
        """On a raw terminal Ctrl-C is a byte; on a cooked one it is a signal, and nothing is read."""
        with suppress(OSError, termios.error):
            if termios.tcgetattr(self._fd)[_LOCAL] & termios.ICANON:
                return
            while select.select([self._fd], [], [], 0)[0]:
                data = os.read(self._fd, 4096)
                if not data:
                    return
                self.typed += data
        if _INTERRUPT in self.typed:
            raise Cancelled


@contextmanager
def progress(tty_fd: int, *, below: bool = True) -> Iterator[Progress]:
    """A progress line for the time of a with block; Ctrl-C, however it comes, raises Cancelled.

    Used as: with progress(fd) as show: show("1,204 files so far").
    """
    show = Progress(tty_fd, below=below)
    try:
        yield show
    except KeyboardInterrupt:
        raise Cancelled from None
    finally:
        show.clear()
