"""The porter of loopback TCP: nobody gets by without the one-time password, and it answers the server itself."""

from __future__ import annotations

import struct

from safeshell.gateways.postgresporter import Porter
from safeshell.gateways.postgreswords import ASK_PASSWORD, SSL_REQUEST

BODY = struct.pack("!i", 196608) + b"user\0ada\0database\0shop\0\0"
STARTUP = struct.pack("!i", len(BODY) + 4) + BODY
CLEARTEXT, OK = struct.pack("!cii", b"R", 8, 3), struct.pack("!cii", b"R", 8, 0)


class Behind:
    """What the machine would be: it keeps what it gets, and gives what it is told."""

    def __init__(self):
        self.got, self.gives = b"", b""

    def receive_from_client(self, data):
        self.got += data

    def data_to_client(self):
        found, self.gives = self.gives, b""
        return found


def password(text: bytes) -> bytes:
    return b"p" + struct.pack("!i", len(text) + 5) + text + b"\0"


def porter(true_password="sesame"):
    behind = Behind()
    return behind, Porter(behind, "one-time", lambda user, database: f"{true_password}" if user == "ada" else None)


def test_without_the_password_nothing_reaches_the_server():
    """The start-up waits; a wrong password ends it."""
    behind, made = porter()
    made.from_client(STARTUP)
    assert made.to_client() == ASK_PASSWORD
    assert behind.got == b""
    made.from_client(password(b"guessed"))
    answer = made.to_client()
    assert b"safeshell: refused: " in answer
    assert b"28P01" in answer
    assert made.over
    assert behind.got == b""
    made.from_client(password(b"one-time"))
    assert behind.got == b""


def test_with_it_the_true_password_is_given_by_the_guard():
    """The client never sees the server's demand."""
    behind, made = porter()
    for byte in STARTUP + password(b"one-time"):
        made.from_client(bytes([byte]))
    assert made.to_client() == ASK_PASSWORD
    assert behind.got == STARTUP
    behind.gives = CLEARTEXT
    assert made.to_client() == b""
    assert behind.got == STARTUP + password(b"sesame")
    assert not made.transparent
    behind.gives = OK + b"the rest"
    assert made.to_client() == OK + b"the rest"
    assert made.transparent


def test_encryption_is_declined_on_loopback():
    """The driver goes on in clear text, over this host only."""
    _, made = porter()
    made.from_client(struct.pack("!ii", 8, SSL_REQUEST) + STARTUP)
    assert made.to_client() == b"N" + ASK_PASSWORD


def test_a_cancel_goes_on_by_its_own_secret():
    """It holds a key that only the session's client knows."""
    behind, made = porter()
    packet = struct.pack("!iiii", 16, 80877102, 7, 9)
    made.from_client(packet)
    assert behind.got == packet
    assert made.transparent


def test_the_servers_own_refusal_reaches_the_client():
    """A wrong true password is the server's error, unchanged."""
    behind, made = porter()
    made.from_client(STARTUP + password(b"one-time"))
    made.to_client()
    error = b"E" + struct.pack("!i", 20) + b"SFATAL\0C28P01\0\0x"[:16]
    behind.gives = CLEARTEXT + error
    assert made.to_client() == error


def test_a_server_that_wants_a_password_nobody_knows_is_told_to_the_client():
    """With where to put it."""
    behind, made = porter()
    other = STARTUP.replace(b"ada", b"eve")
    made.from_client(other + password(b"one-time"))
    made.to_client()
    behind.gives = CLEARTEXT
    assert b"~/.pgpass" in made.to_client()
    assert made.over


def test_too_much_before_the_password_ends_it():
    """No stranger fills the guard's memory."""
    _, made = porter()
    made.from_client(struct.pack("!ii", 1 << 20, 196608) + b"x" * 20_000)
    assert made.over
