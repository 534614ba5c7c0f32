"""Cutting the client's bytes into commands."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.protocols.resp.reader import CommandReader, Violation
from safeshell.protocols.resp.values import encode


def read(*pieces: bytes) -> list:
    reader, found = CommandReader(), []
    for piece in pieces:
        reader.feed(piece)
        while (command := reader.next()) is not None:
            found.append(command)
    return found


@given(
    st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=4), max_size=5),
    st.lists(st.integers(0, 300), max_size=8),
)
def test_commands_come_out_whole(commands, cuts):
    """With their words and their raw bytes, in any cut."""
    data = b"".join(map(encode, commands))
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    found = read(*(data[begin:end] for begin, end in itertools.pairwise(places)))
    assert [list(command.words) for command in found] == commands
    assert b"".join(command.raw for command in found) == data


def test_inline_lines_and_empty_ones():
    """LF alone ends a line; a line without words does nothing."""
    found = read(b"PING\nget  a\r\n\r\n*0\r\n")
    assert [command.words for command in found] == [(b"PING",), (b"get", b"a"), (), ()]


@given(st.binary(max_size=300))
def test_raw_bytes_are_never_invented(data):
    """What comes out came in, in order."""
    reader, raw = CommandReader(), b""
    reader.feed(data)
    try:
        while (command := reader.next()) is not None:
            raw += command.raw
    except Violation:
        pass
    assert data.startswith(raw)


@pytest.mark.parametrize("cut", [1, 7, 11, 19, 30])
def test_draining_goes_on_to_the_end(cut):
    """Kept or not, the command ends where it ends."""
    data = encode([b"SET", b"key", b"v" * 50])
    reader = CommandReader()
    reader.feed(data[:cut])
    assert reader.next() is None
    out = reader.drain()
    reader.feed(data[cut:] + b"PING\r\n")
    command = reader.next()
    assert command is not None
    assert command.drained
    assert out + command.raw == data
    following = reader.next()
    assert following is not None
    assert following.words == (b"PING",)
