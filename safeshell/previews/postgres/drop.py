"""DROP: what the object holds, what hangs on it, when it was last saved, and a dump to make first.

What must not live here: other changes of a schema (ddl).
"""

from __future__ import annotations

from collections.abc import Iterator

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.previews.postgres import cascades, locks, relations
from safeshell.previews.postgres.backups import backup_note, dump_of
from safeshell.previews.postgres.counting import Count, count_rows
from safeshell.previews.postgres.definitions import Definitions, definitions_of
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits, Plan
from safeshell.previews.postgres.relations import TABLE, VIEWS, Facts
from safeshell.previews.postgres.values import Bound, number, spelled
from safeshell.previews.telling import ago, count, listing, size

_INDEXES = frozenset("iI")
_NO_KIT = "no undo kit: the server cannot write out all that goes"

_VIEWS = """
WITH RECURSIVE dependent(oid) AS (
    SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refobjid IN ({oids}) AND r.ev_class NOT IN ({oids})
  UNION
    SELECT r.ev_class FROM dependent JOIN pg_catalog.pg_depend d ON d.refobjid = dependent.oid
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.ev_class <> dependent.oid
)
SELECT oid::pg_catalog.regclass::text FROM dependent ORDER BY 1
"""

_INDEX_USE = """
SELECT i.indrelid::pg_catalog.regclass::text, coalesce(s.idx_scan, 0), i.indisunique, con.conname, {last}
  FROM pg_catalog.pg_index i
  LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
  LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
 WHERE i.indexrelid = {oid}
"""
_LAST_SCAN_SINCE = 160000


@dataclass(slots=True)
class _Sight:
    """What was found so far."""

    facts: list[Facts] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    kept: Definitions = Definitions()


def look(plan: Plan, desk: Desk, limits: Limits, database: str) -> Preview:
    """One DROP of tables, views or indexes. Raises Refused only when the connection did not come back."""
    sight = _Sight()
    try:
        for relation in plan.relations:
            facts = relations.facts_of(desk, relation)
            if facts is None:
                sight.missing.append(spelled(relation.schema, relation.name))
            else:
                sight.facts.append(facts)
        if limits.undo_bytes and plan.transactional:
            sight.kept = definitions_of(desk, plan.text)
        sight.notes = list(_notes(sight, plan, desk))
        _count(sight, desk)
    except Refused as fault:
        sight.faults.append(f"not everything could be looked at: {fault}")
    return _preview(sight, plan, desk, limits, database)


def _count(sight: _Sight, desk: Desk) -> None:
    for index, facts in enumerate(sight.facts):
        if facts.kind in _INDEXES | VIEWS:
            sight.counts.append(Count(None, Exactness.EXACT))
            continue
        select = f"SELECT 1 FROM {facts.sql}"
        sight.counts.append(count_rows(desk, select, Bound(), within=0.8 / (len(sight.facts) - index)))


def _notes(sight: _Sight, plan: Plan, desk: Desk) -> Iterator[str]:
    """What hangs on it, who uses it, who is in the way."""
    if not sight.facts:
        return
    oids = ", ".join(facts.oids for facts in sight.facts)
    for holder in locks.holders(desk, oids, plan.lock or locks.ACCESS_EXCLUSIVE)[:2]:
        yield f"in the way: {holder.line()}"
    sight.views = [row[0] or "" for row in desk.table(_VIEWS.format(oids=oids))]
    if sight.views:
        yield f"{count(len(sight.views), 'view')} built on it: {listing(sight.views)}"
    own = {oid for facts in sight.facts for oid in facts.tree}
    keys = [key for key in cascades.keys_to(desk, oids) if key.child not in own]
    if keys:
        yield f"{listing([f'{key.called} ({key.name})' for key in keys])} point at it"
    for facts in sight.facts:
        if facts.kind in _INDEXES:
            yield from _index(desk, facts)


def _index(desk: Desk, facts: Facts) -> Iterator[str]:
    """How much an index is used, and what else it does."""
    last = "extract(epoch FROM clock_timestamp() - s.last_idx_scan)" if desk.version >= _LAST_SCAN_SINCE else "NULL"
    for row in desk.table(_INDEX_USE.format(oid=facts.oid, last=last)):
        recently = f", the last time {ago(float(row[4]))}" if row[4] else ""
        yield f"{facts.called} on {row[0]} was used {count(number(row[1]), 'time')}{recently}"
        if row[3]:
            yield f"it holds the constraint {row[3]}"
        elif row[2] == "t":
            yield "it keeps values unique: without it duplicates come in"


def _preview(sight: _Sight, plan: Plan, desk: Desk, limits: Limits, database: str) -> Preview:
    rows = [counted.number for counted in sight.counts if counted.number is not None]
    tables = [facts for facts in sight.facts if facts.kind not in _INDEXES | VIEWS]
    caveats = [*sight.notes, *(plan.caveats if sight.facts else ()), *sight.kept.notes]
    kit = Reversibility.UNDO_KIT if sight.kept.texts else Reversibility.UNKNOWN
    caveats += [_NO_KIT] * bool(sight.facts and not sight.kept.texts)
    if tables:
        caveats += backup_note(limits.backups, within=desk.left())
    caveats += sight.faults
    return Preview(
        summary=_summary(sight),
        affected=sum(rows) if rows else None,
        unit="rows" if rows else "",
        exactness=_exactness(sight),
        safer=tuple(_first(tables, database)),
        reversibility=Reversibility.IRREVERSIBLE if tables else kit,
        rollback=desk.inside and plan.transactional,
        caveats=tuple(dict.fromkeys(caveats)),
        raises=Demand.ALLOW if _harmless(sight) else Demand.CONFIRM,
    )


def _harmless(sight: _Sight) -> bool:
    """True where only this session loses something, or nothing exists: the server will say so, or skip it."""
    return not sight.faults and bool(sight.facts or sight.missing) and all(facts.temporary for facts in sight.facts)


def _exactness(sight: _Sight) -> Exactness:
    if sight.faults:
        return Exactness.UNKNOWN
    weakest = (Exactness.EXACT, Exactness.AT_LEAST, Exactness.ESTIMATE, Exactness.UNKNOWN)
    return max((counted.exactness for counted in sight.counts), key=weakest.index, default=Exactness.EXACT)


def _summary(sight: _Sight) -> str:
    """`orders: 1,000,000 rows, 58 MiB and 21 MiB of indexes`."""
    said = []
    for facts, counted in zip(sight.facts, sight.counts, strict=False):
        words = {Exactness.AT_LEAST: "at least ", Exactness.ESTIMATE: "about "}
        least = words.get(counted.exactness, "")
        rows = f"{least}{count(counted.number, 'row')}, " if counted.number is not None else ""
        weight = "" if facts.kind == "v" else size(facts.heap)
        indexes = f" and {size(facts.indexes)} of indexes" if facts.index_count else ""
        said.append(f"{facts.called}: {rows}{weight}{indexes}".rstrip(": "))
    if not said and sight.missing:
        return f"there is no {listing(sight.missing)}"
    return "; ".join(said)


def _first(tables: list[Facts], database: str) -> Iterator[str]:
    """What to do before: a dump of just these tables."""
    dumped = [facts for facts in tables if facts.kind == TABLE or len(facts.tree) > 1]
    if dumped:
        yield "save it first, in another window:"
        yield from (f"  {dump_of(facts, database)}" for facts in dumped[:3])
