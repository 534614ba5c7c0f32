"""Sampling keys."""

from __future__ import annotations

import pytest

from safeshell.model.errors import PreviewError
from safeshell.previews.redis.sampling import Sampled, average, describe, group_lines, groups, prefix_of, sample


@pytest.mark.parametrize(
    ("name", "prefix"), [("cart:1", "cart:"), ("a", "a"), (":x", ":x"), ("user-1:2", "user-"), ("", "")]
)
def test_prefixes(name, prefix):
    """Up to the first separator."""
    assert prefix_of(name) == prefix


def test_a_sample_of_a_server(server):
    """Types, expiries and memory, the biggest group first."""
    server.many([(b"SET", b"cart:%d" % n, b"x" * 100, b"EX", b"1000") for n in range(500)])
    server.many([(b"HSET", b"user:%d" % n, b"a", b"b") for n in range(20)])
    keys = sample(server)
    assert 150 <= len(keys) <= 200
    assert groups(keys)[0].prefix == "cart:"
    lines = group_lines(keys)
    assert lines[0].startswith("cart:*  9")
    assert "string, expire in 16 minutes" in lines[0]
    assert "about 1" in lines[0]
    assert 50 < (average(keys) or 0) < 500


def test_keys_that_are_not_there_are_left_out(server):
    """And no keys are no error."""
    server.call(b"RPUSH", b"l", b"1")
    assert [key.name for key in describe(server, [b"l", b"gone"])] == ["l"]
    assert describe(server, []) == []
    assert group_lines([Sampled(b"a", "string", None, None)]) == ["a  100 % of the sample, string, no expiry"]


def test_keys_that_may_not_be_looked_at(server):
    """Are no missing keys."""
    server.call(b"ACL", b"SETUSER", b"poor", b"on", b">pw", b"~*", b"+ping")
    server.call(b"AUTH", b"poor", b"pw")
    with pytest.raises(PreviewError, match="cannot be looked at: NOPERM"):
        describe(server, [b"a"])
    server.close()
