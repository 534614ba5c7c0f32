"""The undo kit of a statement: the rows that it will change or remove, and those that foreign keys take along.

`take_kit` reads them inside the transaction in which the statement then runs. What must not live here: how
they are put back (restoring), where they are kept (state.undo).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safeshell.model.values import dataclass, field
from safeshell.previews.postgres import cascades, relations, truncate
from safeshell.previews.postgres.behind import rows_behind
from safeshell.previews.postgres.columns import columns_of, key_of, unkeyed
from safeshell.previews.postgres.desk import Refused
from safeshell.previews.postgres.keeper import Keeper, TooLargeError, copied
from safeshell.previews.postgres.link import Link, Plan, Unit
from safeshell.previews.postgres.relations import TABLE, Facts
from safeshell.previews.postgres.values import Bound, number
from safeshell.previews.telling import size

INSERT, UPDATE, UPSERT, NOTHING = "insert", "update", "upsert", "nothing"
"""How a part is put back: rows that went, rows that changed, either, or not by a statement."""

_HOW = {"delete": INSERT, "truncate": INSERT, "update": UPDATE, "merge": UPSERT, "insert": UPSERT}

_SEQUENCES = """
SELECT n.nspname, s.relname, pg_catalog.pg_sequence_last_value(s.oid)
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
 WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN ({oids}) AND d.deptype IN ('a', 'i')
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The kept rows of one table. `data` is COPY's text format of `columns` (generated ones are left out).

    `key` are the columns that tell rows apart, () where there are none; `fixed` those that only the
    server may set (GENERATED ALWAYS AS IDENTITY). `silenced` are triggers that would change rows on
    their way back and that this user may switch off meanwhile; True for one that is enabled ALWAYS.
    """

    schema: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    fixed: tuple[str, ...]
    how: str
    data: bytes = field(repr=False)
    rows: int = 0
    silenced: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a sequence of a table stood."""

    schema: str
    name: str
    last: int


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything that was kept, parents before children. `notes` say what it cannot give back.

    `rows` are those of the statement itself; `encoding` is that of the data.
    """

    parts: tuple[Part, ...]
    rows: int
    notes: tuple[str, ...] = ()
    sequences: tuple[Counter, ...] = ()
    encoding: str = "UTF8"

    @property
    def size(self) -> int:
        """Bytes of the data."""
        return sum(len(part.data) for part in self.parts)


def take_kit(  # noqa: PLR0913 - what, where, how much, how long
    plan: Plan, unit: Unit, link: Link, *, limit: int, until: float, cascade: bool = False
) -> Kit:
    """Keep the rows that a statement will hit, up to `limit` bytes, before `until` (time.monotonic()).

    To be called inside the transaction in which it will run. Raises TooLargeError beyond the limit and
    Refused where the rows cannot be read; both leave the transaction as it was.
    """
    keeper = Keeper(link, until)
    keeper.open()
    try:
        taking = _Taking(keeper, limit, Bound.of(unit, plan.parameters))
        kit = taking.truncated(plan, cascade=cascade) if plan.kind == "truncate" else taking.changed(plan)
    except BaseException:
        keeper.abandon()
        raise
    keeper.close()
    return kit


class _Taking:
    """One kit while it is read."""

    def __init__(self, keeper: Keeper, limit: int, bound: Bound) -> None:
        self.keeper = keeper
        self.limit = limit
        self.bound = bound
        self.held = 0
        self.notes: list[str] = []
        self.sets: Sequence[str] = ()

    def changed(self, plan: Plan) -> Kit:
        """The rows of DELETE, UPDATE, MERGE, ON CONFLICT."""
        facts = relations.facts_of(self.keeper, plan.relations[0]) if plan.relations else None
        if facts is None:
            raise Refused("the rows that it changes cannot be selected beforehand")
        found = rows_behind(self.keeper, plan, facts)
        how = _HOW.get(plan.verb, NOTHING)
        self.sets = found.sets
        main = self._part(found.facts, found.select, how, found.lock)
        self.sets = ()
        parts = [main]
        if how in (INSERT, UPSERT):
            parts += self._children(found.facts, found.select)
        if plan.verb in ("merge", "insert"):
            self.notes.append("rows that it adds stay: remove them yourself")
        return self._kit(parts, main.rows)

    def truncated(self, plan: Plan, *, cascade: bool) -> Kit:
        """Every row of every table that is emptied, parents first."""
        tables = [one.facts for one in truncate.emptied(self.keeper, plan.relations, cascade=cascade)]
        oids = ", ".join(facts.oids for facts in tables) or "0"
        counters = tuple(
            Counter(row[0] or "", row[1] or "", number(row[2]))
            for row in self.keeper.table(_SEQUENCES.format(oids=oids))
            if row[2]
        )
        parts = []
        for facts in self._parents_first(tables):
            if facts.kind == TABLE and len(facts.tree) > 1:
                raise Refused(f"{facts.called} has child tables by inheritance")
            parts.append(self._part(facts, f"SELECT * FROM {facts.sql}", INSERT))
        return self._kit(parts, sum(part.rows for part in parts), counters)

    def _kit(self, parts: Sequence[Part], rows: int, sequences: tuple[Counter, ...] = ()) -> Kit:
        encoding = self.keeper.link.server.get("client_encoding", "UTF8") or "UTF8"
        kept = tuple(part for part in parts if part.rows)
        return Kit(kept, rows, tuple(dict.fromkeys(self.notes)), sequences, encoding)

    def _children(self, facts: Facts, select: str) -> Iterator[Part]:
        """Rows that foreign keys remove or change along, each once, parents before their children."""
        seen: dict[tuple[int, str], set[str]] = {}
        for step in cascades.steps(self.keeper, facts.oids, select):
            if step.key.action in (cascades.NO_ACTION, cascades.RESTRICT):
                continue
            child = relations.facts_by_oid(self.keeper, step.key.child)
            if child is None:
                continue
            how = INSERT if step.key.action == cascades.CASCADE else UPDATE
            known = seen.setdefault((child.oid, how), set())
            part = self._part(child, step.select, how, known=known)
            if part.rows and step.depth >= cascades.DEPTH:
                self.notes.append(f"rows more than {cascades.DEPTH} foreign keys down may be missing")
            yield part

    def _part(self, facts: Facts, select: str, how: str, lock: str = "", known: set[str] | None = None) -> Part:
        columns = columns_of(self.keeper, facts.oid)
        key = key_of(columns)
        if how in (UPDATE, UPSERT) and (why := unkeyed(facts, key, self.sets)):
            how = NOTHING
            self.notes.append(f"{why}: its old rows are kept as CSV only")
        kept = tuple(column.name for column in columns if not column.generated)
        data, rows = self._read(select, kept, lock, known)
        return Part(
            schema=facts.schema,
            table=facts.name,
            columns=kept,
            key=key,
            fixed=tuple(column.name for column in columns if column.always),
            how=how,
            data=data,
            rows=rows,
            silenced=self._silenced(facts, how) if rows else (),
        )

    def _read(self, select: str, kept: tuple[str, ...], lock: str, known: set[str] | None) -> tuple[bytes, int]:
        """The rows as COPY text; `known` are places (ctid) of rows that another way led to already."""
        if known is not None:
            select = (
                f"SELECT c.tableoid::text || c.ctid::text AS safeshell_place, c.* {select.removeprefix('SELECT c.*')}"
            )
        lines: list[bytes] = []
        for answer in self.keeper.rows(select, self.bound, lock):
            names = list(answer.columns)
            places = [names.index(name) for name in kept]
            for row in answer.rows:
                if known is not None:
                    if (row[0] or "") in known:
                        continue
                    known.add(row[0] or "")
                line = copied([row[place] for place in places])
                self.held += len(line)
                if self.held > self.limit:
                    raise TooLargeError(f"the rows are more than undo.size, {size(self.limit)}")
                lines.append(line)
        return b"".join(lines), len(lines)

    def _silenced(self, facts: Facts, how: str) -> tuple[tuple[str, bool], ...]:
        """Triggers that would change a row on its way back."""
        events = {INSERT: ("insert",), UPDATE: ("update",), UPSERT: ("insert", "update")}.get(how, ())
        found = {
            trigger.name: trigger
            for event in events
            for trigger in relations.triggers(self.keeper, facts.oids, event)
            if trigger.before and trigger.each_row
        }
        if found and not facts.owned:
            names = ", ".join(found)
            self.notes.append(f"triggers of {facts.called} may change rows on their way back: {names}")
            return ()
        return tuple((trigger.name, trigger.always) for trigger in found.values())

    def _parents_first(self, tables: list[Facts]) -> list[Facts]:
        """Ordered so that no row is put back before those that it points at."""
        by_oid = {facts.oid: facts for facts in tables}
        oids = ", ".join(facts.oids for facts in tables) or "0"
        pairs = {(key.parent, key.child) for key in cascades.keys_to(self.keeper, oids) if not key.to_itself}
        ordered: list[Facts] = []
        while by_oid:
            free = [oid for oid in by_oid if not any(child == oid and up in by_oid for up, child in pairs)]
            if not free:
                self.notes.append("these tables point at each other: defer their foreign keys to put the rows back")
                free = list(by_oid)
            ordered += [by_oid.pop(oid) for oid in free]
        return ordered
