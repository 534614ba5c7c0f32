"""A program driven through a real pty, as a person would: typed at, and read until something shows.

For `safeshell doctor`. What must not live here: what is typed and what is expected.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self

_TAIL = 65536
"""Bytes of output that are kept for matching and for telling what went wrong."""
_GRACE = 2.0


class Rehearsal:
    """One program in an 80x24 pty. Use as a context manager; the program is ended by its pid."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], cwd: str) -> None:
        self.output = b""
        self._read = 0
        self._argv, self._environ, self._cwd = list(argv), dict(environ), cwd
        self._pid = self._master = -1

    def __enter__(self) -> Self:
        """Start the program. Raises OSError."""
        import pty

        self._pid, self._master = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(self._cwd)
                os.execve(self._argv[0], self._argv, self._environ)  # noqa: S606 - a shell in between would be tested instead
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        return self

    def __exit__(self, *_fault: object) -> None:
        """Hang up, wait a moment, then kill; nothing of it stays behind."""
        os.close(self._master)
        for number in (signal.SIGHUP, signal.SIGKILL):
            deadline = time.monotonic() + _GRACE
            try:
                os.kill(self._pid, number)
                while time.monotonic() < deadline:
                    if os.waitpid(self._pid, os.WNOHANG)[0]:
                        return
                    time.sleep(0.02)
            except (ChildProcessError, ProcessLookupError):
                return

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self._master, text.encode())

    def see(self, wanted: str, seconds: float) -> bool:
        """Read until `wanted` shows up behind what was matched before; False when it does not."""
        needle, deadline = wanted.encode(), time.monotonic() + seconds
        while True:
            found = self.output.find(needle, self._read)
            if found >= 0:
                self._read = found + len(needle)
                return True
            if not self._more(deadline - time.monotonic()):
                return False

    def settle(self, quiet: float, seconds: float) -> None:
        """Read until nothing came for `quiet` seconds, at most `seconds`; all of it counts as matched."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._more(quiet):
            continue
        self._read = len(self.output)

    def between(self, before: str, after: str) -> str:
        """The last text that stood between two others on the screen, "" when there is none."""
        text = self.output.decode("utf-8", "replace")
        start = text.rfind(before)
        end = text.find(after, start + len(before)) if start >= 0 else -1
        return text[start + len(before) : end] if end >= 0 else ""

    def _more(self, seconds: float) -> bool:
        """Wait for output; False at the deadline and at the end of the program."""
        if seconds <= 0 or not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return False
        self.output += data
        if len(self.output) > _TAIL:
            cut = len(self.output) - _TAIL
            self.output, self._read = self.output[cut:], max(0, self._read - cut)
        return bool(data)
