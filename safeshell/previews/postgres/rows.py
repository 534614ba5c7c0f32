"""Rows that a statement would change: how many, which, before and after, and what hangs on them.

What must not live here: rewriting the statement (languages.postgres), keeping the rows (kit).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.values import dataclass, field
from safeshell.previews.postgres import cascades, locks, relations
from safeshell.previews.postgres.behind import Rows, rows_behind
from safeshell.previews.postgres.columns import columns_of, key_of, unkeyed
from safeshell.previews.postgres.counting import Count, count_rows
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits, Plan, Unit
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.room import Room, room_for
from safeshell.previews.postgres.values import Bound, ask_bound, shown, spelled
from safeshell.previews.telling import count

T = TypeVar("T")

_LOCK = "RowExclusiveLock"
_SHARE = 0.5
"""The share of the time left that counting, and then the sample, may take."""
_WORDS = {Exactness.AT_LEAST: "at least ", Exactness.AT_MOST: "at most ", Exactness.ESTIMATE: "about "}
_REMOVING = frozenset({"delete", "merge"})
_LARGE = 0.2
"""A share of the table from which it is worth telling."""
_WHOLE = 0.999
_ANALYSED_LEAST = 100
"""Rows of a table whose planner's number is worth a comparison."""


@dataclass(slots=True)
class _Sight:
    """What was found so far; every part may fail by itself. `bounded`: the count is an upper bound.

    `real` are the rows of the table itself, `why` says why there are none: a view, a foreign table.
    """

    plan: Plan
    bound: Bound
    desk: Desk
    limits: Limits
    counted: Count = Count(None, Exactness.UNKNOWN)
    facts: Facts | None = None
    real: Rows | None = None
    why: str = ""
    sample: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    bounded: bool = False
    doubtful: bool = False
    room: Room = Room()

    def tried(self, what: str, question: Callable[[], T]) -> T | None:
        """The answer to a question, None where it failed; time running out is no fault."""
        try:
            return question()
        except Refused as fault:
            self.faults.append(f"{what} could not be looked at: {fault}")
            return None


def look(plan: Plan, unit: Unit, desk: Desk, limits: Limits) -> Preview:
    """One statement that changes rows. Raises Refused only when the connection did not come back."""
    sight = _Sight(plan, Bound.of(unit, plan.parameters), desk, limits)
    if plan.relations:
        sight.facts = sight.tried("the table", lambda: relations.facts_of(desk, plan.relations[0]))
    sight.tried("what is behind it", partial(_behind, sight))
    if plan.fixed is not None:
        sight.counted = Count(plan.fixed, Exactness.EXACT)
    elif plan.count:
        sight.counted = count_rows(desk, plan.count, sight.bound, within=_SHARE)
    sight.sample = sight.tried("the sample", lambda: _sample(sight)) or ()
    for what, part in _PARTS.items():
        sight.notes += sight.tried(what, partial(_listed, part, sight)) or ()
    why = sight.why or sight.tried("its key", partial(_unkeyed, sight)) or ""
    sight.room = room_for(plan, sight.real.facts if sight.real else sight.facts, sight.counted, limits, why)
    return _preview(sight)


def _behind(sight: _Sight) -> None:
    """Find the table where the rows are. Why there is none is not a fault: it is what the dialog says of the undo kit."""
    if sight.facts is None or not sight.plan.undo_select:
        return
    try:
        sight.real = rows_behind(sight.desk, sight.plan, sight.facts)
    except Refused as fault:
        if fault.sqlstate:
            raise
        sight.why = str(fault)


def _sample(sight: _Sight) -> tuple[str, ...]:
    select = sight.plan.before_after or sight.plan.sample
    if not select or not sight.limits.sample:
        return ()
    limited = f"SELECT * FROM ({select}) s LIMIT {sight.limits.sample}"
    with sight.desk.aside():
        answer = ask_bound(sight.desk, limited, sight.bound, within=_SHARE)
    return shown(answer.columns, answer.rows) if answer.rows else ()


def _unkeyed(sight: _Sight) -> str:
    """Why rows that only change could not be put back by their key."""
    real = sight.real
    if real is None or sight.plan.verb == "delete":
        return ""
    return unkeyed(real.facts, key_of(columns_of(sight.desk, real.facts.oid)), real.sets)


def _keys(sight: _Sight) -> Iterator[str]:
    """Foreign keys: what goes too, and what keeps it from happening at all."""
    real, counted = sight.real, sight.counted
    nothing = counted.number == 0 and counted.exactness is Exactness.EXACT
    if real is not None and sight.plan.verb in _REMOVING and not nothing:
        yield from cascades.tell(sight.desk, real.facts, real.select, sight.bound)


