"""How much a heavy read walks over."""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.previews.redis import heavy


def test_keys_and_big_sets(server):
    """Counted first, with the lighter way."""
    server.many([(b"SADD", b"s", b"%d" % n) for n in range(50)])
    preview = heavy.look(server, "KEYS", [b"KEYS", b"*"])
    assert preview.summary.startswith("walks over 1 key, ")
    assert "SCAN" in preview.caveats[0]
    assert preview.raises is Demand.ALLOW
    preview = heavy.look(server, "SMEMBERS", [b"SMEMBERS", b"s"])
    assert preview.summary == "reads 50 members at once"
    assert preview.caveats == ("SSCAN walks in small steps",)
    assert heavy.look(server, "SUNION", [b"SUNION", b"s", b"s"]).affected == 100
    assert "commands a second" in heavy.look(server, "MONITOR", [b"MONITOR"]).summary


def test_millions_of_keys_raise_the_question(server):
    """A KEYS over them stops the server for a second."""
    assert heavy._walk(2_000_000).raises is Demand.CONFIRM
    assert heavy._walk(None).caveats
