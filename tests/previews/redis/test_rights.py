"""What the server itself allows."""

from __future__ import annotations

import time

from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget
from safeshell.previews.redis.rights import rights
from tests.servers import redis_server


def test_users(server):
    """Asked of the server, and nothing is changed by asking."""
    assert rights(server) == "read-only is the guard's own: on the server user default may write, flush, administer"
    server.call(
        b"ACL",
        b"SETUSER",
        b"reader",
        b"on",
        b">pw",
        b"~*",
        b"+@all",
        b"-@write",
        b"-@admin",
        b"-@dangerous",
        b"+info",
        b"+acl|whoami",
        b"+acl|dryrun",
    )
    server.call(b"ACL", b"SETUSER", b"shy", b"on", b">pw", b"~*", b"+get", b"+info", b"+acl|whoami")
    before = server.call(b"ACL", b"LIST")
    server.place((b"AUTH", b"reader", b"pw"), 0)
    assert rights(server) == "on the server user reader may not write either"
    server.place((b"AUTH", b"shy", b"pw"), 0)
    assert rights(server) == "read-only is the guard's own: the server does not tell what user shy may do"
    server.place((), 0)
    assert server.call(b"ACL", b"LIST") == before
    assert server.call(b"EXISTS", b"safeshell:probe") == 0


def test_a_replica(running):
    """Read-only by itself."""
    with redis_server("--replicaof", "127.0.0.1", "1") as replica:
        link = RedisLink(RedisTarget(socket=str(replica.socket)))
        link.deadline = time.monotonic() + 5
        link.place((), 0)
        assert rights(link).startswith("this node is a read-only replica of 127.0.0.1:1; ")
        link.close()


def test_nobody_answers():
    """Is said, not raised."""
    link = RedisLink(RedisTarget(socket="/nowhere"))
    link.deadline = time.monotonic() + 1
    assert rights(link).startswith("what the server itself allows is not known: ")
