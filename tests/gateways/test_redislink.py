"""The second connection."""

from __future__ import annotations

import time

import pytest

from safeshell.gateways.links import LinkError
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget
from safeshell.protocols.resp.values import ReplyError
from tests.servers import redis_server


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def link(running):
    made = RedisLink(RedisTarget(socket=str(running.socket)))
    made.deadline = time.monotonic() + 5
    made.place((), 0)
    yield made
    made.close()


def test_calls_and_pipelines(link):
    """Answers in order; an error is an answer; a megabyte comes whole."""
    assert link.many([(b"SET", b"a", b"x" * 1_000_000), (b"GET", b"a"), (b"NONSENSE",)])[:2] == [
        b"OK",
        b"x" * 1_000_000,
    ]
    assert isinstance(link.call(b"LPUSH", b"a", b"1"), ReplyError)
    assert len(link.many([(b"PING",)] * 5000)) == 5000


def test_another_database_and_user(link):
    """The same connection for a database, a new one for a user; a wrong password is a LinkError."""
    link.place((), 4)
    link.call(b"SET", b"only", b"here")
    link.place((), 0)
    assert link.call(b"GET", b"only") is None
    link.call(b"ACL", b"SETUSER", b"ann", b"on", b">pw", b"~*", b"+@all")
    link.place((b"AUTH", b"ann", b"pw"), 4)
    assert link.call(b"ACL", b"WHOAMI") == b"ann"
    with pytest.raises(LinkError, match="was not let in") as caught:
        link.place((b"AUTH", b"ann", b"wrong"), 4)
    assert caught.value.code == "WRONGPASS"
    with pytest.raises(LinkError, match="database 9999"):
        link.place((), 9999)


def test_a_server_that_stalls(link):
    """At the deadline the connection is given up: a late answer is nobody's."""
    link.deadline = time.monotonic() + 0.2
    with pytest.raises(LinkError) as caught:
        link.call(b"BLPOP", b"nothing", b"0")
    assert caught.value.late
    link.deadline = time.monotonic() + 5
    with pytest.raises(LinkError):
        link.call(b"PING")
    link.place((), 0)
    assert link.call(b"PING") == b"PONG"


def test_no_time_and_no_server():
    """Both are LinkErrors."""
    link = RedisLink(RedisTarget(socket="/nowhere/redis.sock"))
    with pytest.raises(LinkError, match="no time left"):
        link.place((), 0)
    link.deadline = time.monotonic() + 1
    with pytest.raises(LinkError, match="no Redis server answers"):
        link.place((), 0)
