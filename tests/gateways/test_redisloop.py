"""Measuring loops of single writes."""

from __future__ import annotations

from collections import Counter

import pytest

from safeshell.gateways.redisloop import LoopMeter, prefix

ONE = Counter({"DEL": 1})


def run(meter, count, step, writes=ONE, at=100.0):
    """How many round trips until it is a loop; None for never."""
    for number in range(count):
        if meter.count(writes, b"cart:%d" % number, at + number * step):
            return number + 1
    return None


def test_a_fast_loop_is_seen():
    """At the configured number and rate, and told with its keys."""
    meter = LoopMeter(100, 50.0)
    assert run(meter, 200, 0.01) == 100
    assert meter.told() == "100 single DEL in 1.0 s, 101 a second, one round trip each, on cart:* 100 %"


@pytest.mark.parametrize(
    ("step", "writes"),
    [(0.05, ONE), (0.01, Counter({"SET": 16})), (3.0, ONE)],
    ids=["slow", "pipelined", "with pauses"],
)
def test_what_is_no_loop(step, writes):
    """Slow ones, pipelines, writes with pauses."""
    assert run(LoopMeter(100, 50.0), 500, step, writes) is None


def test_a_permitted_loop_grows_tenfold():
    """Then it is asked again; 0 switches the breaker off."""
    meter = LoopMeter(100, 50.0)
    assert run(meter, 200, 0.01) == 100
    meter.permit()
    assert run(meter, 2000, 0.01, at=101.0) == 900
    assert run(LoopMeter(0, 50.0), 500, 0.001) is None


@pytest.mark.parametrize(("key", "shown"), [(b"cart:1", "cart:*"), (b"a", "a"), (b"\xff:1", "\\xff:*"), (b"", "")])
def test_prefixes(key, shown):
    """Up to the first separator."""
    assert prefix(key) == shown


def test_a_stopped_loop_stays_stopped_until_it_pauses():
    """Then it is counted anew."""
    meter = LoopMeter(100, 50.0)
    run(meter, 200, 0.01)
    assert meter.running(102.5)
    assert meter.running(104.0)
    assert not meter.running(107.0)
    assert meter.total == 0
