"""The porter of loopback TCP: asks the one-time password, then logs in at the server for the client.

Every process of this host can reach a TCP port, so a client shows the password that the guard made for
its child; the true one is known to the guard (or the server asks none). Stands between client and
machine until the server has let the client in, then it is out of the way.
What must not live here: sockets, passwords' sources.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Protocol

from safeshell.gateways.postgreslogin import OK, Login
from safeshell.gateways.postgreswords import (
    ASK_PASSWORD,
    CANCEL_REQUEST,
    GSS_REQUEST,
    SSL_REQUEST,
    fatal,
    startup_words,
)
from safeshell.gateways.wireports import UpstreamError

_WRONG_PASSWORD = "28P01"  # noqa: S105 - an SQLSTATE
_LONGEST = 10_000
"""Bytes of a start-up or a password, as the server itself limits them."""
_HEAD = 8


class Behind(Protocol):
    """What the porter needs of the machine."""

    def receive_from_client(self, data: bytes) -> None:
        """Bytes of the client."""

    def data_to_client(self) -> bytes:
        """Bytes for the client."""


class Porter:
    """One TCP client. `password_of` gives the true password for (user, database), None where none is known."""

    def __init__(self, machine: Behind, password: str, password_of: Callable[[str, str], str | None]) -> None:
        self.admitted = False
        self.over = False
        self._machine = machine
        self._password = password
        self._password_of = password_of
        self._client = bytearray()
        self._server = bytearray()
        self._out = bytearray()
        self._startup = b""
        self._login: Login | None = None

    def from_client(self, data: bytes) -> None:
        """Bytes of the client, until it is admitted."""
        if self.admitted:
            self._machine.receive_from_client(data)
            return
        self._client += data
        while not self.over and self._step():
            pass
        if len(self._client) > _LONGEST and not self.admitted:
            self._end(fatal("safeshell: refused: the client sent too much before it was let in", code="08P01"))

    def to_client(self) -> bytes:
        """What the client gets; the server's demands for a password are answered instead of shown."""
        if self._login is None:
            found, self._out = bytes(self._out), bytearray()
            return found
        self._server += self._machine.data_to_client()
        while self._login is not None and self._answer():
            pass
        found, self._out = bytes(self._out), bytearray()
        return found

    @property
    def transparent(self) -> bool:
        """Nothing is left to do: client and machine may talk directly."""
        return self.admitted and self._login is None and not self._server and not self._out

    def _step(self) -> bool:
        """One whole message of the client; False when there is none."""
        if self._startup:
            return self._check_password()
        if len(self._client) < _HEAD:
            return False
        size, code = int.from_bytes(self._client[:4], "big"), int.from_bytes(self._client[4:8], "big")
        if code in (SSL_REQUEST, GSS_REQUEST):
            del self._client[:_HEAD]
            self._out += b"N"
            return True
        if len(self._client) < size:
            return False
        packet = bytes(self._client[:size])
        del self._client[:size]
        if code == CANCEL_REQUEST:  # its key is the secret
            self.admitted = True
            self._machine.receive_from_client(packet)
            return False
        self._startup = packet
        self._out += ASK_PASSWORD
        return True

    def _check_password(self) -> bool:
        if len(self._client) < 5 or len(self._client) < (size := int.from_bytes(self._client[1:5], "big") + 1):  # noqa: PLR2004 - type and length
            return False
        given = bytes(self._client[5:size]).rstrip(b"\0")
        right = self._client[:1] == b"p" and hmac.compare_digest(given, self._password.encode())
        del self._client[:size]
        if not right:
            said = "safeshell: refused: this port is another program's; it asks for the one-time password of its child"
            self._end(fatal(said, code=_WRONG_PASSWORD))
            return False
        words = startup_words(self._startup)
        user = words.get("user", "")
        self._login = Login(user, self._password_of(user, words.get("database") or user))
        self.admitted = True
        self._machine.receive_from_client(self._startup)
        if self._client:
            self._machine.receive_from_client(bytes(self._client))
            self._client.clear()
        return False

    def _answer(self) -> bool:
        """One whole message of the server before it let the client in; False when there is none."""
        if len(self._server) < 5 or len(self._server) < (size := int.from_bytes(self._server[1:5], "big") + 1):  # noqa: PLR2004 - the same
            return False
        message = bytes(self._server[:size])
        del self._server[:size]
        login = self._login
        if message[:1] != b"R" or login is None:
            self._out += message
            return True
        if int.from_bytes(message[5:9], "big") == OK:
            self._out += message + bytes(self._server)
            self._server.clear()
            self._login = None
            return False
        try:
            reply = login.answer(message[5:])
        except UpstreamError as problem:
            self._end(fatal(f"safeshell: {problem}", code=_WRONG_PASSWORD))
            return False
        if reply:
            self._machine.receive_from_client(reply)
        return True

    def _end(self, words: bytes) -> None:
        self._out += words
        self.over = True
