"""Where a Redis client wants to go."""

from __future__ import annotations

import pytest

from safeshell.gateways.redistarget import RedisTarget, Tls, context_of, database_of, from_url
from safeshell.gateways.wireports import UpstreamError
from safeshell.model.errors import ConfigError
from tests.servers import redis_server


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("redis://cache", RedisTarget("cache")),
        ("redis://cache:6380/2", RedisTarget("cache", 6380, database=2)),
        ("redis://:p%40ss@cache/1", RedisTarget("cache", database=1, password="p@ss")),
        ("redis://ann:pw@cache", RedisTarget("cache", user="ann", password="pw")),
        ("rediss://cache", RedisTarget("cache", tls=Tls())),
        ("valkey://cache?db=4", RedisTarget("cache", database=4)),
        ("unix:///run/redis.sock?db=3", RedisTarget(socket="/run/redis.sock", database=3)),
        ("redis+socket://:pw@/run/r.sock?virtual_host=2", RedisTarget(socket="/run/r.sock", database=2, password="pw")),
        ("redis://[::1]:7000", RedisTarget("::1", 7000)),
    ],
)
def test_urls(url, target):
    """As redis-py and redis-cli spell them."""
    assert from_url(url) == target


@pytest.mark.parametrize("url", ["http://cache", "redis://cache/x", "redis://:hunter2@cache:port/1", "nonsense"])
def test_wrong_urls_are_told_without_the_password(url):
    """ConfigError, never a traceback."""
    with pytest.raises(ConfigError) as caught:
        from_url(url)
    assert "hunter2" not in str(caught.value)


def test_a_password_is_never_shown():
    """Nor is it in a repr."""
    assert "hunter2" not in repr(RedisTarget(password="hunter2"))


def test_databases_and_places():
    """The policy names one database of the server."""
    assert database_of("15") == 15
    with pytest.raises(ConfigError):
        database_of("-1")
    target = RedisTarget("cache.prod", 6380, user="ann")
    assert target.address == "cache.prod:6380"
    assert target.place(2).detail == {"database": "2", "port": "6380", "user": "ann", "engine": "redis"}
    assert RedisTarget(socket="/run/r.sock").place(0).name == "/run/r.sock"


def test_connecting():
    """Over the socket; a server that is not there is told with its address."""
    with redis_server() as server:
        stream = RedisTarget(socket=str(server.socket)).stream()
        assert stream.send(b"PING\r\n") == 6
        stream.close()
    with pytest.raises(UpstreamError, match=r"no Redis server answers at .*redis.sock"):
        RedisTarget(socket=str(server.socket)).stream()


def test_tls_settings():
    """--insecure skips the certificate's check, else it is checked."""
    assert context_of(Tls()).check_hostname
    assert not context_of(Tls(insecure=True)).check_hostname


def test_logins():
    """The words of AUTH."""
    assert RedisTarget().login == ()
    assert RedisTarget(password="x").login == (b"AUTH", b"x")
    assert RedisTarget(user="ann", password="x").login == (b"AUTH", b"ann", b"x")


def test_tls_parameters_of_a_url():
    """As redis-py spells them."""
    found = from_url("rediss://cache?ssl_cert_reqs=none&ssl_ca_certs=/ca.pem").tls
    assert found == Tls(cacert="/ca.pem", insecure=True)
