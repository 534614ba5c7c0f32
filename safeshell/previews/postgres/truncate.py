"""TRUNCATE: every table that it empties, counted, with those that CASCADE would empty as well.

What must not live here: rows of other statements (rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.values import dataclass, field
from safeshell.previews.postgres import cascades, locks, relations
from safeshell.previews.postgres.backups import backup_note
from safeshell.previews.postgres.counting import Count, count_rows
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits, Plan, Relation
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.room import Room, least_hope, room_for
from safeshell.previews.postgres.values import Bound, spelled
from safeshell.previews.telling import count, listing, size

_DEPTH = 8
_WEAKEST = (Exactness.EXACT, Exactness.AT_LEAST, Exactness.ESTIMATE, Exactness.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Emptied:
    """One table that would be empty afterwards; `by` is the foreign key that brings CASCADE to it."""

    facts: Facts
    by: str = ""


@dataclass(slots=True)
class _Sight:
    cascade: bool
    tables: list[Emptied] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)


def look(plan: Plan, desk: Desk, limits: Limits, *, cascade: bool) -> Preview:
    """One TRUNCATE. Raises Refused only when the connection did not come back."""
    sight = _Sight(cascade)
    try:
        sight.tables = emptied(desk, plan.relations, cascade=cascade)
        _count(sight, desk)
        sight.notes = list(_notes(sight, desk))
    except Refused as fault:
        sight.faults.append(f"not everything could be looked at: {fault}")
    sight.rooms = [
        room_for(plan, one.facts, counted, limits) for one, counted in zip(sight.tables, sight.counts, strict=False)
    ]
    return _preview(sight, desk, limits)


def emptied(desk: Desk, named: Sequence[Relation], *, cascade: bool) -> list[Emptied]:
    """The tables named, then those that point at them, all the way down where it cascades. Raises Refused."""
    found: dict[int, Emptied] = {}
    for relation in named:
        facts = relations.facts_of(desk, relation)
        if facts is not None:
            found.setdefault(facts.oid, Emptied(facts))
    level = list(found.values())
    for _ in range(_DEPTH if cascade else 0):
        level = list(_pointing(desk, level, found))
        if not level:
            break
    return list(found.values())


def _pointing(desk: Desk, level: list[Emptied], found: dict[int, Emptied]) -> Iterator[Emptied]:
    for one in level:
        for key in cascades.keys_to(desk, one.facts.oids):
            facts = None if key.child in found else relations.facts_by_oid(desk, key.child)
            if facts is not None:
                found[facts.oid] = Emptied(facts, key.name)
                yield found[facts.oid]


def _count(sight: _Sight, desk: Desk) -> None:
    """The biggest table last: the small ones are exact even when time runs out."""
    sight.tables.sort(key=lambda one: one.facts.heap)
    for index, one in enumerate(sight.tables):
        share = 0.8 / (len(sight.tables) - index)
        select = f"SELECT 1 FROM {'ONLY ' if one.facts.tree == (one.facts.oid,) else ''}{one.facts.sql}"
        sight.counts.append(count_rows(desk, select, Bound(), within=share))


def _notes(sight: _Sight, desk: Desk) -> Iterator[str]:
    oids = ", ".join(one.facts.oids for one in sight.tables)
    if not oids:
        return
    outside = [key for key in cascades.keys_to(desk, oids) if key.child not in {one.facts.oid for one in sight.tables}]
    if outside and not sight.cascade:
        yield f"{listing([key.called for key in outside])} point at it, so it will fail without CASCADE"
    for holder in locks.holders(desk, oids, locks.ACCESS_EXCLUSIVE)[:2]:
        yield f"in the way: {holder.line()}"
    for trigger in relations.triggers(desk, oids, "truncate"):
        yield f"trigger {trigger.name} runs {trigger.function}()"


def _preview(sight: _Sight, desk: Desk, limits: Limits) -> Preview:
    total, exactness = _total(sight)
    caveats = list(sight.notes)
    caveats += [note for room in sight.rooms for note in room.caveats]
    caveats += backup_note(limits.backups, within=desk.left())
    failed = bool(sight.faults) or exactness is Exactness.UNKNOWN
    return Preview(
        summary=_summary(sight, total, exactness),
        affected=total,
        unit="rows",
        exactness=exactness,
        sample=_sample(sight) if len(sight.tables) > 1 else (),
        reversibility=least_hope(sight.rooms),
        rollback=desk.inside,
        caveats=tuple(dict.fromkeys([*caveats, *sight.faults])),
        raises=Demand.CONFIRM if failed else Demand.ALLOW,
    )


def _total(sight: _Sight) -> tuple[int | None, Exactness]:
    numbers = [counted.number for counted in sight.counts if counted.number is not None]
    if not numbers:
        return None, Exactness.UNKNOWN
    return sum(numbers), max((counted.exactness for counted in sight.counts), key=_WEAKEST.index)


def _summary(sight: _Sight, total: int | None, exactness: Exactness) -> str:
    if not sight.tables:
        return ""
    words = {Exactness.AT_LEAST: "at least ", Exactness.ESTIMATE: "about "}
    rows = f"all {words.get(exactness, '')}{count(total, 'row')}" if total is not None else "everything"
    names = listing([one.facts.called for one in sight.tables if not one.by])
    more = sum(1 for one in sight.tables if one.by)
    cascaded = f" and, by CASCADE, of {count(more, 'more table')}" if more else ""
    return f"{rows} of {names}{cascaded}, {size(sum(one.facts.size for one in sight.tables))}"


def _sample(sight: _Sight) -> tuple[str, ...]:
    """Each table with its rows; those that only CASCADE reaches say why."""
    rows = zip(sight.tables, sight.counts, strict=False)
    return tuple(
        f"{'?' if counted.number is None else format(counted.number, ','):>12}  {spelled(one.facts.schema, one.facts.name)}"
        + (f"  (CASCADE by {one.by})" if one.by else "")
        for one, counted in sorted(rows, key=lambda pair: -(pair[1].number or 0))
    )
