"""A tiny relay: one thread a connection drives the PostgreSQL machine between a client and a private server.

A judge is called with the link and each Submitted; it may run its own queries on the same connection
(the link blocks until they are answered) and then releases or refuses. What must not live here:
assertions.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import shutil
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from safeshell.protocols.postgres.machine import PostgresMachine
from safeshell.protocols.wire import (
    CancelAsked,
    Closed,
    Copied,
    Described,
    Ran,
    Replied,
    Submitted,
)


class GoneError(Exception):
    """The connection has ended while a judge waited."""


class Link:
    """One connection: the machine, its two sockets, and blocking calls for a judge."""

    def __init__(self, relay: Relay, client: socket.socket) -> None:
        self.relay = relay
        self.client = client
        self.server: socket.socket | None = None
        self.machine = PostgresMachine("n0nce", **relay.options)
        self.seen: list[object] = []
        self.submitted: list[Submitted] = []
        self.copied = b""
        self._ids = itertools.count(1)
        self.cancelled = False

    def connect(self) -> None:
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(f"{self.relay.server.directory}/.s.PGSQL.{self.relay.server.port}")

    def serve(self) -> None:
        with contextlib.suppress(GoneError, OSError):
            self.connect()
            while not self.machine.closed:
                self.step(0.2)
            self.flush()
        for one in (self.client, self.server):
            if one is not None:
                one.close()

    def flush(self) -> None:
        for one, data in ((self.server, self.machine.data_to_server()), (self.client, self.machine.data_to_client())):
            if data and one is not None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    one.sendall(data)

    def step(self, timeout: float) -> None:
        """Move bytes once, and judge what was submitted."""
        self.move(timeout)
        for event in self.drain():
            if isinstance(event, Submitted):
                self.submitted.append(event)
                self.relay.judge(self, event)
                self.flush()

    def drain(self) -> list[object]:
        found = list(self.machine.events())
        self.seen += found
        self.relay.events += found
        for event in found:
            if isinstance(event, CancelAsked):
                self.relay.cancel(event)
        return found

    def move(self, timeout: float) -> None:
        readers = [self.server] + ([self.client] if self.machine.hungry else [])
        ready, _, _ = select.select(readers, [], [], timeout)
        for one in ready:
            try:
                data = one.recv(131072)
            except ConnectionResetError:
                data = b""
            if one is self.client:
                self.machine.receive_from_client(data) if data else self.machine.client_closed()
            else:
                self.machine.receive_from_server(data) if data else self.machine.server_closed()
        self.flush()

    def until(self, kind: type, name: str) -> object:
        """Move bytes until an event of this kind and id has come."""
        self.flush()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for event in self.drain():
                if isinstance(event, Copied):
                    self.copied += event.data
                if isinstance(event, kind) and event.id == name:
                    return event
                if isinstance(event, Closed):
                    raise GoneError
            self.move(0.2)
        raise GoneError

    def run(self, sql: str, **options) -> Ran:
        name = f"r{next(self._ids)}"
        self.machine.run(name, sql, **options)
        return self.until(Ran, name)

    def run_extended(self, sql: str, **options) -> Ran:
        name = f"x{next(self._ids)}"
        self.machine.run_extended(name, sql, **options)
        return self.until(Ran, name)

    def describe(self, sql: str, **options) -> Described:
        name = f"d{next(self._ids)}"
        self.machine.describe(name, sql, **options)
        return self.until(Described, name)

    def replied(self, name: str) -> Replied:
        return self.until(Replied, name)


def release_all(link: Link, event: Submitted) -> None:
    link.machine.release(event.id)


class Relay:
    """Listens on a unix socket in a directory of its own, as long as the `with` lasts."""

    def __init__(self, server, judge: Callable[[Link, Submitted], None] = release_all, **options) -> None:
        self.server = server
        self.judge = judge
        self.options = options
        self.links: list[Link] = []
        self.events: list[object] = []
        self.port = server.port
        self.directory = Path(tempfile.mkdtemp(prefix="ssrel.", dir="/tmp"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener.bind(f"{self.directory}/.s.PGSQL.{self.port}")
        self._listener.listen(8)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                link = Link(self, client)
                self.links.append(link)
                thread = threading.Thread(target=link.serve, daemon=True)
                self._threads.append(thread)
                thread.start()

    def cancel(self, asked: CancelAsked) -> None:
        """Pass a cancel on to the server; a link that holds something gets the wish to refuse it."""
        for link in self.links:
            if (
                (link.machine_pid, link.machine_key) == (asked.pid, asked.key)
                if hasattr(link, "machine_pid")
                else False
            ):
                break
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(f"{self.server.directory}/.s.PGSQL.{self.server.port}")
            sock.sendall(struct.pack("!III", 16, 80877102, asked.pid) + asked.key)
            sock.recv(1)

    def __exit__(self, *_exc) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
        shutil.rmtree(self.directory, ignore_errors=True)

    def conninfo(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"host={self.directory} port={self.port} user={user} dbname={database}"
