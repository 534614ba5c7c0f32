"""Starting the person's shell in a pty, before anything heavy is imported.

What must not live here: the session's loop, judging. Imports: only what Python has loaded anyway.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # typeshed has none; the C halves of signal and socket save 6 ms before the fork
import _socket
import fcntl
import os
import sys
import termios

from safeshell.gateways import rundir
from safeshell.shells import HOOK, SHELLS

TYPE_CHECKING = False  # typing.TYPE_CHECKING without its module, which costs 10 ms before the fork
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.shells import ShellKind

_FIRST_CHANNEL = 200
_ROOM = 32
"""Descriptors from the first channel on that bash must be able to open: three channels, and the same 20 higher."""
_RESTORED = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""Signals that Python ignores and that a shell must not inherit ignored."""


class Child:
    """The running shell: its kind and pid, the pty's master, our ends of its channels, the nonce, the session's directory.

    `ends` are line out and in, backstop out and in, token; of a socket both directions are one number.
    """

    __slots__ = ("directory", "ends", "kind", "master", "nonce", "pid")

    def __init__(self, kind: ShellKind, pid: int, master: int, ends: list[int], nonce: str, directory: str) -> None:  # noqa: PLR0913, PLR0917 - a record of six fields, made once below
        self.kind = kind
        self.pid = pid
        self.master = master
        self.ends = ends
        self.nonce = nonce
        self.directory = directory


def launch(shell: str, *, login: bool = False, program: str = "", extra: Mapping[str, str] | None = None) -> Child:
    """Fork the shell in a new pty of the terminal's size and modes. Raises OSError.

    `program` is the shell's file when it isn't to be looked up on PATH. `extra` are environment
    variables for the shell beside our own. Everything else (cwd, umask, limits, descriptors,
    ignored signals) is inherited as it is.
    """
    kind = SHELLS[shell]
    if not kind.pipes:
        os.close(
            fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _FIRST_CHANNEL + _ROOM)
        )  # fails here, not in the child (ulimit -n)
    master, slave = os.openpty()
    _copy_terminal(slave)
    nonce = os.urandom(16).hex()
    directory = rundir.make()
    ends, inherited, told = (_pipes if kind.pipes else _sockets)(directory)
    os.write(ends[1], nonce.encode())
    os.write(ends[4], b"t")
    environment = {
        **os.environ,
        **(extra or {}),
        "SAFESHELL_CHANNELS": told,
        "SAFESHELL_SESSION": f"{directory}/control",
        "SAFESHELL_GUARD": str(os.getpid()),
        "SAFESHELL_HOOK": HOOK,
        "SAFESHELL_CLIENTS": _clients(),
    }
    if login:
        environment["SAFESHELL_LOGIN"] = "1"
    if kind.moves_home:
        if "ZDOTDIR" in environment:
            environment["SAFESHELL_ZDOTDIR"] = environment["ZDOTDIR"]
        environment["ZDOTDIR"] = directory
    argv = kind.argv(program or kind.program, login=login)
    path = _found(argv[0], environment)
    pid = os.fork()
    if pid == 0:
        _become(path, argv, environment, slave, inherited)
    os.close(slave)
    for end in inherited.values():
        os.close(end)
    return Child(kind, pid, master, ends, nonce, directory)


def _found(program: str, environment: Mapping[str, str]) -> str:
    """The program's file by PATH, "" where there is none. os.execvpe looks as well, but imports `warnings` for it: 3 ms."""
    if "/" in program:
        return program
    for directory in environment.get("PATH", os.defpath).split(":"):
        path = f"{directory or '.'}/{program}"
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""


def _clients() -> str:
    """The directory of the guarded clients that were installed with us; "" where there are none."""
    for program in (sys.argv[0], sys.executable):
        directory = os.path.dirname(os.path.abspath(program))
        if os.access(f"{directory}/safe-psql", os.X_OK):
            return directory
    return ""


def _sockets(_directory: str) -> tuple[list[int], Mapping[int, int], str]:
    """Our ends; what the child gets under which number; how it is told: three numbers."""
    pairs = [_socket.socketpair() for _ in range(3)]
    line, backstop, token = (pair[0].detach() for pair in pairs)
    numbers = _free_numbers(_FIRST_CHANNEL)
    inherited = {number: pair[1].detach() for number, pair in zip(numbers, pairs, strict=True)}
    return [line, line, backstop, backstop, token], inherited, " ".join(map(str, numbers))


def _pipes(directory: str) -> tuple[list[int], Mapping[int, int], str]:
    """The same by named pipes: the child is told the beginning of their names and inherits nothing."""
    base = f"{directory}/n.0"
    return rundir.open_pipes(base, make=True), {}, base


def _copy_terminal(slave: int) -> None:
    """Give the inner terminal the size and modes of the outer one, where there is one."""
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))
        termios.tcsetattr(slave, termios.TCSANOW, termios.tcgetattr(0))
    except (OSError, termios.error):
        return


def _free_numbers(first: int) -> list[int]:
    """Three descriptor numbers, free as well 20 higher, where the hook moves them."""
    found: list[int] = []
    number = first
    while len(found) < 3:  # noqa: PLR2004 - line, backstop, token
        if not _is_open(number) and not _is_open(number + 20):
            found.append(number)
        number += 1
    return found


def _is_open(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def _become(
    path: str, argv: list[str], environment: Mapping[str, str], slave: int, inherited: Mapping[int, int]
) -> None:
    """In the child: a session leader on the slave with its channels, then the shell itself."""
    try:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number, end in inherited.items():
            os.dup2(end, number)
        for standard in range(3):
            os.dup2(slave, standard)
        for name in _RESTORED:
            if hasattr(_signal, name):
                _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        if not path:
            raise FileNotFoundError(2, "No such file or directory")
        os.execve(path, argv, environment)  # noqa: S606 - starting the person's shell is the task
    except OSError as problem:
        os.write(2, f"safeshell: {argv[0]} can't be started: {problem.strerror}\r\n".encode())
    sys.stdout.flush()
    os._exit(127)
