"""The sockets of the wire: the private listener for clients, streams to servers.

What must not live here: what is said over them, TLS settings (postgrestls and its like make the
context), the loop.
"""

from __future__ import annotations

import os
import socket
import struct

from safeshell.gateways.wireports import Peer

TYPE_CHECKING = False  # typing costs 8 ms, and the client waits
if TYPE_CHECKING:
    import ssl

CHUNK = 131072
"""Bytes read at once: bulk COPY through smaller reads costs half as much again."""
SMALL = 16384
"""Bytes asked for while little comes: room for a whole chunk costs more than an answer of a few hundred bytes."""
_BACKLOG = 64


def listen_unix(path: str) -> socket.socket:
    """A listening unix socket that only its owner may open, in a directory that is private already."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def listen_loopback() -> socket.socket:
    """A listening socket on a free port of 127.0.0.1. Everybody on this host can reach it: ask a password."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def peer_of(client: socket.socket) -> Peer | None:
    """Who connected; None for somebody who may not (another user than ours, except root)."""
    if client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Peer(tcp=True)
    pid, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Peer(pid, uid) if uid in {os.geteuid(), 0} else None


class PlainStream:
    """A connected socket that never blocks. Implements wireports.Stream."""

    wants_write = False

    def __init__(self, connected: socket.socket, address: str) -> None:
        connected.setblocking(False)
        if connected.family != socket.AF_UNIX:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = address
        self._socket = connected
        self.fileno = connected.fileno

    def recv(self, size: int) -> bytes | None:
        """What there is; None when nothing is there now."""
        try:
            return self._socket.recv(size)
        except (BlockingIOError, InterruptedError):
            return None

    def send(self, data: bytes | memoryview) -> int:
        """As much as goes now."""
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def close(self) -> None:
        """End it."""
        self._socket.close()


class TlsStream:
    """An encrypted connection after its handshake. Implements wireports.Stream.

    A record is decrypted as a whole, so `recv` reads until nothing is left inside: poll would not
    tell of it. `wants_write` says that the library has to write before it can read on.
    """

    def __init__(self, connected: ssl.SSLSocket, address: str) -> None:
        connected.setblocking(False)
        self.address = address
        self.wants_write = False
        self._socket = connected
        self.fileno = connected.fileno

    def recv(self, size: int) -> bytes | None:
        """Everything that is there, up to about `size`."""
        import ssl

        parts: list[bytes] = []
        got = 0
        self.wants_write = False
        while got < size or self._socket.pending():
            try:
                part = self._socket.recv(size)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLWantWriteError:
                self.wants_write = True
                break
            except ssl.SSLEOFError:
                part = b""
            if not part:
                return b"".join(parts) if parts else b""
            parts.append(part)
            got += len(part)
        return b"".join(parts) if parts else None

    def send(self, data: bytes | memoryview) -> int:
        """As much as goes now; the same bytes have to come again when nothing went."""
        import ssl

        try:
            return self._socket.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def close(self) -> None:
        """End it without waiting for the other side's goodbye."""
        self._socket.close()
