"""The quick lane."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.protocols.resp.lane import Known, alike, known, one_by_one
from safeshell.protocols.resp.reader import CommandReader
from safeshell.protocols.resp.values import encode

QUICK = frozenset({b"GET", b"get", b"PING", b"HGET"})


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


def remembered(data: bytes) -> Known:
    """As the machine does it when the same shape came twice."""
    found: Known | None = None
    for _ in range(2):
        at, names = one_by_one(lines(data), QUICK)
        assert at == len(lines(data)) - 1
        found = known(data, lines(data), names, QUICK, found)
    assert found is not None
    return found


PIPELINE = encode([b"GET", b"key:1"]) + encode([b"HGET", b"cart", b"ab"]) + encode([b"PING"])


def test_a_known_pipeline_covers_what_differs_in_values_alone():
    """Other keys of the same lengths, whatever bytes they have; and it says how many of which name."""
    found = remembered(PIPELINE)
    assert found.covers(PIPELINE)
    assert found.covers(PIPELINE.replace(b"key:1", b"k\r\n*1").replace(b"cart", b"\xff\x00\r\n"))
    assert dict(found.names) == {b"GET": 1, b"HGET": 1, b"PING": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"HGET", b"HDEL"),
        (b"GET\r\n$5", b"DEL\r\n$5"),
        (b"GET\r\n$5", b"get\r\n$5"),
        (b"$5", b"$4"),
        (b"*2", b"*1"),
        (b"key:1\r\n", b"key:1\n\n"),
        (b"PING\r\n", b"PING\r"),
        (b"key:1", b"key:12"),
    ],
)
def test_it_covers_nothing_else(old: bytes, new: bytes):
    """Another name or case, a length that lies, another count, a line end that is none, another size."""
    assert PIPELINE.count(old) == 1
    assert not remembered(PIPELINE).covers(PIPELINE.replace(old, new))


def test_a_shape_that_came_once_is_known_by_its_bytes_alone():
    """The mask costs more than it saves where every pipeline is another one; so it does for long ones."""
    once = known(PIPELINE, lines(PIPELINE), [b"GET", b"HGET", b"PING"], QUICK, None)
    assert once.covers(PIPELINE)
    assert not once.covers(PIPELINE.replace(b"key:1", b"key:2"))
    long = encode([b"GET", b"k" * 4000]) * 2
    assert not remembered(long).covers(long.replace(b"k" * 4000, b"l" * 4000))


@given(st.data())
def test_what_is_covered_has_the_same_commands(data):
    """One byte anywhere is changed: still covered means that reading it anew finds the same names and lengths."""
    at = data.draw(st.integers(0, len(PIPELINE) - 1))
    other = PIPELINE[:at] + bytes([data.draw(st.integers(0, 255))]) + PIPELINE[at + 1 :]
    reader = CommandReader()
    reader.feed(PIPELINE)
    meant = [reader.next() for _ in range(3)]
    if remembered(PIPELINE).covers(other):
        again = CommandReader()
        again.feed(other)
        got = [again.next() for _ in range(3)]
        assert [c and (c.words[0], *map(len, c.words)) for c in got] == [
            c and (c.words[0], *map(len, c.words)) for c in meant
        ]
