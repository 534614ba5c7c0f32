"""The demo's cache."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from safeshell.cli import demoredis
from safeshell.cli.demoredis import _environ, demo_redis, intro, run
from safeshell.cli.demoterminal import DemoError
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_cache_that_is_read_and_goes_again():
    """Filled, with somebody who reads; afterwards neither the server nor its directory is there."""
    with demo_redis() as socket:
        link = RedisLink(RedisTarget(socket=socket))
        link.deadline = time.monotonic() + 20
        link.place((), 0)
        assert link.call(b"DBSIZE") == 20_501
        pid = int(
            next(line for line in link.call(b"INFO").decode().splitlines() if line.startswith("process_id")).split(":")[
                1
            ]
        )
        for _ in range(100):
            if b"keyspace_hits:0\r\n" not in link.call(b"INFO", b"stats"):
                break
            time.sleep(0.1)
        assert b"keyspace_hits:0\r\n" not in link.call(b"INFO", b"stats")
        link.close()
    assert not Path(socket).parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_a_server_or_a_terminal(monkeypatch, capsys):
    """What to do is said."""
    monkeypatch.setattr(demoredis, "SERVERS", ("no-such-server",))
    with pytest.raises(DemoError, match="apt install redis"), demo_redis():
        pass
    assert run() == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_what_to_try():
    """Fits any terminal, and nothing of the person's environment goes along."""
    for columns in (30, 60, 100):
        assert all(len(line) <= max(columns, 33) for line in intro(columns))
    found = _environ("/x", {"REDIS_URL": "redis://cache.prod", "TERM": "xterm", "PATH": "/bin"})
    assert found["SAFESHELL_TIER"] == "production"
    assert "REDIS_URL" not in found
