"""Unlocks live in memory, for one target, for a bounded time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from safeshell.guard.unlocks import SLACK, Unlocks
from safeshell.model.effects import Mode, Tier
from tests.making import environment

PROD = environment(Tier.PRODUCTION, "web-3")


@given(st.integers(-5, 500), st.integers(-5, 500))
def test_no_unlock_lasts_longer_than_an_hour(minutes, longest):
    """Whatever is asked or configured, an hour is the end."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", minutes, now=0.0, longest=longest)
    assert unlocks.mode(PROD, 3600.0) is Mode.READ_ONLY


def test_unlock_is_for_one_target():
    """Another host stays read-only."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", 15, now=0.0)
    assert unlocks.mode(PROD, 1.0) is Mode.READ_WRITE
    assert unlocks.mode(environment(Tier.PRODUCTION, "web-4"), 1.0) is Mode.READ_ONLY


def test_minutes_left_are_rounded_up_and_end():
    """The prompt never shows 0m while writes still pass."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", 15, now=0.0)
    assert [unlocks.minutes_left("web-3", at) for at in (0.0, 1.0, 899.5, 900.0)] == [15, 15, 1, 0]


def test_lock_ends_it_at_once_and_locks_staging_too():
    """A person who locks a staging place means it."""
    unlocks = Unlocks()
    staging = environment(Tier.STAGING, "stage-1")
    unlocks.unlock("web-3", 15, now=0.0)
    unlocks.lock("web-3")
    unlocks.lock("stage-1")
    assert unlocks.mode(PROD, 1.0) is Mode.READ_ONLY
    assert unlocks.mode(staging, 1.0) is Mode.READ_ONLY


def test_suspend_drops_every_unlock():
    """What was unlocked before a suspend is locked after it."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", 15, now=0.0)
    unlocks.lock_all()
    assert unlocks.mode(PROD, 1.0) is Mode.READ_ONLY


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=20))
def test_a_clock_that_is_set_back_gives_no_minute_more(steps):
    """Whatever the clock does, writes pass for no longer than was granted, give or take a correction."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", 15, now=5_000.0)
    latest, passed = 5_000.0, 0.0
    for now in steps:
        if now < latest - SLACK:
            latest = float("inf")  # set back: from here on nothing may pass any more
        if unlocks.mode(PROD, now) is Mode.READ_WRITE:
            assert latest < float("inf")
            passed = max(passed, now - 5_000.0)
        latest = max(latest, now)
    assert passed <= 15 * 60


def test_a_small_correction_of_the_clock_means_nothing():
    """Time servers move a clock by less than seconds; and after a jump one may unlock again."""
    unlocks = Unlocks()
    unlocks.unlock("web-3", 15, now=1_000.0)
    assert unlocks.mode(PROD, 998.0) is Mode.READ_WRITE
    assert unlocks.mode(PROD, 900.0) is Mode.READ_ONLY
    assert unlocks.minutes_left("web-3", 1_000.0) == 0
    unlocks.unlock("web-3", 15, now=900.0)
    assert unlocks.mode(PROD, 950.0) is Mode.READ_WRITE


def test_an_unlock_counts_for_what_was_shown():
    """A database that proves to be production once it is connected was not meant; a milder one is no surprise."""
    unlocks = Unlocks()
    unlocks.unlock("shop@db", 15, now=0.0, tier=Tier.UNKNOWN)
    assert unlocks.mode(environment(Tier.UNKNOWN, "shop@db"), 1.0) is Mode.READ_WRITE
    assert unlocks.mode(environment(Tier.STAGING, "shop@db"), 1.0) is Mode.READ_WRITE
    assert unlocks.mode(environment(Tier.PRODUCTION, "shop@db"), 1.0) is Mode.READ_ONLY
    unlocks.unlock("shop@db", 15, now=2.0, tier=Tier.PRODUCTION)
    assert unlocks.mode(environment(Tier.PRODUCTION, "shop@db"), 3.0) is Mode.READ_WRITE
