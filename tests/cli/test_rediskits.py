"""Around the run of a confirmed command."""

from __future__ import annotations

import time

import pytest

from safeshell.cli import rediskits
from safeshell.cli.rediscourt import open_redis
from safeshell.cli.rediskits import RESTORE_FILE, kits_of, save
from safeshell.cli.undoredis import _commands, restore, target_of
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redisports import RedisCase
from safeshell.gateways.redistarget import RedisTarget, Tls
from safeshell.model.effects import Demand
from safeshell.model.judgement import Assessment, Conclusion, Exactness, Preview, Reversibility, Verdict
from tests.cli.redismaking import setting_in, target_at
from tests.servers import redis_server


class Looking(RedisLink):
    def extend(self, seconds):
        self.deadline = time.monotonic() + seconds
        self.place((), 0)


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def link(running):
    made = Looking(target_at(running))
    made.extend(10)
    made.call(b"FLUSHALL")
    yield made
    made.close()


@pytest.fixture
def wire(running, tmp_path):
    with open_redis(setting_in(tmp_path), target_at(running)) as made:
        yield made


def case(wire, line):
    words = tuple(line.encode().split())
    return RedisCase("r1", line, line.split()[0], words, 0, "default", False, wire.here())


def end(reversibility=Reversibility.UNDO_KIT, affected=2):
    preview = Preview("x", affected, "keys", Exactness.EXACT, reversibility=reversibility)
    return Conclusion(True, Verdict(Demand.CONFIRM, "x"), Assessment(None, (), ()), preview=preview)


def test_a_kit_is_on_disk_before_the_command_runs(wire, link, capsys):
    """And puts the keys back after it."""
    link.many([(b"SET", b"a", b"1"), (b"RPUSH", b"b", b"x", b"y")])
    one = case(wire, "DEL a b")
    assert wire.bench.prepare(one, end(), link) == ""
    (kit,) = kits_of(wire.setting).listing()
    assert (kit.language, kit.rows, kit.state, kit.connection["database"]) == ("redis", 2, "pending", "0")
    link.call(b"DEL", b"a", b"b")
    wire.bench.released(one, end())
    assert f"safeshell undo {kit.id}" in capsys.readouterr().err
    assert kits_of(wire.setting).find(kit.id).state == "done"
    data = kits_of(wire.setting).data(kit, RESTORE_FILE)
    assert restore(target_of(kit.connection, {}), list(_commands(data))) == ""
    assert link.call(b"LRANGE", b"b", b"0", b"-1") == [b"x", b"y"]


def test_nothing_is_kept_where_nothing_was_promised(wire, link):
    """Too big, nothing there, scripts."""
    link.call(b"SET", b"a", b"1")
    assert wire.bench.prepare(case(wire, "DEL a"), end(Reversibility.IRREVERSIBLE), link) == ""
    assert wire.bench.prepare(case(wire, "DEL a"), end(affected=0), link) == ""
    assert wire.bench.prepare(case(wire, "EVAL x 1 a"), end(), link) == ""
    assert kits_of(wire.setting).listing() == []


def test_a_promise_that_cannot_be_kept_refuses(wire, link, monkeypatch):
    """The dialog said that it can be taken back."""
    link.call(b"SET", b"a", b"1")
    monkeypatch.setattr(rediskits.UndoKits, "begin", lambda self, kit, files: None)
    assert "cannot be written; nothing was run" in wire.bench.prepare(case(wire, "DEL a"), end(), link)


def test_a_save_is_awaited(link):
    """BGSAVE until the server says how it went; a failure is told."""
    assert save(link) == ""
    link.call(b"CONFIG", b"SET", b"dbfilename", b"x.rdb")
    assert save(link) == ""


def test_before_a_flush(wire, link, monkeypatch):
    """Off a terminal nothing is offered; Esc means that nothing runs; a save that fails stops it."""
    one = case(wire, "FLUSHDB")
    assert wire.bench.prepare(one, end(), link) == ""
    monkeypatch.setattr(type(wire.court), "asks_here", lambda self: True)
    monkeypatch.setattr(rediskits, "_before_a_flush", lambda: "")
    assert "nothing was run" in wire.bench.prepare(one, end(), link)
    monkeypatch.setattr(rediskits, "_before_a_flush", lambda: "g")
    assert wire.bench.prepare(one, end(), link) == ""
    monkeypatch.setattr(rediskits, "_before_a_flush", lambda: "s")
    assert wire.bench.prepare(one, end(), link) == ""
    monkeypatch.setattr(rediskits, "save", lambda server: "disk full")
    assert "the save that you asked for failed: disk full" in wire.bench.prepare(one, end(), link)


def test_the_way_back_to_the_server():
    """Without secrets in the kit; the password comes from the environment."""
    told = {
        "host": "cache",
        "port": "7000",
        "database": "2",
        "user": "ann",
        "tls": "1",
        "tls_cacert": "/ca",
        "tls_insecure": "1",
    }
    found = target_of(told, {"REDISCLI_AUTH": "pw"})
    assert found == RedisTarget("cache", 7000, "", 2, "ann", "pw", Tls(cacert="/ca", insecure=True))
