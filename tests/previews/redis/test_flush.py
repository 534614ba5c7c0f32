"""What a flush would take."""

from __future__ import annotations

import re
import threading
import time

from safeshell.gateways.redislink import RedisLink
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.redis import flush


def fill(server):
    server.many([(b"SET", b"cart:%d" % n, b"x" * 100, b"EX", b"1000") for n in range(300)])
    server.select(0)
    server.call(b"SET", b"other", b"1")
    server.select(3)


def test_flushdb_shows_every_database(server):
    """So that a wrong number shows; only the one that goes counts."""
    fill(server)
    preview = flush.look(server, "FLUSHDB", (b"FLUSHDB",), 3)
    assert (preview.affected, preview.unit, preview.exactness) == (300, "keys", Exactness.EXACT)
    assert preview.summary.startswith("300 keys of db3 go, about ")
    assert preview.sample[0].startswith("stays  db0: 1 key, about ")
    assert preview.sample[0].endswith("; none expires")
    assert re.fullmatch(r"goes   db3: 300 keys, about [\d.]+ KiB; 300 expire( in about .+)?", preview.sample[1])
    assert any(line.startswith("cart:*  100 %") for line in preview.sample)
    assert any("no replica" in line for line in preview.sample)
    assert any(line.startswith("last save ") and line.endswith("AOF off") for line in preview.sample)
    assert preview.reversibility is Reversibility.IRREVERSIBLE


def test_flushall_counts_them_all(server):
    """And SWAPDB takes nothing away."""
    fill(server)
    assert flush.look(server, "FLUSHALL", (b"FLUSHALL",), 3).affected == 301
    swap = flush.look(server, "SWAPDB", (b"SWAPDB", b"0", b"3"), 3)
    assert "change places" in swap.summary
    assert swap.reversibility is Reversibility.REVERSIBLE


def test_the_hit_rate_of_now(server):
    """Who reads would go to the database behind."""
    fill(server)
    stop = threading.Event()

    def read() -> None:
        link = RedisLink(server.target)
        link.deadline = time.monotonic() + 10
        link.place((), 3)
        while not stop.is_set():
            link.many([(b"GET", b"cart:1")] * 9 + [(b"GET", b"nothing")])
        link.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        summary = flush.look(server, "FLUSHDB", (b"FLUSHDB",), 3).summary
    finally:
        stop.set()
        thread.join()
    assert "90.0 % of " in summary
    assert summary.endswith(" reads a second would go to the database behind")
