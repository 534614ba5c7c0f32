"""One proxy for every database: a private socket for clients, a poll loop, the client as a child.

Clients reach it by a unix socket in a directory of mode 0700 (only this user and root are let in), or
by loopback TCP where the adapter asks a password. It lives as long as the child, and ends with it.
What must not live here: any database, any judgement, what a client program is called.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self

from safeshell.gateways import rundir
from safeshell.gateways.wireline import WireLine
from safeshell.gateways.wireloop import IN, Loop
from safeshell.gateways.wireports import Adapter
from safeshell.gateways.wiresockets import listen_loopback, listen_unix, peer_of

NOT_FOUND_EXIT, NOT_RUN_EXIT = 127, 126
"""What a shell gives for a program that is missing, and for one that cannot be run."""
_LAST_ANSWERS = 3.0
"""Seconds in which questions that were taken back leave the terminal as it was, and the audit gets its line."""
_BREATH = 0.2
_LAST_WORDS = 0.2
"""Seconds in which connections may end by themselves once the child has ended."""
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class Proxy:
    """Listens, and carries every connection through its adapter.

    Used as::

        with Proxy(adapter, socket_name=".s.PGSQL.5432", tcp=False) as proxy:
            status = proxy.run(["psql"], {**os.environ, "PGHOST": proxy.socket_directory})

    `socket_directory` and `socket_path` name the unix socket, `port` the loopback port (0 without
    `tcp`). `hub` is the loop. Raises OSError when no private directory can be made.
    """

    def __init__(self, adapter: Adapter, *, socket_name: str, tcp: bool = False) -> None:
        self.hub = Loop()
        self._adapter = adapter
        self._lines: set[WireLine] = set()
        self._listeners: list[socket.socket] = []
        self._stopped = False
        self._child = 0
        self.resumed: Callable[[], None] = lambda: None
        self.socket_directory = rundir.make()
        self.socket_path = f"{self.socket_directory}/{socket_name}"
        self._listen(listen_unix(self.socket_path))
        self.port = 0
        if tcp:
            listener = listen_loopback()
            self.port = int(listener.getsockname()[1])
            self._listen(listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def lines(self) -> tuple[WireLine, ...]:
        """The connections that are open now."""
        return tuple(self._lines)

    def run(self, argv: Sequence[str], environ: Mapping[str, str]) -> int:
        """Start the client as a child on the same terminal and carry its connections until it ends.

        Its exit status, 128 + N when signal N ended it; 127 or 126 when it could not be started, with
        one line on stderr. Ctrl-C and the quit key are the child's; other signals are handed on to it.
        """
        before = {
            number: signal.getsignal(number) for number in (*_FORWARDED, signal.SIGINT, signal.SIGQUIT, signal.SIGCONT)
        }
        try:
            self._take_signals()  # before the child is there: none may be lost
            self._child = _start(argv, environ)
            if self._child < 0:
                return -self._child
            return self._until_ended(self._child)
        finally:
            self._child = 0
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        """Carry connections in a thread for the time of a with block: for callers with a loop of their own."""
        thread = threading.Thread(target=self.hub.run, args=(lambda: self._stopped,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join(10)

    def stop(self) -> None:
        """End the loop; from any thread."""
        self.hub.post(self._stop)

    def close(self) -> None:
        """End every connection and take the socket away. What is held is refused."""
        for line in self.lines:
            line.session.client_gone()
            line.close()
        self.hub.settle(_LAST_ANSWERS)
        for listener in self._listeners:
            self.hub.forget(listener.fileno())
            listener.close()
        self._listeners.clear()
        self.hub.close()
        rundir.remove(self.socket_directory)

    def _stop(self) -> None:
        self._stopped = True

    def _listen(self, listener: socket.socket) -> None:
        self._listeners.append(listener)
        self.hub.watch(listener.fileno(), IN, lambda _events: self._accept(listener))

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # no descriptors left: look again when some may have been given back
            self.hub.change(listener.fileno(), 0)
            self.hub.later(_BREATH, lambda: self._listen_again(listener))
            return
        peer = peer_of(client)
        if peer is None:
            client.close()
            return
        box: list[WireLine] = []
        line = WireLine(self.hub, client, peer, self._adapter, lambda: self._lines.discard(box[0]))
        box.append(line)
        self._lines.add(line)

    def _listen_again(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            self.hub.change(listener.fileno(), IN)

    def _take_signals(self) -> None:
        for number in _FORWARDED:
            signal.signal(number, self._forward)
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCONT, lambda _number, _frame: self.resumed())

    def _forward(self, number: int, _frame: object) -> None:
        if self._child > 0:
            os.kill(self._child, number)

    def _until_ended(self, child: int) -> int:
        handle = os.pidfd_open(child)
        ended: list[int] = []

        def reap(_events: int) -> None:
            self.hub.forget(handle)
            ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            self._child = 0
            self.hub.later(_LAST_WORDS, self._stop)

        try:
            self.hub.watch(handle, IN, reap)
            self.hub.run(lambda: bool(ended) and (self._stopped or not self._lines))
        finally:
            os.close(handle)
        return ended[0] if ended[0] >= 0 else 128 - ended[0]


def _start(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The child's pid; minus an exit status where it could not be started."""
    defaults = [signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ]
    try:
        return os.posix_spawnp(argv[0], list(argv), dict(environ), setsigdef=defaults)
    except FileNotFoundError:
        sys.stderr.write(f"safeshell: {argv[0]}: command not found\n")
        return -NOT_FOUND_EXIT
    except OSError as fault:
        sys.stderr.write(f"safeshell: {argv[0]} cannot be started: {fault.strerror}\n")
        return -NOT_RUN_EXIT
