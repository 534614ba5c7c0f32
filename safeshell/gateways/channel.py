"""One connection to a shell: two descriptors, a machine, and the token of its backstop.

What must not live here: answers to what is asked.
"""

from __future__ import annotations

import fcntl
import os
import select
import termios

from safeshell.protocols.hook import HookMachine

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from safeshell.gateways.ports import Inner
    from safeshell.protocols.hook import HookEvent


class Owner:
    """The shell behind a pair of channels, as it told of itself: its kind, and what it knew at its last prompt.

    `inner` judges its lines where these are not the session's own.
    """

    __slots__ = ("aliases", "functions", "inner", "shell", "traits")

    def __init__(self, inner: Inner | None = None) -> None:
        self.shell = "bash"
        self.inner = inner
        self.aliases: frozenset[str] = frozenset()
        self.functions: frozenset[str] = frozenset()
        self.traits: frozenset[str] = frozenset()


class Channel:
    """Frames of one shell. `reads` and `writes` may be one descriptor (a socket)."""

    def __init__(self, reads: int, writes: int, nonce: str, token: Token, owner: Owner | None = None) -> None:
        self.reads = reads
        self.writes = writes
        self.token = token
        self.owner = owner or Owner()
        self.pid = 0
        self.closed = False
        self.machine = HookMachine(nonce)
        self.later: list[HookEvent] = []
        os.set_blocking(reads, False)
        os.set_blocking(writes, False)

    def receive(self) -> bool:
        """Take what arrived; False at the end or when the peer broke the rules."""
        try:
            data = os.read(self.reads, 65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.machine.receive_from_client(data)
        return bool(data) and not self.machine.broken

    def send(self) -> None:
        """Send the machine's answers, waiting at most a second for a shell that doesn't read."""
        data = self.machine.data_to_client()
        while data:
            try:
                data = data[os.write(self.writes, data) :]
            except BlockingIOError:
                if not select.select([], [self.writes], [], 1.0)[1]:
                    return
            except OSError:
                return

    def next_events(self) -> list[HookEvent]:
        """Events that were put off, then new ones."""
        found = self.later + self.machine.events()
        self.later = []
        return found

    def close(self) -> None:
        """Let the shell read an end of file, which it takes for a no."""
        if not self.closed:
            self.closed = True
            for fd in {self.reads, self.writes}:
                os.close(fd)


def running(pid: int) -> bool:
    """True while this process of ours exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Token:
    """The right to ask from the backstop: one byte that one process of a shell takes at a time.

    A process that dies while it holds the token takes it along; `recover` notices.
    """

    def __init__(self, fd: int, *, placed: bool) -> None:
        self.fd = fd
        self.holder = 0
        self._missing_since = 0.0
        os.set_blocking(fd, False)
        if not placed:
            self.put()

    def put(self) -> None:
        """Give the right to whoever asks next."""
        self.holder = 0
        try:
            os.write(self.fd, b"t")
        except OSError:
            return

    def recover(self, now: float) -> None:
        """Put a new token where the last one was lost: its holder is dead, or nobody asked for a second."""
        if self.holder:
            if not running(self.holder):
                self.put()
            return
        if self._lies_there():
            self._missing_since = 0.0
        elif not self._missing_since:
            self._missing_since = now
        elif now - self._missing_since > 1.0:
            self._missing_since = 0.0
            self.put()

    def _lies_there(self) -> bool:
        """Unread bytes: of a socket's peer (TIOCOUTQ), of a pipe that we hold both ends of (FIONREAD)."""
        for request in (termios.TIOCOUTQ, termios.FIONREAD):
            try:
                if any(fcntl.ioctl(self.fd, request, b"\0" * 4)):
                    return True
            except OSError:
                continue
        return False
