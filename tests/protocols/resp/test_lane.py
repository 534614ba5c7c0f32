"""The quick lane."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.protocols.resp.lane import alike, one_by_one
from safeshell.protocols.resp.values import encode

QUICK = frozenset({b"GET", b"get", b"PING"})


def lines(data: bytes) -> list[bytes]:
    return data.split(b"\r\n")


def test_a_pipeline_of_one_kind():
    """All names at once."""
    assert alike(lines(encode([b"GET", b"a"]) * 3), QUICK) == [b"GET"] * 3
    assert alike(lines(encode([b"GET", b"a"]) + encode([b"get", b"bb"])), QUICK) == [b"GET", b"get"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        encode([b"GET", b"a"]) + encode([b"PING"]),
        encode([b"GET", b"a"]) + encode([b"DEL", b"a"]),
        encode([b"GET", b"a"])[:-1],
        b"*2\r\n$3\r\nGET\r\n$26\r\na\r\n*1\r\n$8\r\nFLUSHALL\r\n",
        b"*2\r\n$3\r\nGET\r\n$1\r\nab\r\n",
    ],
)
def test_everything_else_is_no_pipeline_of_one_kind(data):
    """Another name, another count, a length that lies, a command that is not whole."""
    assert alike(lines(data), QUICK) == []


def test_one_by_one_up_to_the_first_that_does_not_pass():
    """How many lines, and whose."""
    data = encode([b"GET", b"a"]) + encode([b"PING"]) + encode([b"DEL", b"a"]) + encode([b"PING"])
    assert one_by_one(lines(data), QUICK) == (8, [b"GET", b"PING"])


@given(
    st.lists(
        st.sampled_from([b"*2", b"*1", b"$3", b"GET", b"$1", b"a", b"PING", b"$4", b"$8", b"FLUSHALL", b""]),
        max_size=12,
    )
)
def test_both_agree(tokens):
    """What one takes for a pipeline the other takes whole."""
    names = alike([*tokens, b""], QUICK)
    if names:
        assert one_by_one([*tokens, b""], QUICK) == (len(tokens), names)
