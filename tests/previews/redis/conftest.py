"""A Redis server of its own for the previews, and a connection to look through."""

from __future__ import annotations

import time

import pytest

from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget
from tests.servers import redis_server


class Looking(RedisLink):
    """As a session's look is: the same connection, another database."""

    def select(self, database: int) -> None:
        self.place((), database)


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def server(running):
    """An empty server, looked at in database 3 for at most 5 s."""
    link = Looking(RedisTarget(socket=str(running.socket)))
    link.deadline = time.monotonic() + 5
    link.place((), 3)
    link.call(b"FLUSHALL")
    yield link
    link.close()
