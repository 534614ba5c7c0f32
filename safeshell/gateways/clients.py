"""The client as a child of a wire: started on the same terminal, in the same process group, and waited for.

The parent behaves as a shell's `system` does: Ctrl-C is the child's, Ctrl-Z stops both, a signal that
would end the parent is handed on, and the parent ends as the child ended. What must not live here: what
the client is, the wire.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from safeshell.gateways import memory, seccomp
from safeshell.model.values import dataclass

_PR_SET_PDEATHSIG = 1
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_RESTORED = ("SIGPIPE", "SIGXFZ", "SIGXFSZ", "SIGINT")
_HANDED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, slots=True)
class Spawned:
    """A child that waits for `Client.begin`. `problem` says why nothing can watch it, "" where something can.

    `listener` is -1 without a filter; one that is there has to be served, watched or not.
    """

    pid: int
    listener: int
    problem: str
    starter: int


def spawn(argv: Sequence[str], environ: Mapping[str, str], *, watched: bool) -> Spawned:
    """Fork the client; it becomes the program once `begin` is called. Raises OSError.

    Call it before any thread is started. It dies of SIGHUP when we die, and inherits our terminal,
    directory, umask and limits. `watched` asks for the exec watch (gateways.seccomp) in it.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become(argv, environ, theirs, parent, watched=watched)
    theirs.close()
    listener, problem = _hear(ours)
    if listener >= 0:
        problem = memory.readable(pid)
    return Spawned(pid, listener, problem, ours.detach())


def _hear(ours: socket.socket) -> tuple[int, str]:
    """The listener of the child's filter, or why there is none."""
    message, descriptors, _, _ = socket.recv_fds(ours, 256, 1)
    if descriptors:
        os.set_inheritable(descriptors[0], False)
        return descriptors[0], ""
    return -1, message[1:].decode("utf-8", "replace")


def _become(
    argv: Sequence[str], environ: Mapping[str, str], channel: socket.socket, parent: int, *, watched: bool
) -> None:
    """In the child: die with the parent, put the filter on, wait for the word, run the program."""
    code = _NOT_EXECUTABLE
    try:
        for name in _RESTORED:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        _die_with(parent)
        _offer(channel, watched=watched)
        if channel.recv(1) == b"g":
            os.execvpe(argv[0], list(argv), dict(environ))  # noqa: S606 - starting the client is the task
    except FileNotFoundError:
        code = _NOT_FOUND
        os.write(2, f"safeshell: {argv[0]}: command not found\n".encode("utf-8", "replace"))
    except OSError as problem:
        os.write(2, f"safeshell: {argv[0]} can't be started: {problem.strerror}\n".encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _die_with(parent: int) -> None:
    """Get SIGHUP when the guard is killed: a client without its wire must not keep the terminal."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGHUP), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGHUP)


def _offer(channel: socket.socket, *, watched: bool) -> None:
    """Send the listener of a new filter, or a text that says why there is none."""
    try:
        if watched and seccomp.available():
            listener = seccomp.install()
            socket.send_fds(channel, [b"y"], [listener])
            os.close(listener)
            return
        problem = "this kernel or machine has no seccomp user notification" if watched else ""
    except OSError as fault:
        problem = f"the kernel refused the exec watch ({fault.strerror})"
    channel.sendall(b"n" + problem.encode()[:250])


class Client:
    """The running child, as its parent sees it: signals and its end. `resumed` is called after a suspend."""

    def __init__(self, spawned: Spawned, resumed: Callable[[], None] = lambda: None) -> None:
        self.pid = spawned.pid
        self._starter = spawned.starter
        self._resumed = resumed
        self._status: int | None = None
        self._before: dict[int, object] = {}

    def begin(self) -> None:
        """Let it become the program; from now on our signals are arranged for it."""
        for number in (signal.SIGINT, signal.SIGTSTP, signal.SIGCONT, *_HANDED_ON):
            self._before[number] = signal.signal(number, self._on_signal)
        os.write(self._starter, b"g")
        os.close(self._starter)

    def abandon(self) -> None:
        """End it before it began."""
        os.close(self._starter)
        os.waitpid(self.pid, 0)

    @property
    def ended(self) -> bool:
        """True once the child has ended; reaps it."""
        if self._status is None:
            self._look(os.WNOHANG)
        return self._status is not None

    def wait(self) -> int:
        """Wait for its end; its exit status as `exit_like` takes it."""
        while self._status is None:
            with contextlib.suppress(InterruptedError):
                self._look(0)
        return self._status

    def _look(self, flags: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, flags | os.WUNTRACED)
        except ChildProcessError:
            self._status = 0
            return
        if pid and os.WIFSTOPPED(status):
            self._stop_too()
        elif pid:
            self._status = os.waitstatus_to_exitcode(status)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Ctrl-C and Ctrl-Z reach the child by the terminal; what was sent to us alone is handed on."""
        if number == signal.SIGCONT:
            self._resumed()
        elif number in _HANDED_ON and self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _stop_too(self) -> None:
        """The child was stopped (Ctrl-Z): stop as well, so that the shell sees its job stopped."""
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def restore_signals(self) -> None:
        """Our own signal handlers again."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()


def exit_like(status: int) -> int:
    """End this process as the child did: by its exit code, or by the signal that it died of."""
    if status < 0:
        for standard in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                standard.flush()
        signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
        _without_core()
        os.kill(os.getpid(), -status)
    return status if status >= 0 else 128 - status


def _without_core() -> None:
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
