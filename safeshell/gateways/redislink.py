"""The guard's own connection to a Redis server: facts and previews look through it.

It is a second connection beside the client's, with the same user and database, so that nothing it does can disturb
what the client has queued. Blocking; worker threads only. What must not live here: what is asked (previews).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import suppress

from safeshell.gateways.links import LinkError
from safeshell.gateways.redistarget import RedisTarget
from safeshell.gateways.wireports import UpstreamError
from safeshell.model.errors import ProtocolError
from safeshell.protocols.resp.values import ReplyError, Value, encode, parse

_MOST = 256 * 1024 * 1024
"""Bytes of answers that one call may bring."""
_CHUNK = 262_144


class RedisLink:
    """One connection. `deadline` (time.monotonic) bounds every call; set it anew before each look."""

    def __init__(self, target: RedisTarget) -> None:
        self.target = target
        self.deadline = 0.0
        self._socket: socket.socket | None = None
        self._login: Sequence[bytes] = ()
        self._database = -1

    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def place(self, login: Sequence[bytes], database: int) -> None:
        """Be this user (the words of an AUTH, () for none) in this database. Raises LinkError."""
        if self._socket is not None and tuple(login) != tuple(self._login):
            self.close()
        if self._socket is None:
            self._open(login)
        if database != self._database:
            answer = self.call(b"SELECT", str(database).encode())
            if isinstance(answer, ReplyError):
                raise LinkError(f"database {database} cannot be looked at: {answer.text}", code=answer.code)
            self._database = database

    def call(self, *words: bytes) -> Value:
        """One command and its answer; an error of the server is an answer. Raises LinkError."""
        return self.many([words])[0]

    def many(self, commands: Sequence[Sequence[bytes]]) -> list[Value]:
        """Commands in one write, answers in their order. Raises LinkError when they do not come in time."""
        connected = self._socket
        if connected is None:
            raise LinkError("the connection for looking is closed", broken=True)
        try:
            connected.settimeout(self._patience())
            connected.sendall(b"".join(map(encode, commands)))
            return self._answers(connected, len(commands))
        except TimeoutError:
            self.close()  # answers that come later would be taken for those of the next call
            raise LinkError("the server did not answer in time", late=True) from None
        except (OSError, ProtocolError) as fault:
            self.close()
            raise LinkError(f"the connection for looking broke: {fault}", broken=True) from fault

    def close(self) -> None:
        """End it."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
        self._socket, self._database = None, -1

    def _open(self, login: Sequence[bytes]) -> None:
        try:
            self._socket = self.target.connect(self._patience())
        except UpstreamError as fault:
            raise LinkError(str(fault), broken=True) from fault
        self._login, self._database = tuple(login), 0
        if login:
            answer = self.call(*login)
            if isinstance(answer, ReplyError):
                self.close()
                raise LinkError(f"the connection for looking was not let in: {answer.text}", code=answer.code)

    def _patience(self) -> float:
        left = self.left()
        if left <= 0:
            raise LinkError("there was no time left to look", late=True)
        return left

    def _answers(self, connected: socket.socket, count: int) -> list[Value]:
        found: list[Value] = []
        pieces: list[bytes] = []
        buffer, size = b"", 0
        while True:
            at = 0
            while len(found) < count and (one := parse(buffer, at)) is not None:
                found.append(one[0])
                at = one[1]
            if len(found) == count:
                return found
            buffer = buffer[at:]
            pieces = [buffer]
            wanted = max(2 * len(buffer), 1)  # a long answer is not parsed anew for every piece of it
            size = len(buffer)
            while size < wanted:
                connected.settimeout(self._patience())
                data = connected.recv(_CHUNK)
                if not data:
                    raise OSError("the server closed it")
                pieces.append(data)
                size += len(data)
                if size > _MOST:
                    raise OSError("the answer is too long")
                if len(data) < _CHUNK:
                    break
            buffer = b"".join(pieces)
