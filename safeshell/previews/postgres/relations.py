"""What the catalogue knows of a table: size, rows, kind, children, who owns it, triggers, rules.

What must not live here: rows of the table itself, foreign keys (cascades), locks (locks).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.link import Relation
from safeshell.previews.postgres.values import literal, number, qualified, spelled
from safeshell.previews.telling import count, size

TABLE = "r"
PARTITIONED = "p"
VIEW = "v"
VIEWS = frozenset({VIEW, "m"})

_FACTS = """
WITH RECURSIVE tree(oid) AS (
    SELECT ({found})::oid
  UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid WHERE {below}
)
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence,
       (SELECT CASE WHEN min(t.reltuples) FILTER (WHERE t.relkind <> 'p') < 0 THEN -1
                    ELSE sum(greatest(t.reltuples, 0)) FILTER (WHERE t.relkind <> 'p') END
          FROM tree JOIN pg_catalog.pg_class t USING (oid)),
       (SELECT sum(pg_catalog.pg_table_size(oid)) FROM tree),
       (SELECT sum(pg_catalog.pg_indexes_size(oid)) FROM tree),
       (SELECT count(*) FROM pg_catalog.pg_index i JOIN tree ON i.indrelid = tree.oid),
       (SELECT pg_catalog.string_agg(oid::oid::text, ' ') FROM tree),
       CASE WHEN c.relkind IN ('r', 'p') THEN pg_catalog.row_security_active(c.oid) ELSE false END,
       pg_catalog.pg_has_role(c.relowner, 'USAGE'), c.relispartition,
       coalesce(nullif(pg_catalog.pg_tablespace_location(c.reltablespace), ''), '')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = {found}
"""

_TRIGGERS = """
SELECT DISTINCT t.tgname, p.proname, (t.tgtype & 2) <> 0, (t.tgtype & 1) <> 0, (t.tgtype & 64) <> 0,
       t.tgenabled = 'A'
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgrelid IN ({oids}) AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND (t.tgtype & {events}) <> 0
 ORDER BY 1
"""

_RULES = """
SELECT rulename FROM pg_catalog.pg_rewrite
 WHERE ev_class IN ({oids}) AND ev_type IN ({events}) AND ev_enabled IN ('O', 'A') AND rulename <> '_RETURN' ORDER BY 1
"""

_POLICIES = """
SELECT polname FROM pg_catalog.pg_policy WHERE polrelid = {oid} AND polcmd IN ({events}) ORDER BY 1
"""

EVENTS = {"insert": 4, "delete": 8, "update": 16, "truncate": 32, "merge": 28}
"""Bits of pg_trigger.tgtype."""
_POLICY_EVENTS = {"update": "'w'", "delete": "'d'", "merge": "'w', 'd'"}
_RULE_EVENTS = {"update": "'2'", "insert": "'3'", "delete": "'4'", "merge": "'2','3','4'"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One table. `rows` is the planner's number, -1 where it was never analysed; sizes are bytes.

    `tree` are the oids of the table and of all below it (partitions, children). `owned` says that this
    user may alter it; `row_security` that policies hide rows from this user; `location` is the
    directory of its tablespace, "" for the default.
    """

    oid: int
    schema: str
    name: str
    kind: str
    temporary: bool
    rows: int
    heap: int
    indexes: int
    index_count: int
    tree: tuple[int, ...]
    row_security: bool
    owned: bool
    partition: bool
    location: str

    @property
    def called(self) -> str:
        """As a person calls it."""
        return spelled(self.schema, self.name)

    @property
    def sql(self) -> str:
        """Its name for a statement."""
        return qualified(self.schema, self.name)

    @property
    def oids(self) -> str:
        """The tree as a list for IN."""
        return ", ".join(map(str, self.tree))

    @property
    def size(self) -> int:
        """Bytes of the table with its indexes."""
        return self.heap + self.indexes

    def measure(self) -> str:
        """`about 1,000,000 rows, 58 MiB and 21 MiB of indexes`."""
        rows = f"about {count(self.rows, 'row')}, " if self.rows >= 0 else ""
        return f"{rows}{size(self.heap)}" + (f" and {size(self.indexes)} of indexes" if self.index_count else "")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger that would fire. `before` may change or skip rows; `always` fires for replication too."""

    name: str
    function: str
    before: bool
    each_row: bool
    instead: bool
    always: bool


def facts_of(desk: Desk, relation: Relation) -> Facts | None:
    """What is known of a table; None where there is none of this name. Raises Refused."""
    found = f"pg_catalog.to_regclass({literal(qualified(relation.schema, relation.name))})::oid"
    return _facts(desk, found, only=relation.only)


def facts_named(desk: Desk, text: str) -> Facts | None:
    """The same by a name as SQL writes it."""
    return _facts(desk, f"pg_catalog.to_regclass({literal(text)})::oid", only=False)


def facts_by_oid(desk: Desk, oid: int) -> Facts | None:
    """The same by oid."""
    return _facts(desk, f"{oid}::oid", only=False)


def _facts(desk: Desk, found: str, *, only: bool) -> Facts | None:
    rows = desk.table(_FACTS.format(found=found, below="false" if only else "true"))
    return _read(rows[0]) if rows else None


def _read(row: Sequence[str | None]) -> Facts:
    return Facts(
        oid=number(row[0]),
        schema=row[1] or "",
        name=row[2] or "",
        kind=row[3] or "",
        temporary=row[4] == "t",
        rows=number(row[5]),
        heap=number(row[6]),
        indexes=number(row[7]),
        index_count=number(row[8]),
        tree=tuple(int(word) for word in (row[9] or "").split()),
        row_security=row[10] == "t",
        owned=row[11] == "t",
        partition=row[12] == "t",
        location=row[13] or "",
    )


def triggers(desk: Desk, oids: str, event: str) -> list[Trigger]:
    """The triggers that an event (a key of EVENTS) would fire. Raises Refused."""
    rows = desk.table(_TRIGGERS.format(oids=oids, events=EVENTS[event]))
    return [Trigger(row[0] or "", row[1] or "", *(flag == "t" for flag in row[2:])) for row in rows]


def rules(desk: Desk, oids: str, event: str) -> list[str]:
    """The rules that rewrite such a statement. Raises Refused."""
    if event not in _RULE_EVENTS:
        return []
    return [row[0] or "" for row in desk.table(_RULES.format(oids=oids, events=_RULE_EVENTS[event]))]


def policies(desk: Desk, oid: int, event: str) -> list[str]:
    """The row policies that such a statement has for itself: a SELECT is not under them. Raises Refused."""
    if event not in _POLICY_EVENTS:
        return []
    return [row[0] or "" for row in desk.table(_POLICIES.format(oid=oid, events=_POLICY_EVENTS[event]))]
