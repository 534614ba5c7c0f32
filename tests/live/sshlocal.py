"""A person at a local terminal with safe-ssh, and a host with a real sshd.

What must not live here: assertions; a stand-in for ssh or a shell.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pexpect

from tests.live.loginhost import ROOT, Host

PROMPT = r"\[PROD prod-[a-z]+ [^\]]*\][^\n]*home\$ "
PATIENCE = 30.0


class Local:
    """`open` starts safe-ssh in a terminal; `run` without one."""

    def __init__(self, host: Host, home: Path) -> None:
        self.host = host
        self.home = home
        self.children: list[pexpect.spawn] = []
        home.mkdir(parents=True, exist_ok=True)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        # Settings below /tmp would be asked about: anybody may write there.
        (home / "client").write_text(host.client.read_text())
        self.argv = [sys.executable, "-m", "safeshell.cli.safessh", "-F", "client"]

    def fresh(self) -> Local:
        """The host has other names, or another port, by now."""
        (self.home / "client").write_text(self.host.client.read_text())
        return self

    def configure(self, text: str) -> None:
        path = self.home / ".config/safeshell/config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *words: str, **options) -> subprocess.CompletedProcess[bytes]:
        settings = {"stdin": subprocess.DEVNULL} if "input" not in options else {}
        env = {**self.environ, **options.pop("env", {})}
        return subprocess.run(
            [*self.argv, *words], capture_output=True, check=False, timeout=60, env=env, cwd=self.home, **settings, **options
        )  # fmt: skip

    def open(self, *words: str, size: tuple[int, int] = (24, 100), **env: str) -> pexpect.spawn:
        child = pexpect.spawn(
            self.argv[0], [*self.argv[1:], *words], env={**self.environ, **env}, cwd=str(self.home), dimensions=size, timeout=PATIENCE
        )  # fmt: skip
        child.delaybeforesend = None
        self.children.append(child)
        return child

    def follow(self, *words: str, **options) -> pexpect.spawn:
        """A followed shell at its first prompt; consent was given."""
        child = self.open("--guard-follow", *(words or ("prod-web",)), **options)
        child.expect(PROMPT)
        return child

    def close(self) -> None:
        for child in self.children:
            child.close(force=True)


def line(child: pexpect.spawn, text: str) -> str:
    """Type a line; what it printed until the next prompt."""
    child.send(text + "\r")
    child.expect(r"\x1b\]2;PROD[^\x07]*\x07")
    before = child.before
    child.expect(PROMPT)
    plain = re.sub(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)", b"", before + child.before).decode()
    return "\n".join(plain.replace("\r", "").split("\n")[1:]).strip("\n")


def answer(child: pexpect.spawn, text: str) -> None:
    """Type into an open question, as slowly as a person."""
    time.sleep(0.6)
    for key in text:
        child.send(key)
        time.sleep(0.03)


def control_socket(child: pexpect.spawn) -> Path:
    """The socket of the connection that a followed call made, by the command line of what runs in its terminal."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat, words = (process / "stat").read_text(), (process / "cmdline").read_bytes().split(b"\0")
            if int(stat.rpartition(")")[2].split()[1]) == child.pid and b"-S" in words:
                return Path(words[words.index(b"-S") + 1].decode())
    raise AssertionError("no ssh runs there")


def challenge(child: pexpect.spawn) -> str:
    """What the full dialog that just came wants to have typed."""
    found = re.findall(rb'Type "([^"]*)" to run it', child.before + child.after)
    return found[-1].decode()


def left_there(host: Host, user: str) -> list[Path]:
    """Our private directories on that host, of one account: others may be at work beside it (and have longer names)."""
    owner = host.ids(user)[0]
    name = ".safeshell-" + "[0-9a-f]" * 12
    found = [*Path("/tmp").glob(name), *Path("/run/user").glob(f"*/{name}")]
    with contextlib.suppress(FileNotFoundError):
        return [path for path in found if path.exists() and path.stat().st_uid == owner]
    return left_there(host, user)


def gone(host: Host, user: str) -> None:
    """Wait until an account has no process on that host, and no directory of ours."""
    end = time.monotonic() + PATIENCE
    name = host.users[user]
    while (running := host.run("ps", "-u", name, "-o", "pid=,args=").stdout) or left_there(host, user):
        assert time.monotonic() < end, (running, left_there(host, user))
        time.sleep(0.1)


class SlowPort:
    """A local port that leads to another, `delay` seconds each way whatever else is on its way, and can be cut."""

    def __init__(self, port: int, delay: float) -> None:
        self._delay = delay
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work, *words) -> None:
        self._threads.append(threading.Thread(target=work, args=words, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                    self._start(self._depart, source, way)
                    self._start(self._arrive, way, sink)

    def _depart(self, source: socket.socket, way: queue.SimpleQueue) -> None:
        data = b"-"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            way.put((time.monotonic() + self._delay, data))

    def _arrive(self, way: queue.SimpleQueue, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    sink.shutdown(socket.SHUT_RDWR)
                    return
                sink.sendall(data)

    def cut(self) -> None:
        """Drop every connection."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for one in (self._server, *self._open):
            one.close()
