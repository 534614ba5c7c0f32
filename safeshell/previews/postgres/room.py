"""Whether an undo kit would be taken, and how large it would be. Pure.

What must not live here: taking one (kit).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.model.values import dataclass
from safeshell.previews.postgres.counting import Count
from safeshell.previews.postgres.link import Limits, Plan
from safeshell.previews.postgres.relations import PARTITIONED, TABLE, Facts
from safeshell.previews.telling import size

KEPT = frozenset({"delete", "update", "merge", "insert", "truncate"})
_NEW_ROWS = "rows that it adds are not in the undo kit"


@dataclass(frozen=True, slots=True)
class Room:
    """What will be kept: whether it can be taken back, and what is to be said about that."""

    reversibility: Reversibility = Reversibility.UNKNOWN
    caveats: tuple[str, ...] = ()


def room_for(plan: Plan, facts: Facts | None, counted: Count, limits: Limits, unkeyed: str = "") -> Room:
    """What an undo kit of the counted rows would be; `unkeyed` says why changed rows could not be found again."""
    if plan.verb == "insert" and not plan.undo_select:
        return Room(Reversibility.UNKNOWN)
    why = unkeyed or _why_not(plan, facts, counted, limits)
    if why:
        return Room(Reversibility.IRREVERSIBLE, (f"no undo kit: {why}",))
    return Room(Reversibility.UNDO_KIT, (_NEW_ROWS,) if plan.verb == "merge" else ())


def least_hope(rooms: Sequence[Room]) -> Reversibility:
    """What can be said of several tables at once."""
    hopes = (Reversibility.UNDO_KIT, Reversibility.UNKNOWN, Reversibility.IRREVERSIBLE)
    return max((room.reversibility for room in rooms), key=hopes.index, default=Reversibility.UNKNOWN)


def _why_not(plan: Plan, facts: Facts | None, counted: Count, limits: Limits) -> str:
    """Why no kit will be taken, "" when there will be one."""
    if not limits.undo_bytes:
        return "undo.size is 0"
    if plan.verb not in KEPT or (plan.kind != "truncate" and not plan.undo_select):
        return "the rows that it changes cannot be selected beforehand"
    if facts is None:
        return "its table is not known"
    if facts.kind not in (TABLE, PARTITIONED):
        return f"{facts.called} is no plain table"
    if len(facts.tree) > 1 and facts.kind == TABLE:
        return f"{facts.called} has child tables by inheritance"
    needed = weight(facts, counted)
    if needed > limits.undo_bytes:
        return f"about {size(needed)} of rows are more than undo.size, {size(limits.undo_bytes)}"
    return ""


def weight(facts: Facts, counted: Count) -> int:
    """About how many bytes the rows are as text; the whole table where nothing was counted."""
    if counted.number is None or counted.exactness is Exactness.UNKNOWN:
        return facts.heap
    if facts.rows <= 0:
        return min(facts.heap, counted.number * 1024)
    return int(facts.heap / facts.rows * counted.number)
