"""Starting an ssh call whose remote bash asks us: one connection, the terminal's session, and four beside it.

The connection is a master of our own (or the person's shared one). The sessions beside the terminal's carry
the channels of the hook, so that nothing of them passes through the terminal: what the remote side prints can
forge no request, and an answer can never be taken for typing. What must not live here: the session's loop,
judging, what the remote side runs (sshtexts).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import termios
import threading
from collections.abc import Sequence

from safeshell.gateways import rundir
from safeshell.gateways.launch import Child, _copy_terminal
from safeshell.gateways.sshargs import MORTAL, NO_COMMAND, NO_CONFIG, NO_NEW, QUIET, SHARING, SshCall
from safeshell.gateways.sshtarget import SshTarget
from safeshell.gateways.sshtexts import (
    Beginning,
    boot_command,
    channels_of,
    probe_command,
    side_command,
    start_command,
    start_text,
)
from safeshell.shells import SHELLS

_F_SETPIPE_SZ = 1031
"""Linux's number; the fcntl module of Python 3.11 has the name, older builds of libc do not."""
_PIPE = 256 * 1024


class Connection:
    """One call with the control socket that its sessions share. `close` ends a master of ours."""

    def __init__(self, ssh: str, call: SshCall, target: SshTarget, follow_sh: str = "bash") -> None:
        self.ssh = ssh
        self.follow_sh = follow_sh
        self.call = call
        self.shared = target.shared
        self.number = os.urandom(6).hex()
        # A socket's path must be short, which the person's own places may not be.
        self._folder = "" if self.shared else tempfile.mkdtemp(prefix="ss-", dir="/tmp")
        self.socket = target.setting("controlpath") if self.shared else f"{self._folder}/cm"

    def boot(self) -> str:
        """The command of the terminal's session."""
        return boot_command(self.number, self.follow_sh)

    def terminal_argv(self) -> list[str]:
        """What runs in the terminal: our master first, which asks for passwords as ssh does, then the session."""
        session = [self.ssh, "-t", *NO_COMMAND]
        if self.shared:
            return [*session, *self.call.options, self.call.destination, self.boot()]
        master = [self.ssh, "-M", "-N", "-f", "-S", self.socket, *MORTAL, *self.call.options, self.call.destination]
        session += ["-S", self.socket, *SHARING]
        session += [*self.call.options, self.call.destination, self.boot()]
        return ["/bin/sh", "-c", f"{shlex.join(master)} || exit; exec {shlex.join(session)}"]

    def plain_argv(self) -> list[str]:
        """The call as it was given, over the connection that is there if it is."""
        if self.shared or not os.path.exists(self.socket):
            return [self.ssh, *self.call.options, self.call.destination]
        added = ("-S", self.socket, *SHARING)
        return [self.ssh, *added, *self.call.options, self.call.destination]

    def side_argv(self, command: str) -> list[str]:
        """A session beside the terminal's; it never opens a connection of its own where the master is ours."""
        if self.shared:
            return [self.ssh, "-T", *QUIET, *self.call.options, self.call.destination, command]
        return [self.ssh, "-T", "-S", self.socket, *QUIET, *NO_NEW, "there", command]

    def way(self, words: Sequence[str]) -> list[str]:
        """What runs these words there, beside the terminal."""
        return self.side_argv(shlex.join(words))

    def probe(self, text: str, deadline: float) -> str | None:
        """What a read-only look at the other side prints within `deadline` seconds; None when nothing came of it."""
        try:
            done = subprocess.run(
                self.side_argv(probe_command(text)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=deadline,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def close(self) -> None:
        """End our master, and with it every session that is left."""
        if self.shared:
            return
        argv = [self.ssh, "-S", self.socket, "-O", "exit", *NO_CONFIG, "there"]
        if os.path.exists(self.socket):
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=5)  # fmt: skip
        for remove, path in ((os.unlink, self.socket), (os.rmdir, self._folder)):
            try:
                remove(path)
            except OSError:
                continue


class Sides:
    """The sessions beside the terminal's, by the channel that each carries. `far` are their ends of our channels."""

    def __init__(self, connection: Connection, far: Sequence[socket.socket]) -> None:
        self._connection = connection
        self._far = dict(zip(("line", "backstop", "token"), far, strict=True))
        self._running: list[subprocess.Popen[bytes]] = []
        self.started = False

    @property
    def number(self) -> str:
        """The number of this call, which only its own start knows."""
        return self._connection.number

    def start(self, shell: str) -> None:
        """Start them all."""
        self.started = True
        number = self._connection.number
        for name in channels_of(shell):
            end = self._far[name]
            self._run(side_command(number, name, shell), end.fileno(), end)
        with tempfile.TemporaryFile() as file:
            file.write(start_text(shell).encode())
            file.seek(0)
            self._run(start_command(number, shell), file.fileno(), None)

    def _run(self, command: str, source: int, end: socket.socket | None) -> None:
        process = subprocess.Popen(
            self._connection.side_argv(command),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running.append(process)
        threading.Thread(target=self._carry, args=(process, end), daemon=True).start()

    def _carry(self, process: subprocess.Popen[bytes], end: socket.socket | None) -> None:
        """What a side prints to its channel, from its beginning on; its end is the channel's, its failure that of all."""
        beginning = Beginning()
        with contextlib.suppress(OSError), process.stdout or contextlib.nullcontext():
            while process.stdout is not None and (data := os.read(process.stdout.fileno(), 65536)):
                told = beginning.feed(data)
                if end is not None:
                    end.sendall(told)
        ended = [end] if end is not None else []
        for one in self._far.values() if process.wait() else ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """End what is left of them."""
        for one in self._running:
            if one.poll() is None:
                one.terminate()
        for one in self._running:
            try:
                one.wait(2)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        for end in self._far.values():
            end.close()


def launch(connection: Connection) -> tuple[Child, Sides, int]:
    """Start the call in a pty of this terminal's size and modes; the third is where its output is read.

    Its output comes by a pipe: a pty would cut it into 4 KiB pieces, and it has been through one there.
    What ssh asks (passwords, host keys) comes through the pty. Raises OSError.
    """
    master, slave = os.openpty()
    _copy_terminal(slave)
    output, end = os.pipe()
    fcntl.fcntl(output, _F_SETPIPE_SZ, _PIPE)
    pairs = [socket.socketpair() for _ in range(3)]
    nonce = os.urandom(16).hex()
    pairs[0][0].send(nonce.encode())
    pairs[2][0].send(b"t")
    directory = rundir.make()
    pid = os.fork()
    if pid == 0:
        _become(connection.terminal_argv(), slave, end)
    os.close(slave)
    os.close(end)
    line, backstop, token = (pair[0].detach() for pair in pairs)
    ends = [line, line, backstop, backstop, token]
    child = Child(SHELLS["bash"], pid, master, ends, nonce, directory)
    return child, Sides(connection, [pair[1] for pair in pairs]), output


def _become(argv: Sequence[str], slave: int, output: int) -> None:
    """In the child: the leader of a session on the pty, then ssh."""
    try:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number, end in ((0, slave), (1, output), (2, slave)):
            os.dup2(end, number)
        for name in ("SIGPIPE", "SIGXFSZ", "SIGINT"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.execv(argv[0], list(argv))  # noqa: S606 - starting ssh is the task
    except OSError as problem:
        os.write(2, f"safeshell: {argv[0]} can't be started: {problem.strerror}\r\n".encode())
    os._exit(127)
