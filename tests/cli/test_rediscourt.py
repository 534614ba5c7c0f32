"""A guarded Redis server put together."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from safeshell.cli.rediscourt import looked_at, open_redis
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.effects import Effect
from safeshell.model.tiers import Mode, Tier
from safeshell.records.audit import audit_directory
from tests.cli.redismaking import setting_in, target_at
from tests.servers import redis_server


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def direct(running):
    client = redis.Redis(unix_socket_path=str(running.socket))
    client.flushall()
    yield client
    client.close()


def client_of(wire):
    return redis.Redis(unix_socket_path=wire.proxy.socket_path, socket_timeout=20, db=wire.target.database)


def test_off_a_terminal_a_request_is_left_and_redeemed_once(running, direct, tmp_path):
    """Bound to text, place and number of keys; the kit is taken, and the audit tells all of it."""
    direct.mset({"a": "1", "b": "2"})
    setting = setting_in(tmp_path)
    with open_redis(setting, target_at(running)) as wire, wire.proxy.serving(), client_of(wire) as one:
        with pytest.raises(redis.ResponseError, match="safeshell approve --own") as caught:
            one.delete("a", "b")
        (request,) = wire.court.requests.listing(time.time())
        assert request.id in str(caught.value)
        assert (request.bound.unit, request.bound.at_most) == ("keys", 2)
        wire.court.requests.confirm(request.id, "ada", time.time(), seen=request)
    with (
        open_redis(setting, target_at(running), token=request.id) as wire,
        wire.proxy.serving(),
        client_of(wire) as one,
    ):
        with pytest.raises(redis.ResponseError, match="safeshell: refused"):
            one.delete("a")
        assert one.delete("a", "b") == 2
        with pytest.raises(redis.ResponseError, match="safeshell: refused"):
            one.delete("a", "b")
    audit = "".join(path.read_text() for path in Path(audit_directory(setting.environ)).rglob("*.jsonl"))
    assert audit.count('"DEL a b"') >= 3
    assert '"intent"' in audit


def test_the_childs_environment_and_url(running, tmp_path):
    """REDIS_URL leads to the guard, a password goes by the environment; the wire says where it is."""
    target = target_at(running, database=3, user="ann", password="p@ss")
    with open_redis(setting_in(tmp_path), target) as wire:
        found = wire.environment({"REDIS_URL": "redis://cache.prod", "HOME": "/x"})
        assert found["REDISCLI_AUTH"] == "p@ss"
        assert found["REDIS_URL"] == f"unix://ann:p%40ss@{wire.proxy.socket_path}?db=3"
        assert wire.here().target == "db3@laptop"
        status = wire.status()
        assert (status.tier, status.mode, status.minutes_left) == (Tier.PRODUCTION, Mode.READ_ONLY, None)
        assert wire.unlock() is False


def test_the_loopback_port_asks_for_its_password(running, direct, tmp_path):
    """Everybody on the host reaches it; the server's own login is exchanged for it, over RESP2 and RESP3."""
    direct.set("a", "1")
    with redis_server("--requirepass", "pw") as locked:
        redis.Redis(unix_socket_path=str(locked.socket), password="pw").set("a", "2")
        for server, password, value in ((running, "", b"1"), (locked, "pw", b"2")):
            target = target_at(server, password=password)
            with open_redis(setting_in(tmp_path), target, tcp=True) as wire, wire.proxy.serving():
                for protocol in (2, 3):
                    with redis.Redis.from_url(wire.url(tcp=True), protocol=protocol) as one:
                        assert one.get("a") == value
                        with pytest.raises(redis.ResponseError, match=r"safeshell: refused.*a: string"):
                            one.set("a", "3")
                    for guess in (None, "guess"):
                        stranger = redis.Redis(port=wire.proxy.port, password=guess, protocol=protocol)
                        with stranger, pytest.raises(redis.AuthenticationError):
                            stranger.get("a")


def test_a_marker_in_the_server_raises_its_tier(running, direct, tmp_path):
    """`SET safeshell:tier production`."""
    assert looked_at(target_at(running))[0] == ""
    direct.set("safeshell:tier", "production")
    assert looked_at(target_at(running))[0] == "production"
    with open_redis(setting_in(tmp_path, Tier.DEVELOPMENT), target_at(running)) as wire:
        assert wire.here().tier is Tier.PRODUCTION
        assert wire.rights.startswith("read-only is the guard's own: on the server user default may write")
    assert looked_at(RedisTarget(socket="/nowhere")) == ("", "")


def test_what_passes(running, tmp_path):
    """By tier, mode and unlock."""
    with open_redis(setting_in(tmp_path), target_at(running)) as wire:
        here = wire.here()
        assert not wire.bench.passes(Effect.WRITES, here)
        wire.court.unlock(here, 15)
        assert wire.bench.passes(Effect.WRITES, here)
        assert not wire.bench.passes(Effect.DESTROYS_ROWS, here)
        wire.lock()
        assert not wire.bench.passes(Effect.WRITES, here)


@pytest.mark.parametrize(("tier", "answers"), [(Tier.DEVELOPMENT, True), (Tier.STAGING, False)])
def test_a_loop_off_a_terminal(running, direct, tmp_path, tier, answers):
    """Development is told; elsewhere nobody can be asked, and the loop stops."""
    from safeshell.policy.policy import RedisLimits

    setting = setting_in(tmp_path, tier, redis=RedisLimits(loop_writes=50, loop_rate=10.0))
    with open_redis(setting, target_at(running)) as wire, wire.proxy.serving(), client_of(wire) as one:
        done = 0
        try:
            for number in range(200):
                one.incr(f"cart:{number}")
                done += 1
        except redis.ResponseError as fault:
            assert "this loop was stopped" in str(fault)
    assert (done == 200) is answers
    assert done >= 49
