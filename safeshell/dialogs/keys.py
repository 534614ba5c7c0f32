"""One key out of a few, on the terminal: for an offer, never for consent.

What must not live here: questions of the road (talk), what a key does.
"""

from __future__ import annotations

import os
import termios
import time
from contextlib import suppress

from safeshell.dialogs import terminal

_LOCAL, _CHARS = 3, 6
"""Places of the flags in what tcgetattr gives."""


def one_key(tty_fd: int, line: str, keys: str) -> str:
    """Write the line and wait for a key: one of `keys`, "" for every other, the end of input or a fault.

    Keys typed before the line appeared count as none. The line is ended afterwards.
    """
    try:
        before = termios.tcgetattr(tty_fd)
    except (termios.error, OSError):
        return ""
    raw = termios.tcgetattr(tty_fd)
    raw[_LOCAL] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
    raw[_CHARS][termios.VMIN], raw[_CHARS][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(tty_fd, termios.TCSADRAIN, raw)
        terminal.write(tty_fd, line)
        time.sleep(terminal.QUIET)
        terminal.flush_input(tty_fd)
        key = os.read(tty_fd, 16).decode("utf-8", "replace")
        terminal.write(tty_fd, "\r\n")
    except (termios.error, OSError):
        return ""
    finally:
        with suppress(termios.error, OSError):
            termios.tcsetattr(tty_fd, termios.TCSADRAIN, before)
    return key if len(key) == 1 and key in keys else ""
