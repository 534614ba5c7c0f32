"""Withdrawing a case."""

from __future__ import annotations

from safeshell.gateways.redisports import Withdrawn


def test_what_waits_is_stopped():
    """Once; what comes later at once."""
    found = []
    one = Withdrawn()
    one.attach(lambda: found.append("a"))
    assert not one.gone
    one.withdraw()
    one.withdraw()
    one.attach(lambda: found.append("b"))
    assert found == ["a", "b"]
    assert one.gone
