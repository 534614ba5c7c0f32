"""Change windows and freezes: reading their texts, and whether a moment lies outside.

What must not live here: clocks (the moment is an argument), and what a closed window raises (decide).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from safeshell.model.effects import Tier
from safeshell.policy.policy import OpenTime

if TYPE_CHECKING:
    from safeshell.policy.policy import Freeze, Policy, Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
OPEN_EXAMPLE = "hours such as Mon-Thu 09:00-15:30"


def parse_open(text: str) -> OpenTime | None:
    """`Mon-Thu 09:00-15:30`, `Sat,Sun`, `22:00-24:00`; None for anything else."""
    found = re.fullmatch(r"\s*([A-Za-z,\- ]+?)?\s*(?:(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d))?\s*", text)
    if not found or not text.strip():
        return None
    days = _days(found[1] or "Mon-Sun")
    start, end = _minutes(found[2] or "00:00"), _minutes(found[3] or "24:00")
    if not days or start is None or end is None or start in (end, MINUTES_A_DAY) or end == 0:
        return None
    return OpenTime(days=days, start=start, end=end)


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first[:3] not in DAYS or (last or first)[:3] not in DAYS:
            return frozenset()
        start, end = DAYS.index(first[:3]), DAYS.index((last or first)[:3])
        days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(days)


def _minutes(text: str) -> int | None:
    hours, minutes = (int(part) for part in text.split(":"))
    total = hours * 60 + minutes
    return total if minutes < 60 and total <= MINUTES_A_DAY else None  # noqa: PLR2004 - minutes of an hour


def parse_moment(text: str) -> str | None:
    """An ISO date, or date and HH:MM, in one spelling; None for anything else."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::00)?)?", text.strip())
    if not found:
        return None
    spelled = f"{found[1]} {found[2]}" if found[2] else found[1]
    try:
        datetime.fromisoformat(spelled)
    except ValueError:
        return None
    return spelled


def zone_problem(name: str) -> str:
    """Why a tz database name cannot be used; "" when it can."""
    try:
        zone_of(name)
    except (KeyError, ValueError, OSError):
        return f"there is no time zone {name}"
    return ""


def zone_of(name: str) -> tzinfo:
    """The zone by its name. Raises KeyError (no such zone), ValueError or OSError."""
    if name.upper() == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only windows with a zone need the tz database

    return ZoneInfo(name)


def closed(policy: Policy, tier: Tier, at: float) -> str:
    """Why changes are not expected now in this tier, "" when they are.

    `at` is seconds since the epoch. Unknown places follow production's windows. A zone that is
    missing on this host counts as closed: the hours cannot be told.
    """
    for freeze in policy.freezes:
        if _counts(tier, freeze.tiers) and _frozen(freeze, at):
            return f"a freeze is on until {freeze.until}" + (f" ({freeze.reason})" if freeze.reason else "")
    windows = [window for window in policy.windows if _counts(tier, window.tiers)]
    if not windows or any(_open(window, at) for window in windows):
        return ""
    hours = "; ".join(dict.fromkeys(f"{window.text} {window.zone}" for window in windows))
    return f"it is outside the change window ({hours})"


def _counts(tier: Tier, tiers: frozenset[Tier]) -> bool:
    return tier in tiers or (tier is Tier.UNKNOWN and Tier.PRODUCTION in tiers)


def _local(at: float, zone: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, zone_of(zone))
    except (KeyError, ValueError, OSError, OverflowError):
        return None


def _frozen(freeze: Freeze, at: float) -> bool:
    now = _local(at, freeze.zone)
    if now is None:
        return True
    # A date alone ends with its day, a date with a time ends with its minute.
    here = now.strftime("%Y-%m-%d %H:%M")
    return freeze.start <= here[: len(freeze.start)] and here[: len(freeze.until)] <= freeze.until


def _open(window: Window, at: float) -> bool:
    now = _local(at, window.zone)
    if now is None:
        return False
    return any(_within(hours, now, window.holidays) for hours in window.open)


def _within(hours: OpenTime, now: datetime, holidays: frozenset[str]) -> bool:
    minute = now.hour * 60 + now.minute
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    if hours.start < hours.end:
        return hours.start <= minute < hours.end and _works(today, hours, holidays)
    late = minute >= hours.start and _works(today, hours, holidays)
    return late or (minute < hours.end and _works(yesterday, hours, holidays))


def _works(day: date, hours: OpenTime, holidays: frozenset[str]) -> bool:
    return day.weekday() in hours.days and day.isoformat() not in holidays
