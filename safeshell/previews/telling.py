"""Numbers, sizes and ages as people say them. Pure.

What must not live here: looking anything up.
"""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024
_AGES = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))
_TWO_DIGITS = 10


def count(number: int, noun: str, many: str = "") -> str:
    """`1 file`, `1,284 files`, `2 processes` (many="processes")."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def size(number: int) -> str:
    """`0 bytes`, `812 bytes`, `3.2 GiB`, `41 MiB`."""
    amount = float(number)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            break
        amount /= _STEP
    if unit == _UNITS[0]:
        return count(number, "byte")
    return f"{amount:.1f} {unit}" if amount < _TWO_DIGITS else f"{amount:.0f} {unit}"


def span(seconds: float) -> str:
    """`41 days`, `3 minutes`, `less than a minute`."""
    for noun, length in _AGES:
        if seconds >= length:
            return count(int(seconds // length), noun)
    return "less than a minute"


def ago(seconds: float) -> str:
    """`3 minutes ago`; a time in the future is said to be one."""
    return f"{span(seconds)} ago" if seconds >= 0 else "in the future"


def listing(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    shown = list(dict.fromkeys(names))
    if len(shown) <= most:
        return ", ".join(shown)
    return f"{', '.join(shown[:most])} and {len(shown) - most:,} more"


def sentences(*parts: str) -> str:
    """The parts that say something, joined by commas."""
    return ", ".join(part for part in parts if part)
