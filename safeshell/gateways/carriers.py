"""Landing a hook in the place that a typed line opens a shell in: another user, a container, another host's either.

A landing is a private directory there with named pipes and start files, made before the line runs by the way
that leads to the place; pipes on this machine are opened, others are carried by processes beside the terminal.
What must not live here: which commands can be followed (packs), judging, the session's loop.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence

from safeshell.gateways import granting, rundir
from safeshell.gateways.granting import grant
from safeshell.gateways.sshtexts import BEGIN, CHANNELS, Beginning, carrying, channels_of, start_text, text_of
from safeshell.model.carried import Carried
from safeshell.model.values import dataclass, field

Way = Callable[[Sequence[str]], list[str]]
"""Makes of words that shall run in a place, without a terminal, the command that does it from here."""

_DEADLINE = 10.0
_MARK = "safeshell-landing:"
_PLACES = "/tmp /dev/shm /run"  # noqa: S108 - a private directory is made there
_SAFE_USER = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_SAFE_PATH = _SAFE_USER | frozenset("/+")


def straight(words: Sequence[str]) -> list[str]:
    """The way to this machine."""
    return list(words)


class LandingError(OSError):
    """There is no landing there; the text says why."""


@dataclass(slots=True)
class Landing:
    """A hook's place: `ends` are ours (line out and in, backstop out and in, token), `nonce` is not sent yet.

    `shell` is the program there, `directory` the private one, `uid` who the shell belongs to. `stays`: whose
    shell it is cannot take the directory away. `served`: who reads from `ends` closes them.
    """

    way: Way
    directory: str
    shell: str
    uid: int
    ends: list[int] = field(default_factory=list)
    nonce: str = field(default_factory=lambda: os.urandom(16).hex())
    stays: bool = False
    served: bool = False
    beside: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _far: list[socket.socket] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The shell's name."""
        return self.shell.rpartition("/")[2]

    def open(self) -> None:
        """Get our ends. Raises OSError."""
        if self.way is straight:
            self.ends = rundir.open_pipes(f"{self.directory}/n")
        else:
            self._pair()
            self._reach()
        os.write(self.ends[1], self.nonce.encode())

    def _pair(self) -> None:
        pairs = [socket.socketpair() for _ in CHANNELS]
        self._far = [far for _, far in pairs]
        line, backstop, token = (near.detach() for near, _ in pairs)
        self.ends = [line, line, backstop, backstop, token]

    def _reach(self) -> None:
        for name, far in zip(channels_of(self.name), self._far, strict=False):
            argv = self.way(["sh", "-c", f'printf "{BEGIN}"; {carrying(name, self.name, self.directory)}'])
            process = subprocess.Popen(
                argv, stdin=far.fileno(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
            )
            self.beside.append(process)
            threading.Thread(target=_carry, args=(process, far), daemon=True).start()

    def remove(self) -> None:
        """What is left of it goes."""
        for end in () if self.served else set(self.ends):
            os.close(end)
        self.ends = []
        if self.way is straight:
            rundir.remove(self.directory)
        elif self.stays:
            self._clear()
        for one in self.beside:
            if one.poll() is None:
                one.terminate()
        for one in self.beside:
            try:
                one.wait(2)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        self.beside.clear()
        while self._far:
            self._far.pop().close()

    def clear(self) -> None:
        """`remove`, for a landing whose shell never came to take the directory away."""
        self.stays = True
        self.remove()

    def _clear(self) -> None:
        argv = self.way(["rm", "-rf", "--", self.directory])
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            aside(argv)


def aside(argv: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run it beside the terminal: without one nothing on the way asks for a password.

    Raises OSError where it cannot be run, subprocess.SubprocessError when it takes longer than ten seconds.
    """
    return subprocess.run(
        argv, input=given, capture_output=True, timeout=_DEADLINE, check=False, start_new_session=True
    )


def land(way: Way, wish: Carried, shell: str, *, other: bool) -> Landing:
    """Make a landing for the shell of `wish`; `shell` is its program, "" for the user's own.

    `other`: it belongs to somebody else, or stands on another machine than the shell around it. Raises
    LandingError where that shell cannot be followed there.
    """
    check(wish, shell)
    number = os.urandom(8).hex()
    grants = way is straight and os.geteuid() != 0
    try:
        done = aside(way(["sh"]), script(wish, shell, number, "yes" * grants, other=other).encode())
    except (OSError, subprocess.SubprocessError) as fault:
        raise LandingError(f"nothing could be run there: {fault}") from fault
    mine, theirs, program, directory = read_told(done.stdout)
    landing = Landing(way, directory, program, theirs, stays=theirs not in {0, mine})
    try:
        if grants and theirs not in {0, os.geteuid()}:
            grant(landing.directory, theirs)
        landing.open()
    except OSError as fault:
        landing.clear()
        raise LandingError(f"its pipes could not be opened: {fault}") from fault
    return landing


def check(wish: Carried, shell: str) -> None:
    """Raises LandingError for names that are not put into a text of sh."""
    if not set(wish.user) <= _SAFE_USER or wish.user.startswith("-") or not set(shell) <= _SAFE_PATH:
        raise LandingError("its user or shell has a name that is not passed on")


def read_told(output: bytes) -> tuple[int, int, str, str]:
    """What the making of a landing says at its end: who made it, for whom, the shell, the directory. Raises LandingError."""
    told = output.decode("utf-8", "replace").rpartition(_MARK)[2].strip()
    words = told.split()
    if len(words) != 5 or words[0] != "ok" or not (words[1] + words[2]).isdigit():  # noqa: PLR2004 - ok and these four
        raise LandingError(told or "there is no sh, or nothing may be run beside it")
    return int(words[1]), int(words[2]), words[3], words[4]


def script(wish: Carried, shell: str, number: str, granted: str, *, other: bool) -> str:
    """The text of sh that makes the landing."""
    boot = text_of("remote/nestedboot.sh").replace("@LOGIN@", "1" * wish.login).replace("@OTHER@", "1" * other)
    values = {
        "@USER@": wish.user,
        "@SHELL@": shell,
        "@ID@": number,
        "@PLACES@": _PLACES,
        "@MARK@": _MARK,
        "@GRANTED@": granted,
        "@GRANT@": _source(granting.__file__),
        "@BOOT@": boot.rstrip("\n"),
        "@BASH@": start_text("bash"),
        "@FISH@": start_text("fish"),
        "@ZSH@": start_text("zsh"),
    }
    text = text_of("remote/nested.sh")
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _carry(process: subprocess.Popen[bytes], far: socket.socket) -> None:
    """What runs beside the terminal prints for its channel, whose end is the end of it."""
    beginning = Beginning()
    with contextlib.suppress(OSError), process.stdout or contextlib.nullcontext():
        while process.stdout is not None and (data := os.read(process.stdout.fileno(), 65536)):
            far.sendall(beginning.feed(data))
    with contextlib.suppress(OSError):
        far.shutdown(socket.SHUT_WR)


def _permitted(way: Carried, booted: tuple[str, ...], shell: str) -> str:
    """What fails where the boot is surely not allowed: then nobody is to be asked for a password for it."""
    if not way.permits:
        return "true"
    asked = shlex.join(("command", *way.permits, *booted[1:]))
    silent = ">/dev/null 2>&1"
    told = f"command {shlex.join(way.permits)}"
    return f"{asked} {silent}; or not {told} {silent}" if shell == "fish" else f"{{ {asked} || ! {told}; }} {silent}"


def _source(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def stand_in(way: Carried, landing: Landing, shell: str, *, replaces: bool) -> str:
    """What the hook of a `shell` puts in the place of the command until it was called, once.

    `replaces`: the line is `exec ...`, so the name that stands in is exec's.
    """
    name = "exec" if replaces else way.words[0]
    booted = way.booted(("sh", f"{landing.directory}/boot"))
    boot = shlex.join(booted)
    text = text_of("remote/nested.fish" if shell == "fish" else "remote/nested.bash")
    ready = shlex.join(("command", *way.ready)) if way.ready else "false"
    values = {
        "@NAME@": name,
        "@BOOT@": f"\\builtin exec {boot}" if replaces else f"command {boot}",
        "@FRESH@": shlex.quote(f"{landing.directory}/fresh"),
        "@READY@": ready,
        "@PERMITTED@": _permitted(way, booted, shell),
    }
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text
