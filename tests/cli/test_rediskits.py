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
    database = 0

    def extend(self, seconds):
        self.deadline = time.monotonic() + seconds
        self.place((), self.database)

    def select(self, database):
        self.place((), database)


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


def kept_and_run(wire, link, line: str):
    """The kit of a command, after the command ran; then a function that takes it back."""
    link.extend(10)
    assert wire.bench.prepare(case(wire, line), end(), link) == ""
    kit = kits_of(wire.setting).listing()[0]
    link.extend(10)
    link.call(*(word.encode() for word in line.split()))
    commands = list(_commands(kits_of(wire.setting).data(kit, RESTORE_FILE)))
    return kit, commands, lambda: restore(target_of(kit.connection, {}), commands)


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("RENAMENX a new", {"a": "1"}, {"new": "1"}),
        ("RENAME a b", {"a": "1", "b": "2"}, {"b": "1"}),
        ("LMOVE one two LEFT RIGHT", {}, {}),
        ("SMOVE s t m", {}, {}),
    ],
)
def test_both_ends_of_a_move_come_back(wire, link, line, before, after):
    """Also the key that only got something, or that was not there."""
    link.many([(b"SET", key.encode(), value.encode()) for key, value in before.items()])
    link.many([(b"RPUSH", b"one", b"x", b"y"), (b"RPUSH", b"two", b"z"), (b"SADD", b"s", b"m"), (b"SADD", b"t", b"n")])
    names = sorted(link.call(b"KEYS", b"*"))
    was = [link.call(b"DUMP", name) for name in names]
    _, _, take_back = kept_and_run(wire, link, line)
    assert [link.call(b"GET", key.encode()) for key in after] == [value.encode() for value in after.values()]
    assert [link.call(b"DUMP", name) for name in names] != was
    assert (take_back(), take_back()) == ("", "")
    assert sorted(link.call(b"KEYS", b"*")) == names
    assert [link.call(b"DUMP", name) for name in names] == was


def test_a_copy_to_another_database_is_kept_there(wire, link):
    """What COPY ... DB 3 REPLACE overwrites stands in db3, whatever the same name holds here."""
    link.many(
        [(b"SELECT", b"3"), (b"SET", b"b", b"theirs"), (b"SELECT", b"0"), (b"SET", b"a", b"1"), (b"SET", b"b", b"ours")]
    )
    kit, _, take_back = kept_and_run(wire, link, "COPY a b DB 3 REPLACE")
    assert kit.connection["database"] == "3"
    assert take_back() == ""
    assert link.many([(b"GET", b"b"), (b"SELECT", b"3"), (b"GET", b"b")]) == [b"ours", b"OK", b"theirs"]
    link.call(b"FLUSHALL")


def test_a_move_says_what_it_leaves(wire, link):
    """The key comes back; the other database keeps it."""
    link.call(b"SET", b"a", b"1")
    kit, _, take_back = kept_and_run(wire, link, "MOVE a 4")
    assert any("stays in db4" in note for note in kit.notes)
    assert take_back() == ""
    assert link.call(b"GET", b"a") == b"1"
    link.call(b"FLUSHALL")


def test_a_restore_that_ended_halfway_is_ended_by_the_next(wire, link):
    """Keys of any bytes, one that has expired by now stays away, one with an expiry keeps the rest of it."""
    names = [b"bin\x00\r\n\xff", b"plain", b"short", b"long"]
    link.many([(b"SET", name, b"v" * 50_000) for name in names])
    link.many([(b"PEXPIRE", b"short", b"300"), (b"PEXPIRE", b"long", b"900000")])
    made = RedisCase("r1", "DEL", "DEL", (b"DEL", *names), 0, "default", False, wire.here())
    assert wire.bench.prepare(made, end(), link) == ""
    (kit,) = kits_of(wire.setting).listing()
    link.call(b"DEL", *names)
    commands = list(_commands(kits_of(wire.setting).data(kit, RESTORE_FILE)))
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and int(link.call(b"TIME")[0]) * 1000 < int(commands[2][2]) + 1000:
        time.sleep(0.05)
    assert restore(target_of(kit.connection, {}), commands[:2]) == ""  # killed here
    assert restore(target_of(kit.connection, {}), commands) == ""
    assert link.call(b"EXISTS", *names) == 3
    assert link.call(b"GET", names[0]) == b"v" * 50_000
    assert 800_000 < link.call(b"PTTL", b"long") <= 900_000


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
    found = target_of({**told, "tls_any_name": "1"}, {"REDISCLI_AUTH": "pw"})
    assert found.tls == Tls(cacert="/ca", insecure=True, any_name=True)
    found = target_of(told, {"REDISCLI_AUTH": "pw"})
    assert found == RedisTarget("cache", 7000, "", 2, "ann", "pw", Tls(cacert="/ca", insecure=True))
