"""Replies as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.errors import ProtocolError
from safeshell.protocols.resp.values import Push, ReplyError, encode, parse


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"+OK\r\n", b"OK"),
        (b"-NOAUTH no\r\n", ReplyError("NOAUTH no")),
        (b":-5\r\n", -5),
        (b"$3\r\na\r\n\r\n", b"a\r\n"),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"*2\r\n:1\r\n*0\r\n", [1, []]),
        (b"%1\r\n+a\r\n:1\r\n", [b"a", 1]),
        (b"~1\r\n+a\r\n", [b"a"]),
        (b">2\r\n+m\r\n+x\r\n", Push((b"m", b"x"))),
        (b"=7\r\ntxt:abc\r\n", b"abc"),
        (b"!5\r\nERR x\r\n", ReplyError("ERR x")),
        (b"_\r\n", None),
        (b"#t\r\n", True),
        (b",1.5\r\n", 1.5),
        (b"(12345678901234567890\r\n", 12345678901234567890),
        (b"|1\r\n+ttl\r\n:1\r\n+OK\r\n", b"OK"),
    ],
)
def test_values(data, value):
    """RESP2 and RESP3; a value that is cut anywhere is not whole yet."""
    assert parse(data) == (value, len(data))
    assert all(parse(data[:cut]) is None for cut in range(len(data)))


@given(st.binary(max_size=200))
def test_random_bytes(data):
    """A value, more bytes, or a ProtocolError."""
    try:
        parse(data)
    except ProtocolError as fault:
        assert fault.fault == "server"


def test_depth_is_bounded():
    """A nest does not exhaust the stack."""
    with pytest.raises(ProtocolError):
        parse(b"*1\r\n" * 100)
    with pytest.raises(ProtocolError):
        parse(b"*999999999\r\n")


def test_errors_have_a_code():
    """The first word."""
    assert ReplyError("WRONGTYPE x").code == "WRONGTYPE"
    assert encode([b"GET", b"a"]) == b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
