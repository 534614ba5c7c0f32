"""Counting rows under a deadline: a cursor that is moved, never fetched, so that time running out still tells.

What must not live here: which rows.
"""

from __future__ import annotations

from safeshell.model.judgement import Exactness
from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.values import Bound, ask_bound

_CURSOR = "safeshell_rows"
_FIRST_STEP = 100
_LONGEST_STEP = 200_000
_QUICK = 0.05
"""Seconds: a step faster than this is followed by a longer one."""
_GROWTH = 5


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and how that relates to the truth: exact, at_least, estimate or unknown.

    `why` says what kept it from being exact.
    """

    number: int | None
    exactness: Exactness
    why: str = ""


def count_rows(desk: Desk, select: str, bound: Bound, *, within: float) -> Count:
    """Count the rows of a SELECT.

    `within` is the share of the time left that may be used. Never raises for a question that failed.
    """
    until = desk.left() * (1 - within)
    seen = _Seen()
    try:
        with desk.aside():
            _walk(desk, select, bound, until, seen)
    except Refused as fault:
        if not fault.timed_out:
            return Count(None, Exactness.UNKNOWN, f"they could not be counted: {fault}")
    if seen.whole:
        return Count(seen.rows, Exactness.EXACT)
    if seen.rows:
        return Count(seen.rows, Exactness.AT_LEAST, "counting was stopped for time")
    return _estimate(desk, select, bound)


class _Seen:
    """What a walk has counted so far; it outlives the walk's failure."""

    def __init__(self) -> None:
        self.rows = 0
        self.whole = False


def _walk(desk: Desk, select: str, bound: Bound, until: float, seen: _Seen) -> None:
    ask_bound(desk, f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {select}", bound)
    step = _FIRST_STEP
    while desk.left() > until:
        before = desk.left()
        moved = _moved(desk.ask(f"MOVE FORWARD {step} IN {_CURSOR}", within=_share(desk, until)).tag)
        seen.rows += moved
        if moved < step:
            seen.whole = True
            return
        if before - desk.left() < _QUICK:
            step = min(step * _GROWTH, _LONGEST_STEP)


def _share(desk: Desk, until: float) -> float:
    """The part of the time left that lies before `until`."""
    left = desk.left()
    return max(left - until, 0.0) / left if left else 0.0


def _moved(tag: str) -> int:
    word = tag.rpartition(" ")[2]
    return int(word) if word.isdigit() else 0


def _estimate(desk: Desk, select: str, bound: Bound) -> Count:
    """The planner's number, when not one row came in time."""
    import json

    why = "nothing came in time, this is the planner's estimate"
    try:
        with desk.aside():
            rows = ask_bound(desk, f"EXPLAIN (FORMAT JSON) {select}", bound).rows
        plan = json.loads(rows[0][0] or "[]")[0]["Plan"]
        while plan.get("Node Type") in ("Aggregate", "Unique") and plan.get("Plans") and plan["Plan Rows"] <= 1:
            plan = plan["Plans"][0]
        return Count(int(plan["Plan Rows"]), Exactness.ESTIMATE, why)
    except (Refused, ValueError, KeyError, IndexError, TypeError) as fault:
        return Count(None, Exactness.UNKNOWN, f"they could not be counted in time ({type(fault).__name__})")
