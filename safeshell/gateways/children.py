"""A short-lived child process with pipes: fed, read and reaped within a deadline.

Started by posix_spawn, in a process group of its own (Ctrl-C in the terminal is not for it), with
nothing inherited but its three pipes. What must not live here: what the program is.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence

from safeshell.model.values import dataclass, field

_CHUNK = 65536


@dataclass(slots=True)
class Finished:
    """How a child ended. `expired` and `overflowed` ones were killed."""

    status: int = -1
    output: bytes = b""
    errors: bytes = b""
    expired: bool = False
    overflowed: bool = False


@dataclass(slots=True)
class _Stream:
    fd: int
    data: bytearray = field(default_factory=bytearray)


class Child:
    """One process. Raises OSError when it cannot be started."""

    def __init__(self, arguments: Sequence[str], *, environment: Mapping[str, str]) -> None:
        inputs, outputs, errors = self._pipes()
        try:
            self.pid = os.posix_spawn(
                arguments[0],
                list(arguments),
                dict(environment),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, inputs[0], 0),
                    (os.POSIX_SPAWN_DUP2, outputs[1], 1),
                    (os.POSIX_SPAWN_DUP2, errors[1], 2),
                ],
                setpgroup=0,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT],
            )
        except OSError:
            for fd in (*inputs, *outputs, *errors):
                os.close(fd)
            raise
        for fd in (inputs[0], outputs[1], errors[1]):
            os.close(fd)
        self._input: int | None = inputs[1]
        self._pending = b""
        self._streams = [_Stream(outputs[0]), _Stream(errors[0])]
        for fd in (inputs[1], outputs[0], errors[0]):
            os.set_blocking(fd, False)

    @staticmethod
    def _pipes() -> list[tuple[int, int]]:
        """Three pipes whose ends are clear of 0, 1 and 2, so that the moves in the child are exact."""
        made: list[tuple[int, int]] = []
        low: list[int] = []
        try:
            while len(made) < 3:  # noqa: PLR2004 - standard input, output and error
                pair = os.pipe()
                if min(pair) > 2:  # noqa: PLR2004 - the same three
                    made.append(pair)
                else:
                    low += pair
        finally:
            for fd in low:
                os.close(fd)
        return made

    def alive(self) -> bool:
        """False once the process has ended (killed from outside, for instance)."""
        try:
            return os.waitpid(self.pid, os.WNOHANG) == (0, 0)
        except ChildProcessError:
            return False

    def send(self, data: bytes) -> None:
        """Write as much as goes without waiting; `finish` writes the rest."""
        self._pending = data
        self._write()

    def _write(self) -> None:
        if self._input is None:
            return
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._input, self._pending) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._pending = b""
        os.close(self._input)
        self._input = None

    def finish(self, until: float, *, most: int) -> Finished:
        """Wait for the end, at the latest `until` (monotonic seconds), keeping at most `most` bytes."""
        finished = Finished()
        open_streams = list(self._streams)
        poller = select.poll()
        for stream in open_streams:
            poller.register(stream.fd, select.POLLIN)
        if self._input is not None:
            poller.register(self._input, select.POLLOUT)
        while open_streams and not finished.overflowed:
            left = until - time.monotonic()
            ready = poller.poll(max(left, 0) * 1000) if left > 0 else []
            if not ready:
                finished.expired = True
                break
            self._pump(ready, open_streams, poller)
            finished.overflowed = sum(len(stream.data) for stream in self._streams) > most
        return self._reap(finished)

    def _pump(self, ready: list[tuple[int, int]], open_streams: list[_Stream], poller: select.poll) -> None:
        for fd, _ in ready:
            if fd == self._input:
                self._write()
                if self._input is None:
                    poller.unregister(fd)
                continue
            stream = next(stream for stream in open_streams if stream.fd == fd)
            chunk = b""
            with contextlib.suppress(BlockingIOError):
                chunk = os.read(fd, _CHUNK)
            stream.data += chunk
            if not chunk:
                poller.unregister(fd)
                open_streams.remove(stream)

    def _reap(self, finished: Finished) -> Finished:
        if finished.expired or finished.overflowed:
            self._kill()
        self._close()
        with contextlib.suppress(ChildProcessError):
            finished.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        finished.output, finished.errors = (bytes(stream.data) for stream in self._streams)
        return finished

    def abandon(self, *, mine: bool) -> None:
        """Close everything; `mine` is False after a fork, when another process has to end and reap it."""
        self._close()
        if mine:
            self._kill()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _close(self) -> None:
        for fd in (self._input, *(stream.fd for stream in self._streams)):
            if fd is not None:
                with contextlib.suppress(OSError):
                    os.close(fd)
        self._input = None