def _holders(sight: _Sight) -> Iterator[str]:
    """Sessions whose locks on the table would make it wait."""
    if sight.facts is not None:
        for holder in locks.holders(sight.desk, _oids(sight), _LOCK)[:2]:
            yield f"it would wait for {holder.line()}"


def _oids(sight: _Sight) -> str:
    """The named relation, and the table behind it."""
    found = [facts.oids for facts in (sight.facts, sight.real.facts if sight.real else None) if facts is not None]
    return ", ".join(dict.fromkeys(found))


def _triggers(sight: _Sight) -> Iterator[str]:
    """Triggers and rules: what happens besides, or instead."""
    facts, verb = sight.facts, sight.plan.verb
    if facts is None or verb not in relations.EVENTS:
        return
    for trigger in relations.triggers(sight.desk, _oids(sight), verb):
        when = "instead" if trigger.instead else "before" if trigger.before else "after"
        how = "each row" if trigger.each_row else "the statement"
        sight.bounded = sight.bounded or (trigger.before and trigger.each_row)
        sight.doubtful = sight.doubtful or trigger.instead
        skips = ", and may skip rows" if trigger.before and trigger.each_row else ""
        yield f"trigger {trigger.name} runs {trigger.function}() {when} {how}{skips}"
    for rule in relations.rules(sight.desk, _oids(sight), verb):
        sight.doubtful = True
        yield f"rule {rule} rewrites it: what happens is not what was counted"


def _security(sight: _Sight) -> Iterator[str]:
    """Row security hides rows from the count and from the statement alike."""
    facts, verb = sight.facts, sight.plan.verb
    if facts is None or not facts.row_security:
        return
    if own := relations.policies(sight.desk, facts.oid, verb):
        sight.doubtful = True
        named = ", ".join(own)
        yield f"row security has rules for {verb.upper()} alone ({named}): other rows may be hit than were counted"
    else:
        yield "row security is on: only the rows that this user may see are counted, and hit"


def _share_of_table(sight: _Sight) -> Iterator[str]:
    """Most of a table is worth a word."""
    facts, counted = sight.facts, sight.counted
    if facts is None or counted.number is None or facts.rows < _ANALYSED_LEAST or sight.plan.verb == "insert":
        return
    part = counted.number / facts.rows
    if part >= _WHOLE:
        yield f"that is the whole table {facts.called}"
    elif part >= _LARGE:
        yield f"that is {part:.0%} of the table's about {count(facts.rows, 'row')}"


def _listed(part: Callable[[_Sight], Iterator[str]], sight: _Sight) -> list[str]:
    return list(part(sight))


_PARTS: dict[str, Callable[[_Sight], Iterator[str]]] = {
    "its foreign keys": _keys,
    "locks on it": _holders,
    "its triggers": _triggers,
    "row security": _security,
    "its share of the table": _share_of_table,
}
"""What is worth a caveat, the gravest first: small screens show the first ones only."""


def _preview(sight: _Sight) -> Preview:
    plan, counted = sight.plan, sight.counted
    exactness = _exactness(sight)
    caveats = [*sight.notes, *plan.caveats, *([counted.why] if counted.why else []), *sight.room.caveats]
    failed = counted.number is None and not plan.caveats
    if failed and not counted.why:
        caveats.append("what it would hit cannot be counted beforehand")
    return Preview(
        summary=_summary(sight, exactness),
        affected=counted.number,
        unit="rows",
        exactness=exactness,
        sample=sight.sample,
        reversibility=sight.room.reversibility,
        rollback=sight.desk.inside,
        caveats=tuple(dict.fromkeys([*caveats, *sight.faults])),
        raises=Demand.CONFIRM if failed or sight.faults else Demand.ALLOW,
    )


def _exactness(sight: _Sight) -> Exactness:
    """What was counted, made weaker by what the count cannot know."""
    counted, plan = sight.counted, sight.plan
    if counted.number is None:
        return Exactness.UNKNOWN
    if sight.doubtful:
        return Exactness.ESTIMATE
    if counted.exactness is not Exactness.EXACT:
        return counted.exactness if plan.exactness is Exactness.EXACT else Exactness.ESTIMATE
    if plan.exactness is Exactness.EXACT and sight.bounded:
        return Exactness.AT_MOST
    return plan.exactness


def _summary(sight: _Sight, exactness: Exactness) -> str:
    """`1,284 rows of orders`, `at least 40,000 rows of orders`."""
    if sight.counted.number is None:
        return ""
    named = sight.plan.relations[0] if sight.plan.relations else None
    of = sight.facts.called if sight.facts else spelled(named.schema, named.name) if named else ""
    return _WORDS.get(exactness, "") + count(sight.counted.number, "row") + (f" of {of}" if of else "")
