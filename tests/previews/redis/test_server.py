"""INFO taken apart, and the traffic of a moment."""

from __future__ import annotations

from safeshell.previews.redis.server import Info, error_of, info_of, look_twice, number_of, text_of, traffic
from safeshell.protocols.resp.values import ReplyError


def test_info_of_a_server(server):
    """Every database with its keys and expiries; numbers by name."""
    server.call(b"SET", b"a", b"1", b"EX", b"1000")
    server.call(b"SET", b"b", b"1")
    info = info_of(server.call(b"INFO"))
    assert (info.databases[3].keys, info.databases[3].expires) == (2, 1)
    assert info_of(b"db7:keys=2,expires=1,avg_ttl=5500").databases[7].ttl == 5.5
    assert info.keys == 2
    assert info.number("used_memory") > 100_000
    assert info.number("redis_version") == 0
    assert info_of(ReplyError("NOPERM x")) == Info()


def test_traffic_between_two_looks():
    """Reads a second and their hit rate; with few reads that since the start counts."""
    before = Info({"keyspace_hits": "100", "keyspace_misses": "0"})
    after = Info({"keyspace_hits": "190", "keyspace_misses": "10"})
    seen = traffic(before, after, 0.5)
    assert (seen.reads, seen.hits) == (200.0, 0.9)
    quiet = traffic(after, after, 0.5)
    assert (quiet.reads, quiet.hits) == (0.0, 0.95)
    assert traffic(Info(), Info(), 0.5).hits is None


def test_two_looks_at_a_server(server):
    """The hit rate of now is measured, not that since the start."""
    _, seen = look_twice(server)
    assert seen.reads < 5


def test_answers():
    """Errors and nothing are no text and no number."""
    assert error_of(ReplyError("ERR x")) == "ERR x"
    assert error_of(b"x") == ""
    assert text_of(None) == text_of(ReplyError("x")) == ""
    assert (number_of(3), number_of(True), number_of(b"3")) == (3, None, None)
