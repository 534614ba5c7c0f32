"""The gateway's own words: an error that libpq can read, the words of a start-up."""

from __future__ import annotations

import struct

from safeshell.gateways.postgreswords import ASK_PASSWORD, fatal, startup_words


def test_a_fatal_error_has_its_fields_and_its_length():
    """Severity twice, SQLSTATE, message; empty fields are left out."""
    found = fatal("no server", code="08001", hint="try again")
    assert found[:1] == b"E"
    assert struct.unpack("!i", found[1:5])[0] == len(found) - 1
    fields = {part[:1]: part[1:] for part in found[5:-1].split(b"\0") if part}
    assert fields == {b"S": b"FATAL", b"V": b"FATAL", b"C": b"08001", b"M": b"no server", b"H": b"try again"}


def test_the_words_of_a_startup():
    """Pairs up to the empty name."""
    body = struct.pack("!i", 196608) + b"user\0ada\0database\0shop\0\0"
    assert startup_words(struct.pack("!i", len(body) + 4) + body) == {"user": "ada", "database": "shop"}


def test_the_demand_for_a_password():
    """AuthenticationCleartextPassword."""
    assert ASK_PASSWORD == b"R\0\0\0\x08\0\0\0\x03"
