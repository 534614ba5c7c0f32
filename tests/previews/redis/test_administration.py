"""Consequences of commands for administrators."""

from __future__ import annotations

import time

import pytest

from safeshell.gateways.redislink import RedisLink
from safeshell.previews.redis import administration
from safeshell.previews.redis.server import info_of


def look(server, line):
    words = line.encode().split()
    name = line.split()[0]
    full = f"{name}|{line.split()[1]}" if name in ("CONFIG", "CLIENT", "CLUSTER", "SCRIPT") else name
    return administration.look(server, full, words)


def test_shutdown(server):
    """Who is served, and what is thrown away."""
    server.call(b"SET", b"a", b"1")
    preview = look(server, "SHUTDOWN NOSAVE")
    assert preview.summary.startswith("nobody is served any more")
    assert "1 key" in preview.summary
    assert any(caveat.startswith("NOSAVE throws") for caveat in preview.caveats)
    assert "no replica takes over" in preview.caveats


def test_config_set(server):
    """Every parameter with its old and new value; passwords stay hidden; a limit below what is used is told."""
    preview = look(server, "CONFIG SET maxmemory 100kb maxmemory-policy allkeys-lru requirepass hunter2")
    assert preview.sample == (
        "maxmemory: 0 -> 100kb",
        "maxmemory-policy: noeviction -> allkeys-lru",
        "requirepass: (hidden) -> (hidden)",
    )
    assert "with 100 KiB it refuses writes at once" in preview.caveats[0]


def test_replicaof(server):
    """Its own data goes; NO ONE on a primary changes nothing."""
    server.call(b"SET", b"a", b"1")
    assert (
        look(server, "REPLICAOF cache.prod 6379").summary
        == "its own 1 key are thrown away for those of cache.prod:6379"
    )
    assert look(server, "REPLICAOF NO ONE").summary == "it is a primary already: nothing changes"


def test_client_kill(server):
    """Counts whom the filters hit."""
    other = RedisLink(server.target)
    other.deadline = time.monotonic() + 5
    other.place((), 0)
    other.call(b"CLIENT", b"SETNAME", b"worker")
    try:
        assert look(server, "CLIENT KILL TYPE normal").affected == 2
        preview = look(server, "CLIENT KILL ID 999999")
        assert preview.summary.startswith("0 connections of 2 are cut")
        assert any("worker" in line for line in look(server, "CLIENT KILL USER default").sample)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("CLUSTER RESET", "cluster support is off here"),
        ("CLIENT PAUSE 5000", "everybody waits 5000 ms"),
        ("SCRIPT FLUSH", "0 cached scripts"),
        ("EVAL x 0", "nobody else is connected"),
        ("BGSAVE", "commands a second"),
    ],
)
def test_others(server, line, told):
    """One sentence of consequence each."""
    assert told in look(server, line).summary


def test_sizes():
    """As servers read them."""
    assert [administration._bytes(text) for text in (b"1kb", b"2M", b"3", b"x")] == [1024, 2_000_000, 3, None]
    assert info_of(b"").keys == 0
