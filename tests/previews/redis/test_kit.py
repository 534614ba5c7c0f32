"""Keys that can be put back."""

from __future__ import annotations

import pytest

from safeshell.model.errors import PreviewError
from safeshell.previews.redis.kit import take_kit
from safeshell.protocols.resp.reader import CommandReader


def put_back(server, data):
    reader = CommandReader()
    reader.feed(data)
    commands = []
    while (command := reader.next()) is not None:
        commands.append(command.words)
    return server.many(commands)


def test_keys_come_back_as_they_were(server):
    """Every type, with its expiry; a key that was not there goes again."""
    server.call(b"SET", b"s", b"\x00\xff", b"PX", b"500000")
    server.call(b"HSET", b"h", b"a", b"1")
    server.call(b"ZADD", b"z", b"1.5", b"m")
    kit = take_kit(server, [b"s", b"h", b"z", b"new", b"s"], 1 << 20)
    assert (kit.keys, kit.new) == (3, 1)
    server.call(b"DEL", b"s", b"h", b"z")
    server.call(b"SET", b"new", b"1")
    server.call(b"SET", b"h", b"something else")
    assert put_back(server, kit.data) == [b"OK", b"OK", b"OK", 1]
    assert server.call(b"GET", b"s") == b"\x00\xff"
    assert 490_000 < server.call(b"PTTL", b"s") <= 500_000
    assert server.call(b"HGETALL", b"h") == [b"a", b"1"]
    assert server.call(b"ZSCORE", b"z", b"m") == b"1.5"
    assert server.call(b"EXISTS", b"new") == 0


def test_a_kit_that_is_too_big(server):
    """Is no kit."""
    server.call(b"SET", b"s", bytes(range(256)) * 10)
    with pytest.raises(PreviewError, match="larger than an undo kit"):
        take_kit(server, [b"s"], 100)
