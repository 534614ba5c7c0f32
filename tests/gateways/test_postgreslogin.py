"""Answers to a server's demand for a password, against published examples and our own reckoning."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

import pytest

from safeshell.gateways import postgreslogin
from safeshell.gateways.postgreslogin import Login, md5_answer, saslprep
from safeshell.gateways.wireports import UpstreamError


def demand(code: int, rest: bytes = b"") -> bytes:
    return struct.pack("!i", code) + rest


def test_clear_text():
    """The password and a zero."""
    assert Login("u", "sesame").answer(demand(3)) == b"p" + struct.pack("!i", 11) + b"sesame\0"


def test_md5_is_salted():
    """md5(md5(password user) salt), as the documentation spells it."""
    inner = hashlib.md5(b"sesameada").hexdigest()
    wanted = b"md5" + hashlib.md5(inner.encode() + b"salt").hexdigest().encode()
    assert md5_answer("ada", "sesame", b"salt") == wanted
    assert Login("ada", "sesame").answer(demand(5, b"salt")).endswith(wanted + b"\0")


def test_scram_by_the_example_of_its_rfc(monkeypatch):
    """RFC 7677, section 3: user `user`, password `pencil` (the user name stands in the start-up here)."""
    monkeypatch.setattr(postgreslogin.secrets, "token_bytes", lambda _n: base64.b64decode("rOprNGfwEbeRWgbNEkqO"))
    login = Login("user", "pencil")
    first = login.answer(demand(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"))
    assert first[5:] == b"SCRAM-SHA-256\0" + struct.pack("!i", 28) + b"n,,n=,r=rOprNGfwEbeRWgbNEkqO"
    server_first = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    final = login.answer(demand(11, server_first))[5:]
    bare, _, proof = final.rpartition(b",p=")
    assert bare == b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    message = b"n=,r=rOprNGfwEbeRWgbNEkqO," + server_first + b"," + bare
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    recovered = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
    assert recovered == client_key
    verifier = base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256"))
    assert login.answer(demand(12, b"v=" + verifier)) == b""


def test_a_server_that_does_not_know_the_password_is_not_trusted():
    """Its signature is checked."""
    login = Login("user", "pencil")
    nonce = login.answer(demand(10, b"SCRAM-SHA-256\0\0")).rpartition(b"r=")[2]
    login.answer(demand(11, b"r=" + nonce + b"more,s=AAAA,i=4096"))
    with pytest.raises(UpstreamError, match="may not be the right server"):
        login.answer(demand(12, b"v=AAAA"))


@pytest.mark.parametrize("text", [b"r=other,s=AAAA,i=4096", b"", b"r=x,s=!!,i=1", b"s=AAAA,i=4096", b"r=x,s=AAAA,i=0"])
def test_a_server_that_breaks_the_rules_is_said_so(text):
    """A foreign nonce, missing fields, no rounds."""
    login = Login("user", "pencil")
    login.answer(demand(10, b"SCRAM-SHA-256\0\0"))
    with pytest.raises(UpstreamError, match="broke the login protocol"):
        login.answer(demand(11, text))


def test_without_a_password_the_person_is_told_where_to_put_it():
    """And a login that cannot be answered is named by its number."""
    with pytest.raises(UpstreamError, match="pgpass or PGPASSWORD"):
        Login("u", None).answer(demand(3))
    with pytest.raises(UpstreamError, match="number 7"):
        Login("u", "x").answer(demand(7))
    assert Login("u", None).answer(demand(0)) == b""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("plain", "plain"), ("I\u00adX", "IX"), ("\u2168", "IX"), ("a\u00a0b", "a b"), ("\u0007é", "\u0007é")],
)
def test_passwords_are_prepared_as_libpq_does(given, wanted):
    """RFC 4013; what it forbids stays as it is."""
    assert saslprep(given) == wanted
