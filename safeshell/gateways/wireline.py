"""One client connection: its socket, its server's stream, what waits for either, and back pressure.

Laws: nothing is read from a side while more than a bound waits for the other, nor from a client whose
session is not hungry; a client that goes away is noticed even while nothing is read.
What must not live here: any database, any judgement.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

from safeshell.gateways.wireloop import GONE, IN, OUT, RDHUP, Loop
from safeshell.gateways.wireports import Adapter, Peer, Session, Stream, UpstreamError
from safeshell.gateways.wiresockets import CHUNK, SMALL

WAITING_MOST = 1 << 20
"""Bytes that may wait for one side before the other is read no further."""
FAREWELL = 2.0
"""Seconds in which a client may fetch what was left for it, once its connection is over."""


class WireLine:
    """Implements wireports.Line."""

    def __init__(
        self, hub: Loop, client: socket.socket, peer: Peer, adapter: Adapter, closed: Callable[[], None]
    ) -> None:
        client.setblocking(False)
        self.hub: Loop = hub
        self.peer = peer
        self.stream: Stream | None = None
        self._client = client
        self._client_fd = client.fileno()
        self._stream_fd = -1
        self._adapter = adapter
        self._closed = closed
        self._for_client = bytearray()
        self._for_server = bytearray()
        self._client_mask = IN | RDHUP
        self._stream_mask = 0
        self._client_room = self._stream_room = SMALL
        self._ticket = 0
        self._pending = False
        self._leaving = False
        self._over = False
        self._busy = False
        self.session: Session = adapter.session(self)
        hub.watch(self._client_fd, IN | RDHUP, self._on_client)

    # ---- wireports.Line -------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what the session has for either side."""
        if self._over or self._busy:
            return
        self._busy = True  # a session may flush while it is called
        try:
            # The client first: what is not shown to it (a demand for the password) is answered to the server.
            data = self.session.to_client()
            if data or self._for_client:
                self._send_client(data)
            data = self.session.to_server()
            if data or self._for_server:
                self._send_server(data)
        finally:
            self._busy = False
        if self._leaving and not self._for_client:
            self.close()
        elif not self._over:
            self._set_masks()

    def redial(self) -> None:
        """Drop the server's side and dial anew."""
        self._drop_stream()
        self._for_server.clear()
        self._dial()

    def hang_up(self) -> None:
        """Send what is left, then close."""
        if not self._leaving:
            self._leaving = True
            self.hub.later(FAREWELL, self.close)
            self.hub.post(self.flush)

    def close(self) -> None:
        """Both sides, at once."""
        if self._over:
            return
        self._over = True
        self._ticket += 1  # a stream that arrives later is nobody's
        self._drop_stream()
        self.hub.forget(self._client_fd)
        self._client.close()
        self._adapter.ended(self.session)
        self._closed()

    # ---- the client -----------------------------------------------------------------------------

    def _on_client(self, events: int) -> None:
        try:
            self._serve_client(events)
        except Exception as fault:  # noqa: BLE001 - one connection breaks, the others go on
            self._break(fault)

    def _serve_client(self, events: int) -> None:
        if events & OUT:
            self._send_client(b"")
        if events & IN and self._client_mask & IN:
            if self._read_client():
                return
        elif events & GONE:
            self._client_gone()
        if not self._over:
            self.flush()

    def _read_client(self) -> bool:
        """True when all is done: they went on as they came."""
        try:
            data = self._client.recv(self._client_room)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        self._client_room = _room(self._client_room, len(data))
        if not data:
            self._client_gone()
        elif self.session.forward_client(data):
            self._send_server(data)
            return self._plain()
        else:
            self.session.from_client(data)
        return False

    def _plain(self) -> bool:
        """Nothing waits for either side, so that the poll masks stay as they are."""
        stream = self.stream
        return not (self._for_server or self._for_client or stream is None or stream.wants_write or self._leaving)

    def _client_gone(self) -> None:
        if self._over:
            return
        self.session.client_gone()
        if self.stream is not None:
            self._send_server(self.session.to_server())
        self.close()

    def _send_client(self, data: bytes) -> None:
        waiting = self._for_client
        if waiting:
            waiting += data
            data = bytes(waiting) if len(waiting) <= CHUNK else bytes(waiting[:CHUNK])
        if not data or self._over:
            return
        try:
            sent = self._client.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._client_gone()
            return
        if waiting:
            del waiting[:sent]
        elif sent < len(data):
            waiting += data[sent:]

    # ---- the server -----------------------------------------------------------------------------

    def _dial(self) -> None:
        self._ticket += 1
        self._pending = True
        ticket, session = self._ticket, self.session

        def dial() -> None:
            try:
                stream = session.dial()
            except UpstreamError as problem:
                told = problem
                self.hub.post(lambda: self._undialled(ticket, told))
            except Exception as fault:  # noqa: BLE001 - a dialler that breaks is an upstream that cannot be reached
                broken = UpstreamError(f"the connection to the server failed: {type(fault).__name__}: {fault}")
                self.hub.post(lambda: self._undialled(ticket, broken))
            else:
                self.hub.post(lambda: self._dialled(ticket, stream))

        self.hub.work(dial, "dial")

    def _dialled(self, ticket: int, stream: Stream) -> None:
        if ticket != self._ticket or self._over:
            stream.close()
            return
        self._pending = False
        self.stream = stream
        self._stream_fd = stream.fileno()
        self._stream_mask = IN
        self.hub.watch(self._stream_fd, IN, self._on_stream)
        self._send_server(b"")
        self.flush()

    def _undialled(self, ticket: int, problem: UpstreamError) -> None:
        if ticket != self._ticket or self._over:
            return
        self._pending = False
        self.session.undialled(problem)
        self.hang_up()

    def _on_stream(self, events: int) -> None:
        try:
            self._serve_stream(events)
        except Exception as fault:  # noqa: BLE001 - the same
            self._break(fault)

    def _break(self, fault: Exception) -> None:
        """A fault of ours: nothing of this connection goes on; whatever was held has not run."""
        where = fault.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = f" ({os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno})" if where else ""
        sys.stderr.write(f"safeshell: this connection is closed, a fault of safeshell's own: {fault!r}{line}\n")
        self.close()

    def _serve_stream(self, events: int) -> None:
        if events & OUT:
            self._send_server(b"")
        if events & (IN | GONE) and (self._stream_mask & IN or events & GONE) and self._read_stream():
            return
        if not self._over:
            self.flush()

    def _read_stream(self) -> bool:
        """True when all is done: they went on as they came."""
        stream = self.stream
        if stream is None:
            return False
        try:
            data = stream.recv(self._stream_room)
        except OSError as fault:
            self._server_gone(fault.strerror or str(fault))
            return False
        self._stream_room = _room(self._stream_room, len(data or b""))
        if data and self.session.forward_server(data):
            self._send_client(data)
            return self._plain()
        if data:
            self.session.from_server(data)
        elif data is not None:
            self._server_gone("")
        return False

    def _server_gone(self, problem: str) -> None:
        """The session may answer by dialling anew; else the client gets what is left and is let go."""
        self._drop_stream()
        self._for_server.clear()
        self.session.server_gone(problem)
        if not self._pending:
            self.hang_up()

    def _send_server(self, data: bytes) -> None:
        waiting = self._for_server
        if self.stream is None:
            waiting += data
            if waiting and not (self._pending or self._leaving or self._over):
                self._dial()
            return
        if waiting:
            waiting += data
            data = bytes(waiting) if len(waiting) <= CHUNK else bytes(waiting[:CHUNK])
        if not data:
            return
        try:
            sent = self.stream.send(data)
        except OSError as fault:
            self._server_gone(fault.strerror or str(fault))
            return
        if waiting:
            del waiting[:sent]
        elif sent < len(data):
            waiting += data[sent:]

    def _drop_stream(self) -> None:
        if self.stream is not None:
            self.hub.forget(self._stream_fd)
            self.stream.close()
            self.stream, self._stream_fd = None, -1

    # ---- back pressure --------------------------------------------------------------------------

    def _set_masks(self) -> None:
        """Which side is read, which is written, by what waits."""
        shut = self._leaving or not self.session.hungry or len(self._for_server) > WAITING_MOST
        mask = (RDHUP if shut else IN | RDHUP) | (OUT if self._for_client else 0)
        if mask != self._client_mask:
            self._client_mask = mask
            self.hub.change(self._client_fd, mask)
        stream = self.stream
        if stream is not None:
            mask = IN if len(self._for_client) <= WAITING_MOST else 0
            if self._for_server or stream.wants_write:
                mask |= OUT
            if mask != self._stream_mask:
                self._stream_mask = mask
                self.hub.change(self._stream_fd, mask)


def _room(room: int, came: int) -> int:
    """How much is asked for next time: all that goes once a read was full, until little comes again."""
    if came >= room:
        return CHUNK
    return SMALL if came < SMALL else room
