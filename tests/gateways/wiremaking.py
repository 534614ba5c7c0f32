"""A trivial adapter for tests of the wire's loop: bytes pass unchanged, a word may be held.

What must not live here: assertions, any database.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from safeshell.gateways.wireports import UpstreamError
from safeshell.gateways.wiresockets import PlainStream


class PassThrough:
    """A session that holds everything from the word HOLD on until `release` or `refuse`."""

    def __init__(self, line, adapter):
        self.line, self.adapter = line, adapter
        self.client, self.server, self.waiting = bytearray(), bytearray(), bytearray()
        self.gone = self.server_problem = None

    @property
    def hungry(self):
        return len(self.waiting) < 1 << 18

    def forward_client(self, data):
        return False

    def forward_server(self, data):
        return False

    def from_client(self, data):
        if self.waiting or b"HOLD" in data:
            self.waiting += data
            self.adapter.heard.set()
        else:
            self.server += data

    def from_server(self, data):
        self.client += data

    def to_client(self):
        found = bytes(self.client)
        self.client.clear()
        return found

    def to_server(self):
        found = bytes(self.server)
        self.server.clear()
        return found

    def release(self):
        self.server += self.waiting
        self.waiting.clear()
        self.line.flush()

    def refuse(self):
        self.waiting.clear()
        self.client += b"refused"
        self.line.flush()

    def client_gone(self):
        self.gone = True
        self.waiting.clear()
        self.adapter.gone.set()

    def server_gone(self, problem):
        self.server_problem = problem
        self.client += b"the server went away"

    def dial(self):
        end = socket.socket(socket.AF_UNIX)
        try:
            end.connect(self.adapter.target)
        except OSError as fault:
            end.close()
            raise UpstreamError(f"nobody listens there: {fault.strerror}") from fault
        return PlainStream(end, self.adapter.target)

    def undialled(self, problem):
        self.client += str(problem).encode()


class PassAdapter:
    def __init__(self, target: str):
        self.target = target
        self.sessions: list[PassThrough] = []
        self.heard, self.gone = threading.Event(), threading.Event()
        self.ended_count = 0

    def session(self, line):
        self.sessions.append(PassThrough(line, self))
        return self.sessions[-1]

    def ended(self, session):
        self.ended_count += 1


@contextlib.contextmanager
def echo_server(directory: Path):
    """Answers every byte with itself, on a unix socket; yields its path."""
    path = str(directory / "echo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    ends: list[socket.socket] = []

    def serve(end):
        with contextlib.suppress(OSError):
            while data := end.recv(65536):
                if data == b"BYE":
                    break
                end.sendall(data)
        end.close()

    def accept():
        with contextlib.suppress(OSError):
            while True:
                end, _ = listener.accept()
                ends.append(end)
                threading.Thread(target=serve, args=(end,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield path
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def connect(path: str) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(10)
    end.connect(path)
    return end


def receive(end: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = end.recv(65536)
        if not part:
            break
        found += part
    return found
