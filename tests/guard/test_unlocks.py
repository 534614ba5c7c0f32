"""Unlocks live in memory, for one target, for a bounded time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from safeshell.guard.unlocks import Unlocks
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
