"""The two terminals of a session: the person's (outer) and the shell's (inner, by its master).

What must not live here: what the bytes mean, judging. Every call survives a terminal that is gone.
"""

from __future__ import annotations

import fcntl
import os
import select
import termios
import time

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from typing import Any

CHUNK = 65536
BATCH = 16384
FULL = 2048
"""A read of less than this emptied the pty (Linux gives at most 4 KiB at once): no need to try again."""


class OuterTerminal:
    """The person's terminal: raw while the shell owns it, as we found it for dialogs and at the end."""

    def __init__(self, fd_in: int = 0, fd_out: int = 1) -> None:
        self.fd_in = fd_in
        self.fd_out = fd_out
        self._found = _attributes(fd_in)

    def raw(self) -> None:
        """Pass every byte and key through unchanged."""
        if self._found is None:
            return
        modes = [*self._found]
        modes[0] &= ~(
            termios.IGNBRK
            | termios.BRKINT
            | termios.PARMRK
            | termios.ISTRIP
            | termios.INLCR
            | termios.IGNCR
            | termios.ICRNL
            | termios.IXON
        )
        modes[1] &= ~termios.OPOST
        modes[2] = (modes[2] & ~(termios.CSIZE | termios.PARENB)) | termios.CS8
        modes[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
        modes[6] = [*modes[6]]
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        _set(self.fd_in, modes)

    def restore(self) -> None:
        """Back to the modes of the start."""
        if self._found is not None:
            _set(self.fd_in, self._found)

    def flush_input(self) -> bool:
        """Drop everything typed and not read yet; True when there was something."""
        try:
            if not select.select([self.fd_in], [], [], 0)[0]:
                return False
            termios.tcflush(self.fd_in, termios.TCIFLUSH)
        except (OSError, termios.error):
            return False
        return True

    def write(self, data: bytes) -> None:
        """Write all of it, waiting for a slow terminal. Raises OSError when it is gone."""
        try:
            written = os.write(self.fd_out, data)
        except BlockingIOError:
            written = 0
        if written == len(data):
            return
        view = memoryview(data)[written:]
        while view:
            try:
                view = view[os.write(self.fd_out, view) :]
            except BlockingIOError:
                select.select([], [self.fd_out], [], 1.0)

    def size(self) -> bytes | None:
        """The struct winsize of the terminal, None when it has none."""
        try:
            return fcntl.ioctl(self.fd_in, termios.TIOCGWINSZ, b"\0" * 8)
        except OSError:
            return None


class InnerTerminal:
    """The shell's terminal, seen from its master: never blocks, keeps what it can't write yet."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.pending = bytearray()
        os.set_blocking(master, False)

    def read(self, limit: int = BATCH) -> bytes | None:
        """What the programs wrote, up to `limit` bytes or a little more; b"" when there is nothing, None at the end."""
        try:
            part = os.read(self.master, CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        if len(part) < FULL:
            return part or None
        return self._more(part, limit)

    def _more(self, first: bytes, limit: int) -> bytes:
        """A full read is followed by others: one write for several of them, yet not so many that all wait for it."""
        parts, total = [first], len(first)
        while total < limit:
            try:
                part = os.read(self.master, CHUNK)
            except BlockingIOError:
                break
            except OSError:
                part = b""
            if not part:
                break
            parts.append(part)
            total += len(part)
            if len(part) < FULL:
                break
        return b"".join(parts)

    def write(self, data: bytes = b"") -> None:
        """Type these bytes; what doesn't fit waits in `pending`."""
        if not self.pending:
            try:
                written = os.write(self.master, data[:4096])
            except OSError:
                written = 0
            if written == len(data):
                return
            data = data[written:]
        self.pending += data
        while self.pending and (written := self._written(self.pending[:4096])):
            del self.pending[:written]

    def _written(self, data: bytes | bytearray) -> int:
        """How much of it the terminal took; 0 while it is full, and once it is gone."""
        try:
            return os.write(self.master, data)
        except OSError:
            return 0

    def resize(self, winsize: bytes | None) -> None:
        """Give the inner terminal a size; the kernel tells its foreground programs."""
        if winsize is None:
            return
        try:
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, winsize)
        except OSError:
            return

    def foreground(self) -> int:
        """The process group in the foreground, 0 when there is none."""
        try:
            return os.tcgetpgrp(self.master)
        except OSError:
            return 0

    def reads_lines_itself(self) -> bool:
        """True while a program edits lines itself (not canonical), as a shell at its prompt does."""
        modes = _attributes(self.master)
        return modes is not None and not modes[3] & termios.ICANON


def _attributes(fd: int) -> list[Any] | None:
    try:
        return list(termios.tcgetattr(fd))
    except termios.error:
        return None


def _set(fd: int, modes: list[Any]) -> None:
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        try:
            termios.tcsetattr(fd, termios.TCSADRAIN, modes)
        except InterruptedError:
            continue
        except termios.error:
            return
        return
