"""Changes of a schema: how big, how locked, how busy, who is in the way, who would queue, what is safer.

A small table, nothing rewritten, nobody in the way: one quiet line. What must not live here: which lock
and which work a form takes (languages.postgres), dropping (drop).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.previews.postgres import locks, relations, traffic
from safeshell.previews.postgres.backups import backup_note
from safeshell.previews.postgres.definitions import Definitions, definitions_of
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits, Plan, Relation
from safeshell.previews.postgres.locks import Holder
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.traffic import Rate
from safeshell.previews.postgres.values import spelled
from safeshell.previews.telling import count, size

SMALL = 8 << 20
"""Bytes of a table that is read or indexed before anybody notices."""
BUSY = 10.0
"""Scans and written rows a second from which a queue behind a lock is felt at once."""
INSTEAD = 2
"""Steps of a safer route that the dialog tells by itself, in one line; more are listed."""
PATIENCE = "2s"
"""The lock_timeout of the offered way."""
_SHOWN = 3
_WORK = {
    "rewrite": "rewrites {name}",
    "scan": "reads all of {name}",
    "index": "builds an index on {name}",
    "none": "touches only the catalogue entry of {name}",
}
_NO_KIT = "no undo kit: how it was before is not kept"
_REWRITES = frozenset({"rewrite", "index"})


@dataclass(slots=True)
class _Sight:
    """What was found so far."""

    facts: list[Facts] = field(default_factory=list)
    also: list[Facts] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    waiting_for: list[Holder] = field(default_factory=list)
    rate: Rate = Rate()
    clients: str = ""
    bounded: bool = False
    directory: str = ""
    faults: list[str] = field(default_factory=list)
    kept: Definitions = Definitions()

    def add(self, found: list[Holder]) -> None:
        """More sessions in the way, each once."""
        known = {(one.pid, one.prepared) for one in self.waiting_for}
        self.waiting_for += [one for one in found if (one.pid, one.prepared) not in known]


def look(plan: Plan, text: str, desk: Desk, limits: Limits) -> Preview:
    """One change of a schema. Raises Refused only when the connection did not come back."""
    sight = _Sight()
    for relation in plan.relations:
        _find(sight, desk, relation)
    try:
        if limits.undo_bytes and plan.transactional:
            sight.kept = definitions_of(desk, plan.text)
        _gather(sight, plan, desk)
    except Refused as fault:
        sight.faults.append(f"not everything could be looked at: {fault}")
    return _preview(sight, plan, text, desk, limits)


def _find(sight: _Sight, desk: Desk, relation: Relation) -> None:
    try:
        facts = relations.facts_of(desk, relation)
    except Refused as fault:
        sight.faults.append(f"{relation.name} could not be looked at: {fault}")
        return
    if facts is None:
        sight.missing.append(spelled(relation.schema, relation.name))
    else:
        sight.facts.append(facts)


def _gather(sight: _Sight, plan: Plan, desk: Desk) -> None:
    """Locks first, the second reading of the counters last: its window is the longest wait."""
    for name, lock in plan.also_locks:
        facts = relations.facts_named(desk, name)
        if facts is not None:
            sight.also.append(facts)
            sight.add(locks.holders(desk, facts.oids, lock))
    if not sight.facts:
        return
    oids = ", ".join(facts.oids for facts in sight.facts)
    first = traffic.read(desk, oids)
    sight.add(locks.holders(desk, oids, plan.lock))
    if not plan.transactional and "Update" in plan.lock:
        sight.add(locks.oldest(desk))
    sight.clients = locks.clients(desk)
    sight.bounded = desk.lock_timeout not in ("", "0")
    sight.directory = _setting(desk, "data_directory")
    if locks.blocks(plan.lock):
        sight.rate = traffic.measure(desk, oids, first)


def _setting(desk: Desk, name: str) -> str:
    """A setting of the server, "" where it may not be read."""
    rows = desk.table(f"SELECT setting FROM pg_catalog.pg_settings WHERE name = '{name}'")
    return (rows[0][0] or "") if rows else ""


def _preview(sight: _Sight, plan: Plan, text: str, desk: Desk, limits: Limits) -> Preview:
    quiet = is_quiet(sight.facts, plan.work, sight.waiting_for, sight.rate) and not sight.faults
    return Preview(
        summary=_calm(sight, plan) if quiet else _summary(sight, plan),
        exactness=Exactness.UNKNOWN if sight.faults else Exactness.EXACT,
        safer=() if quiet else tuple(_ways(plan, text, sight, offered=bool(limits.tries) and not desk.inside)),
        reversibility=_hope(sight, plan, desk),
        rollback=desk.inside and plan.transactional,
        caveats=() if quiet else tuple(_caveats(sight, plan, desk, limits)),
        raises=Demand.ALLOW if quiet or _unfelt(sight, plan, limits) else Demand.CONFIRM,
    )


def _hope(sight: _Sight, plan: Plan, desk: Desk) -> Reversibility:
    if desk.inside and plan.transactional:
        return Reversibility.UNKNOWN
    return Reversibility.UNDO_KIT if sight.kept.texts else Reversibility.UNKNOWN


def is_quiet(facts: Sequence[Facts], work: str, waiting_for: Sequence[Holder], rate: Rate) -> bool:
    """True where nobody will notice: nobody in the way, nothing rewritten, small, or untouched and calm."""
    if waiting_for or work == "rewrite":
        return False
    calm = rate.writes + rate.scans < BUSY
    small = all(one.size <= SMALL for one in facts)
    return small or (work == "none" and calm)


def _unfelt(sight: _Sight, plan: Plan, limits: Limits) -> bool:
    """True for work that keeps nobody waiting, however big the table: the route that is advised to others.

    Reading and indexing under a lock that conflicts with other schema changes alone, with nobody in the way,
    nothing unknown, and room on a disk that can be seen.
    """
    if sight.faults or sight.waiting_for or not sight.facts or plan.work == "rewrite" or not locks.canonical(plan.lock):
        return False
    if any(locks.blocks(lock) for lock in (plan.lock, *(lock for _, lock in plan.also_locks))):
        return False
    needed, free = _room(sight, plan, limits)
    return plan.work != "index" or free is None or free > needed


def _summary(sight: _Sight, plan: Plan) -> str:
    """`rewrites orders: about 1,000,000 rows, 58 MiB and 21 MiB of indexes, under ACCESS EXCLUSIVE`."""
    if not sight.facts:
        if sight.also:
            return f"locks {', '.join(facts.called for facts in sight.also)}"
        return f"there is no {sight.missing[0]} yet" if sight.missing else ""
    main = sight.facts[0]
    did = _WORK.get(plan.work, "changes {name}").format(name=main.called)
    under = f", under {locks.spoken(plan.lock)}" if locks.canonical(plan.lock) else ""
    return f"{did}: {main.measure()}{under}"


def _calm(sight: _Sight, plan: Plan) -> str:
    """`nobody is in the way of orders: about 200 rows, 56 KiB`: one line, no drama."""
    if not sight.facts:
        return _summary(sight, plan)
    main = sight.facts[0]
    return f"nobody is in the way of {main.called}: {main.measure()}"


def _caveats(sight: _Sight, plan: Plan, desk: Desk, limits: Limits) -> Iterator[str]:
    """The gravest first: small screens show only these."""
    if sight.waiting_for:
        yield _in_the_way(sight.waiting_for)
    yield from _queue(sight, plan)
    for holder in sight.waiting_for[1:_SHOWN]:
        yield f"also in the way: {holder.line()}"
    yield from plan.caveats
    yield from sight.kept.notes or [_NO_KIT] * (not sight.kept.texts)
    if plan.work in _REWRITES and sight.facts:
        yield from _disk(sight, plan, limits)
    if plan.work == "rewrite":
        yield from backup_note(limits.backups, within=desk.left())
    for facts in (*sight.facts[1:], *sight.also):
        yield f"it locks {facts.called} too: {facts.measure()}"
    if not plan.transactional:
        yield "it cannot run in a transaction: if it is interrupted, what is half done stays"
    yield from sight.faults


def _in_the_way(holders: Sequence[Holder]) -> str:
    more = f" (and {len(holders) - 1} more)" if len(holders) > 1 else ""
    return f"in the way{more}: {holders[0].line()}"


def _queue(sight: _Sight, plan: Plan) -> Iterator[str]:
    """Who would stand behind it: while it waits for its lock, and while it holds it."""
    kept_out = locks.blocks(plan.lock)
    if not kept_out:
        return
    rate = sight.rate.line()
    busy = f": {rate}" if rate else ""
    who = f"; connected: {sight.clients}" if sight.clients else ""
    if sight.waiting_for:
        name = (*sight.facts, *sight.also)[0].called
        until = "" if sight.bounded else " until that session ends (no lock_timeout is set)"
        yield f"while it waits, all {kept_out} of {name} queue behind it{until}{busy}{who}"
    elif sight.facts and (plan.work != "none" or rate):
        yield f"while it runs, all {kept_out} of {sight.facts[0].called} wait{busy}{who}"


def _disk(sight: _Sight, plan: Plan, limits: Limits) -> Iterator[str]:
    """Room for the second copy, where the server's disk can be looked at."""
    needed, free = _room(sight, plan, limits)
    if free is None:
        yield f"it needs about {size(needed)} more on the server's disk, whose free space cannot be seen from here"
        return
    short = "" if free > needed else ": too little"
    yield f"it needs about {size(needed)} more on the server's disk, {size(free)} are free{short}"


def _room(sight: _Sight, plan: Plan, limits: Limits) -> tuple[int, int | None]:
    """Bytes of the second copy, and those that are free; None where the server's disk cannot be looked at."""
    main = sight.facts[0]
    needed = main.size if plan.work == "rewrite" else main.indexes // max(main.index_count, 1)
    place = main.location or sight.directory
    if not limits.same_host or not place:
        return needed, None
    try:
        found = os.statvfs(place)
    except OSError:
        return needed, None
    return needed, found.f_bavail * found.f_frsize


def _ways(plan: Plan, text: str, sight: _Sight, *, offered: bool) -> Iterator[str]:
    """The safer route as ready SQL, then the same statement with a bound on its wait, unless a key does that."""
    if len(plan.safer) > INSTEAD:
        yield from (line for sql in plan.safer for line in sql.splitlines())
    bounded = offered or sight.bounded or any("lock_timeout" in sql for sql in plan.safer)
    if plan.transactional and locks.blocks(plan.lock) and not bounded:
        yield f"give up instead of queueing, and try again ({count(3, 'time')} is usual):"
        yield f"  SET lock_timeout = '{PATIENCE}';"
        yield f"  {' '.join(text.split()).rstrip('; ')};"
