r"""Watches what a client starts and where it connects: `\!`, `| program`, `\copy ... program`, `\c`.

A psql asks nobody before it runs a shell. The kernel does (gateways.seccomp): each execve and connect
of the client waits here for an answer. What the shells run in turn was judged with their text and goes
on unasked. A process counts as the client as long as it runs the client's program file, so a fork of
it counts until it becomes another program, and a client that a shell starts counts again.

Law: a call that cannot be read is refused. What must not live here: judging a text, dialogs.
"""

from __future__ import annotations

import errno
import os
import select
import shlex
import socket
import stat
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase

from safeshell.gateways import memory, seccomp
from safeshell.gateways.memory import Address, Memory
from safeshell.gateways.seccomp import Notice
from safeshell.model.values import dataclass, field

_SHELL = "/bin/sh"
"""What system(3) and popen(3) run their text with."""
_DOMAIN_PORT = 53
_SOCKET_MARK = ".s.PGSQL."
_PATIENCE = 5.0
"""Seconds in which a client has started a program or connected somewhere."""
_PIDFD_GETFD = 438
"""The same number on every machine (Linux 5.6)."""


@dataclass(frozen=True, slots=True)
class Started:
    """A program that the client is about to start: the shell text, where, and with which environment."""

    text: str
    cwd: str
    environ: Mapping[str, str]
    pid: int


