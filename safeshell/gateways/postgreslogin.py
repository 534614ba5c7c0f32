"""Answering a server's demand for a password: clear text, MD5, SCRAM-SHA-256.

Used where the guard itself logs in: for clients over TCP, which only know the guard's one-time
password, and for asking a server whether it is a primary. Clients over the unix socket log in
themselves, through the machine. Sources: "Message Flow: Start-up" of the PostgreSQL documentation,
RFC 5802 and RFC 7677. What must not live here: sockets, where a password comes from.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

from safeshell.gateways.wireports import UpstreamError

OK, CLEARTEXT, MD5, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 10, 11, 12
"""Codes of an Authentication message that can be answered here."""
_MECHANISM = b"SCRAM-SHA-256"
_MOST_ROUNDS = 10_000_000


class Login:
    """One login's answers. `password` None: nobody gave one."""

    def __init__(self, user: str, password: str | None) -> None:
        self._user = user
        self._password = password
        self._scram: _Scram | None = None

    def answer(self, body: bytes) -> bytes:
        """The message for the server after an Authentication message with this body; b"" for none.

        Raises UpstreamError where the server wants something that cannot be given.
        """
        code = int.from_bytes(body[:4], "big")
        if code == OK:
            return b""
        if code == SASL_FINAL:
            self._verified(body[4:])
            return b""
        if code in (CLEARTEXT, MD5, SASL, SASL_CONTINUE):
            return _message(self._reply(code, body[4:], self._given()))
        raise UpstreamError(f"the server asks for a kind of login (number {code}) that safeshell cannot answer")

    def _given(self) -> str:
        if self._password is None:
            raise UpstreamError(
                "the server asks for a password; put it into ~/.pgpass or PGPASSWORD, where safeshell finds it"
            )
        return self._password

    def _reply(self, code: int, body: bytes, password: str) -> bytes:
        if code == CLEARTEXT:
            return password.encode() + b"\0"
        if code == MD5:
            return md5_answer(self._user, password, body[:4]) + b"\0"
        if code == SASL:
            if _MECHANISM not in body.split(b"\0"):
                raise UpstreamError("the server offers no login mechanism that safeshell knows")
            self._scram = _Scram(password)
            first = self._scram.first()
            return _MECHANISM + b"\0" + struct.pack("!i", len(first)) + first
        if self._scram is None:
            raise UpstreamError("the server broke the login protocol")
        return self._scram.final(body)

    def _verified(self, body: bytes) -> None:
        if self._scram is None or not self._scram.proves(body):
            raise UpstreamError("the server does not know the password it asked for: it may not be the right server")


def md5_answer(user: str, password: str, salt: bytes) -> bytes:
    """`md5` and the hex of md5(md5(password + user) + salt), as the protocol wants it."""
    inner = hashlib.md5(password.encode() + user.encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


def _message(body: bytes) -> bytes:
    return b"p" + struct.pack("!i", len(body) + 4) + body


class _Scram:
    """The client's side of one SCRAM-SHA-256 exchange without channel binding."""

    def __init__(self, password: str) -> None:
        self._password = saslprep(password).encode()
        self._nonce = base64.b64encode(secrets.token_bytes(18))
        self._bare = b"n=,r=" + self._nonce
        self._expected = b""

    def first(self) -> bytes:
        """client-first-message."""
        return b"n,," + self._bare

    def final(self, server_first: bytes) -> bytes:
        """client-final-message. Raises UpstreamError for a server that breaks the rules."""
        words = dict(part.split(b"=", 1) for part in server_first.split(b",") if b"=" in part)
        try:
            nonce, salt, rounds = words[b"r"], base64.b64decode(words[b"s"], validate=True), int(words[b"i"])
        except (KeyError, ValueError) as fault:
            raise UpstreamError("the server broke the login protocol") from fault
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce) or not 0 < rounds <= _MOST_ROUNDS:
            raise UpstreamError("the server broke the login protocol")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        key = _hmac(salted, b"Client Key")
        bare = b"c=biws,r=" + nonce
        signed = b",".join((self._bare, server_first, bare))
        proof = bytes(a ^ b for a, b in zip(key, _hmac(hashlib.sha256(key).digest(), signed), strict=True))
        self._expected = b"v=" + base64.b64encode(_hmac(_hmac(salted, b"Server Key"), signed))
        return bare + b",p=" + base64.b64encode(proof)

    def proves(self, server_final: bytes) -> bool:
        """True when the server knows the password, too."""
        return bool(self._expected) and hmac.compare_digest(self._expected, server_final.split(b",")[0])


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def saslprep(password: str) -> str:
    """RFC 4013; a password that it forbids is used as it is, as libpq does."""
    if password.isascii():
        return password
    import stringprep
    import unicodedata

    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in password if not stringprep.in_table_b1(char)
    )
    normal = unicodedata.normalize("NFKC", mapped)
    tables = (
        *(stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4, stringprep.in_table_c5),
        *(stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8, stringprep.in_table_c9),
        *(stringprep.in_table_a1, stringprep.in_table_c12),
    )
    if not normal or any(table(char) for char in normal for table in tables):
        return password
    right = [stringprep.in_table_d1(char) for char in normal]
    if any(right) and (any(stringprep.in_table_d2(char) for char in normal) or not (right[0] and right[-1])):
        return password
    return normal
