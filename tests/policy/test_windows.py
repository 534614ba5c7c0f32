"""Windows and freezes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from safeshell.model.effects import Tier
from safeshell.policy.config import parse
from safeshell.policy.layers import compose
from safeshell.policy.policy import Policy
from safeshell.policy.windows import closed, parse_moment, parse_open, zone_problem

BERLIN = (
    "windows: [{tiers: [production], open: ['Mon-Thu 09:00-15:30'], zone: Europe/Berlin, holidays: [2026-12-24]}]\n"
)
FREEZE = "freezes: [{from: 2026-12-18, until: 2027-01-04, reason: christmas}]\n"


def policy(text: str) -> Policy:
    return compose([parse(text, "w.yaml")])


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Mon-Thu 09:00-15:30", {0, 1, 2, 3}, 540, 930),
        ("sat,Sun", {5, 6}, 0, 1440),
        ("Fri-Mon 8:00-24:00", {4, 5, 6, 0}, 480, 1440),
        ("22:00-02:00", set(range(7)), 1320, 120),
        ("Monday 09:00 - 10:00", {0}, 540, 600),
    ],
)
def test_hours_are_read(text: str, days: set[int], start: int, end: int):
    """Days, ranges of days and hours up to 24:00 are understood."""
    found = parse_open(text)
    assert found is not None
    assert (set(found.days), found.start, found.end) == (days, start, end)


@pytest.mark.parametrize(
    "text",
    ["", "Mo", "Mon 9-10", "Mon 25:00-26:00", "Mon 10:00-10:00", "Mon 10:60-11:00", "Foo 09:00-10:00", "24:00-01:00"],
)
def test_other_hours_are_refused(text: str):
    """What is no time, or an empty span, is no window."""
    assert parse_open(text) is None


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 09:00", True),
        ("2026-11-23 15:29", True),
        ("2026-11-23 15:30", False),
        ("2026-11-23 08:59", False),
        ("2026-11-27 10:00", False),
        ("2026-12-24 10:00", False),
    ],
)
def test_a_window_has_its_hours_days_zone_and_holidays(moment: str, is_open: bool):
    """The end is exclusive; other weekdays and holidays are closed; the zone is the window's."""
    assert (closed(policy(BERLIN), Tier.PRODUCTION, at(moment, "Europe/Berlin")) == "") is is_open


def test_a_window_counts_where_it_says():
    """Tiers without a window are always open; unknown follows production."""
    rules, night = policy(BERLIN), at("2026-11-23 23:00")
    assert "Mon-Thu 09:00-15:30 Europe/Berlin" in closed(rules, Tier.PRODUCTION, night)
    assert closed(rules, Tier.UNKNOWN, night)
    assert not closed(rules, Tier.STAGING, night)
    assert not closed(rules, Tier.DEVELOPMENT, night)


def test_a_window_over_midnight():
    """A window that ends on the next day belongs to the day on which it began."""
    rules = policy("windows: [{tiers: production, open: 'Fri 22:00-02:00', holidays: [2026-11-27]}]")
    assert not closed(rules, Tier.PRODUCTION, at("2026-11-20 23:00"))
    assert not closed(rules, Tier.PRODUCTION, at("2026-11-21 01:59"))
    assert closed(rules, Tier.PRODUCTION, at("2026-11-21 02:00"))
    assert closed(rules, Tier.PRODUCTION, at("2026-11-20 01:00"))
    assert closed(rules, Tier.PRODUCTION, at("2026-11-28 01:00"))


def test_one_open_window_is_enough():
    """Several windows of a tier add up."""
    rules = policy("windows: [{tiers: production, open: Mon}, {tiers: production, open: [Tue, Wed]}]")
    assert not closed(rules, Tier.PRODUCTION, at("2026-11-25 23:59"))
    assert closed(rules, Tier.PRODUCTION, at("2026-11-26 00:00"))


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [("2026-12-17 23:59", False), ("2026-12-18 00:00", True), ("2027-01-04 23:59", True), ("2027-01-05 00:00", False)],
)
def test_a_freeze_holds_through_its_last_day(moment: str, frozen: bool):
    """`until` is inclusive; without a window, times are UTC."""
    assert bool(closed(policy(FREEZE), Tier.PRODUCTION, at(moment))) is frozen


def test_a_freeze_may_name_minutes_and_tiers():
    """A time of day counts through its minute, and only where the freeze says."""
    rules = policy("freezes: [{from: 2026-12-18 12:00, until: 2026-12-18 14:30, tiers: [staging]}]")
    assert closed(rules, Tier.STAGING, at("2026-12-18 14:30:59"))
    assert not closed(rules, Tier.STAGING, at("2026-12-18 14:31"))
    assert not closed(rules, Tier.STAGING, at("2026-12-18 11:59"))
    assert not closed(rules, Tier.PRODUCTION, at("2026-12-18 13:00"))


def test_a_freeze_follows_the_first_windows_zone():
    """With a window in Berlin, the freeze begins at midnight there."""
    rules = policy(BERLIN + FREEZE)
    assert "christmas" in closed(rules, Tier.STAGING, at("2026-12-18 00:00", "Europe/Berlin"))
    assert not closed(rules, Tier.STAGING, at("2026-12-17 23:59", "Europe/Berlin"))


def test_a_window_without_zone_follows_the_first():
    """Only the first window needs to name the zone."""
    rules = policy(BERLIN.rstrip("]\n") + "}, {tiers: [staging], open: '09:00-10:00'}]".removeprefix("}"))
    assert not closed(rules, Tier.STAGING, at("2026-11-23 09:30", "Europe/Berlin"))
    assert closed(rules, Tier.STAGING, at("2026-11-23 09:30"))


def test_freezes_spare_development():
    """Without tiers a freeze holds everywhere but in development."""
    rules, day = policy(FREEZE), at("2026-12-20 12:00")
    assert [tier for tier in Tier if closed(rules, tier, day)] == [Tier.STAGING, Tier.UNKNOWN, Tier.PRODUCTION]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("2026-12-18", "2026-12-18"),
        ("2026-12-18T09:00", "2026-12-18 09:00"),
        ("2026-12-18 09:00:00", "2026-12-18 09:00"),
        ("2026-02-30", None),
        ("soon", None),
    ],
)
def test_moments(text: str, spelled: str | None):
    """ISO dates with or without a time, in one spelling; impossible ones are refused."""
    assert parse_moment(text) == spelled


def test_zones_are_checked():
    """A zone that does not exist is said by its name."""
    assert zone_problem("Europe/Berlin") == ""
    assert zone_problem("UTC") == ""
    assert "Europe/Berln" in zone_problem("Europe/Berln")