@dataclass(slots=True)
class ExecWatch:
    """Answers the waiting calls of one client and of everything below it, in a thread of its own.

    `programs` are glob patterns of the client's file name. `own_sockets` are the unix sockets that it
    may connect to. `judge` decides about a program, in a thread, and may ask; `refuse` tells the person
    about a connection that is not let through, `powerless` about a program that no_new_privs keeps from the
    rights of its file; `unasked` knows the texts that are let through at once; `stranger` hears that after a while no client of these names was seen, `child` (what was started) being none either.
    """

    listener: int
    programs: tuple[str, ...]
    own_sockets: frozenset[str]
    judge: Callable[[Started], bool]
    refuse: Callable[[Address], None]
    powerless: Callable[[str], None] = lambda _program: None
    unasked: Callable[[str], bool] = lambda _text: False
    stranger: Callable[[], None] = lambda: None
    child: int = 0
    seen: bool = field(default=False, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _wake: tuple[int, int] = field(default=(-1, -1), init=False)

    def start(self) -> None:
        """Begin to answer."""
        self._wake = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="execwatch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer nothing any more. What still waits below stays waiting: see `keep`."""
        if self._thread is not None:
            os.write(self._wake[1], b"x")
            self._thread.join(1.0)
            self._thread = None

    def keep(self) -> None:
        r"""Leave a process behind that lets everything go on, while something below still runs.

        A filter without a listener fails every call, so `\! server &` would be crippled without it.
        """
        poller = select.poll()
        poller.register(self.listener, select.POLLIN)
        gone = any(event & (select.POLLHUP | select.POLLERR) for _, event in poller.poll(0))
        if not gone and os.fork() == 0:
            _keep(self.listener)
        os.close(self.listener)

    def _serve(self) -> None:
        poller = select.poll()
        poller.register(self.listener, select.POLLIN)
        poller.register(self._wake[0], select.POLLIN)
        deadline = time.monotonic() + _PATIENCE
        while True:
            ready = poller.poll(None if self.seen else max(deadline - time.monotonic(), 0) * 1000)
            if not ready and not self.seen:
                if not self._is_client(self.child):  # it may as well wait for a password
                    self.stranger()
                self.seen = True
            for fd, event in ready:
                if fd == self._wake[0] or event & (select.POLLHUP | select.POLLERR):
                    return
                with suppress(OSError):
                    notice = seccomp.receive(self.listener)
                    if notice is not None:
                        self._answer(notice)

    def _answer(self, notice: Notice) -> None:
        if not self._is_client(notice.pid):
            self._look_for_rights(notice)
            seccomp.go_on(self.listener, notice)
        elif notice.call == "connect":
            self._connect(notice)
        elif self._unasked(notice):
            seccomp.go_on(self.listener, notice)
        else:
            threading.Thread(target=self._start_program, args=(notice,), daemon=True).start()

    def _unasked(self, notice: Notice) -> bool:
        """True for a text that is nobody's question: a prompt comes often, so it does not wait for a thread."""
        try:
            return self.unasked(_text(notice)) and seccomp.waits_still(self.listener, notice)
        except OSError:
            return False

    def _is_client(self, pid: int) -> bool:
        name = memory.program_of(pid)
        found = any(fnmatchcase(name, pattern) for pattern in self.programs)
        self.seen = self.seen or found
        return found

    def _look_for_rights(self, notice: Notice) -> None:
        """Sudo and its like fail below no_new_privs; say so before they say it in their way."""
        if notice.call != "execve" or not memory.status_of(notice.pid).get("NoNewPrivs"):
            return
        with suppress(OSError):
            with Memory(notice.pid) as found:
                program = os.fsdecode(found.text(notice.arguments[0]))
            if os.stat(program).st_mode & (stat.S_ISUID | stat.S_ISGID):
                self.powerless(program)

    # ---- programs ---------------------------------------------------------------------------------

    def _start_program(self, notice: Notice) -> None:
        allowed = False
        with suppress(OSError):
            started = _started(notice)
            allowed = seccomp.waits_still(self.listener, notice) and self._judged(started)
        with suppress(OSError):
            if allowed:
                seccomp.go_on(self.listener, notice)
            else:
                seccomp.fail(self.listener, notice, errno.EACCES)

    def _judged(self, started: Started) -> bool:
        """The judge's answer; one that crashes has said no."""
        try:
            return self.judge(started)
        except Exception:  # noqa: BLE001 - whatever fails in judging, the answer is no
            return False

    # ---- connections ------------------------------------------------------------------------------

    def _connect(self, notice: Notice) -> None:
        descriptor, pointer, size = notice.arguments[:3]
        try:
            with Memory(notice.pid) as found:
                address = memory.address_of(found.bytes_at(pointer, min(size, 256)))
            own = self._may(address, notice.pid, descriptor)
        except OSError:
            address, own = Address("other"), False
        if own:
            seccomp.go_on(self.listener, notice)
            return
        seccomp.fail(self.listener, notice, errno.EACCES)
        self.refuse(address)

    def _guarded(self, path: str) -> bool:
        """Our socket, or that of a guard below this one: they lie in private directories side by side (rundir)."""
        beside = {_above(_above(own)) for own in self.own_sockets}
        return path in self.own_sockets or ("/../" not in path and _above(_above(path)) in beside)

    def _may(self, address: Address, pid: int, descriptor: int) -> bool:
        """The guard's own sockets, and whatever is no database server: names, logs, datagrams."""
        if address.kind == "unix":
            return self._guarded(address.host) or _SOCKET_MARK not in address.host
        if address.kind == "inet" and address.port != _DOMAIN_PORT:
            return _kind_of_socket(pid, descriptor) == socket.SOCK_DGRAM
        return True


def _started(notice: Notice) -> Started:
    """What an execve would run, read from the memory of the process that waits. Raises OSError."""
    with Memory(notice.pid) as found:
        pairs = [os.fsdecode(pair).partition("=") for pair in found.texts(_arguments(notice)[2])]
    environ = {name: value for name, mark, value in pairs if mark}
    return Started(_text(notice), memory.working_directory(notice.pid), environ, notice.pid)


def _text(notice: Notice) -> str:
    """The shell line of a waiting execve. Raises OSError."""
    path, words, _ = _arguments(notice)
    with Memory(notice.pid) as found:
        program = os.fsdecode(found.text(path))
        return shell_line(program, [os.fsdecode(word) for word in found.texts(words)])


def _arguments(notice: Notice) -> tuple[int, ...]:
    """Addresses of path, words and environment."""
    at = 1 if notice.call == "execveat" else 0
    return notice.arguments[at : at + 3]


def shell_line(program: str, argv: list[str]) -> str:
    """The text of `sh -c TEXT` as system(3) and popen(3) make it, else the words as a shell would take them."""
    rest = argv[1:]
    if program == _SHELL and rest[:1] == ["-c"]:
        texts = rest[2:] if rest[1:2] == ["--"] else rest[1:]
        if len(texts) == 1:
            return texts[0]
    return shlex.join([program, *rest])


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _kind_of_socket(pid: int, descriptor: int) -> int:
    """SOCK_STREAM, SOCK_DGRAM...: asked of a copy of the other process's descriptor. Raises OSError."""
    import ctypes

    process = os.pidfd_open(memory.process_of(pid) or pid)
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, process, descriptor, 0)
    finally:
        os.close(process)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "the socket cannot be seen")
    with socket.socket(fileno=copy) as seen:
        return seen.type


def _keep(listener: int) -> None:
    """In a process of its own, away from the terminal: let everything go on until nothing is left."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        _close_all_but(listener)
        poller = select.poll()
        poller.register(listener, select.POLLIN)
        while not any(event & (select.POLLHUP | select.POLLERR) for _, event in poller.poll()):
            with suppress(OSError):
                notice = seccomp.receive(listener)
                if notice is not None:
                    seccomp.go_on(listener, notice)
    finally:
        os._exit(0)


def _close_all_but(kept: int) -> None:
    """The sockets and pipes of the guard end with it, not with what it left running."""
    os.closerange(3, kept)
    os.closerange(
        kept + 1, max(kept + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 1 << 20 else 1 << 16)
    )
