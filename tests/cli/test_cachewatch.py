"""The missing-cache alarm."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from safeshell.cli import cachewatch
from safeshell.cli.cachewatch import Fall, fall, ring, start, watch
from safeshell.gateways.redislink import RedisLink
from safeshell.policy.policy import RedisLimits
from safeshell.previews.redis.server import Info
from safeshell.records.audit import audit_directory
from tests.cli.redismaking import setting_in, target_at
from tests.servers import redis_server


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


class Readers:
    """Somebody who reads one key all the time."""

    def __init__(self, target):
        self.target, self.stop = target, threading.Event()
        self.thread = threading.Thread(target=self.read)

    def read(self):
        link = RedisLink(self.target)
        while not self.stop.is_set():
            link.deadline = time.monotonic() + 5
            link.place((), 0)
            link.many([(b"GET", b"hot")] * 10)
            time.sleep(0.01)
        link.close()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_exception):
        self.stop.set()
        self.thread.join()


def test_the_fall_between_two_looks():
    """Few reads and a small fall ring no alarm."""
    first = Info({"keyspace_hits": "1000", "keyspace_misses": "100"})
    last = Info({"keyspace_hits": "1010", "keyspace_misses": "190"})
    found = fall(0.98, first, last, 3.0)
    assert found.collapsed
    assert str(found) == ("the hit rate fell from 98.0 % to 10.0 % in 3 s; 90 of 100 reads went to the database behind")
    assert not Fall(0.98, 0.1, 49, 44, 3.0).collapsed
    assert not Fall(0.98, 0.6, 500, 200, 3.0).collapsed
    assert not fall(0.98, first, first, 3.0).collapsed


def test_a_cache_that_stays_empty_is_noticed(running):
    """And one that nobody misses is not."""
    target = target_at(running)
    link = RedisLink(target)
    assert watch(link, (), 0.98, 1.5) is None
    with Readers(target):
        found = watch(link, (), 0.98, 20.0)
    link.close()
    assert found is not None
    assert found.now == 0.0


def test_the_alarm_rings_everywhere(tmp_path, monkeypatch):
    """On the terminal, in the audit, by the configured command."""
    setting = setting_in(tmp_path)
    monkeypatch.setenv("SAFESHELL_STATE_DIR", setting.environ["SAFESHELL_STATE_DIR"])
    said: list[str] = []
    script = tmp_path / "alarm"
    script.write_text('#!/bin/sh\nprintf "%s|%s" "$1" "$SAFESHELL_ALARM" > "$0.out"\n')
    script.chmod(0o755)
    told = {"text": "FLUSHDB", "session": "r-1", "alarm": [str(script)]}
    ring(Fall(0.98, 0.1, 100, 90, 3.0), told, "cache:6379", said.append)
    assert said[0].startswith("\r\nsafeshell: ALARM: after `FLUSHDB` on cache:6379 the hit rate fell from 98.0 %")
    heard, environment = (tmp_path / "alarm.out").read_text().split("|")
    assert heard == environment
    assert "90 of 100 reads" in heard
    audit = "".join(path.read_text() for path in Path(audit_directory(setting.environ)).rglob("*.jsonl"))
    assert "missing cache" in audit


def test_it_outlives_the_client(running, tmp_path, monkeypatch):
    """A process of its own; the password is not in its command line."""
    out = tmp_path / "rang"
    script = tmp_path / "alarm"
    script.write_text(f'#!/bin/sh\necho "$1" > {out}\n')
    script.chmod(0o755)
    setting = setting_in(tmp_path, redis=RedisLimits(watch=20.0, alarm=(str(script),)))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", setting.environ["SAFESHELL_STATE_DIR"])
    started: list = []
    real = cachewatch.subprocess.Popen
    monkeypatch.setattr(
        cachewatch.subprocess, "Popen", lambda *words, **more: started.append(words) or real(*words, **more)
    )
    target = target_at(running)
    with Readers(target):
        start(setting, target, 0.98, "FLUSHDB", "r-1")
        for _ in range(200):
            if out.exists() and out.read_text():
                break
            time.sleep(0.1)
    assert "after `FLUSHDB`" in out.read_text()
    assert started[0][0][1:] == ["-P", "-m", "safeshell.cli.cachewatch"]
