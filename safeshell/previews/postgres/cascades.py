"""What hangs on rows that go: children by foreign key, counted; keys without an index.

What must not live here: rows of the table itself, triggers (relations), restoring (kit).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safeshell.model.judgement import Exactness
from safeshell.model.values import dataclass
from safeshell.previews.postgres.counting import Count, count_rows
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.values import Bound, identifier, number, qualified, spelled
from safeshell.previews.telling import count

DEPTH = 5
"""Foreign keys that are followed one behind the other."""
_MOST = 40
_FAILS = "it will fail"
_BIG = 10_000
"""Rows of a child table from which a missing index is worth a word."""

_KEYS = """
SELECT con.oid, con.conname, con.confdeltype, child.oid, n.nspname, child.relname, child.reltuples, con.confrelid,
       (SELECT pg_catalog.string_agg(a.attname, E'\\x1f' ORDER BY k.place)
          FROM unnest(con.conkey) WITH ORDINALITY k(number, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.number),
       (SELECT pg_catalog.string_agg(a.attname, E'\\x1f' ORDER BY k.place)
          FROM unnest(con.confkey) WITH ORDINALITY k(number, place)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.number),
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = con.conrelid AND i.indisvalid AND i.indpred IS NULL
                  AND (i.indkey::int2[])[0:cardinality(con.conkey) - 1] @> con.conkey),
       con.conrelid = con.confrelid, parent.relname
  FROM pg_catalog.pg_constraint con
  JOIN pg_catalog.pg_class child ON child.oid = con.conrelid
  JOIN pg_catalog.pg_class parent ON parent.oid = con.confrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = child.relnamespace
 WHERE con.contype = 'f' AND con.confrelid IN ({oids})
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint up
                    WHERE up.oid = con.conparentid AND up.confrelid IN ({oids}))
 ORDER BY con.confdeltype, n.nspname, child.relname, con.conname
"""

_WEAKEST = (Exactness.EXACT, Exactness.AT_LEAST, Exactness.ESTIMATE, Exactness.UNKNOWN)

NO_ACTION, RESTRICT, CASCADE, SET_NULL, SET_DEFAULT = "a", "r", "c", "n", "d"


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key: `columns` of the child point at `parents` of the table `parent`. `action` is ON DELETE."""

    name: str
    action: str
    child: int
    schema: str
    table: str
    rows: int
    parent: int
    columns: tuple[str, ...]
    parents: tuple[str, ...]
    indexed: bool
    to_itself: bool
    above: str

    @property
    def called(self) -> str:
        """The child as a person calls it."""
        return spelled(self.schema, self.table)

    def children(self, of: str) -> str:
        """A SELECT of the whole child rows that point at the rows of the SELECT `of`."""
        own = ", ".join(f"c.{identifier(name)}" for name in self.columns)
        theirs = ", ".join(f"u.{identifier(name)}" for name in self.parents)
        return (
            f"SELECT c.* FROM {qualified(self.schema, self.table)} c WHERE ({own}) IN (SELECT {theirs} FROM ({of}) u)"
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One foreign key met on the way down, and the SELECT of the child rows that it reaches."""

    key: Key
    select: str
    depth: int


def keys_to(desk: Desk, oids: str) -> list[Key]:
    """The foreign keys that point at these tables. Raises Refused."""
    return [_key(row) for row in desk.table(_KEYS.format(oids=oids))]


def steps(desk: Desk, oids: str, select: str, depth: int = 1) -> Iterator[Step]:
    """Every foreign key below the rows of a SELECT; cascades are followed further down. Raises Refused."""
    for key in keys_to(desk, oids)[:_MOST]:
        reached = key.children(select)
        yield Step(key, reached, depth)
        if key.action == CASCADE and depth < DEPTH:
            yield from steps(desk, str(key.child), reached, depth + 1)


def tell(desk: Desk, facts: Facts, select: str, bound: Bound) -> list[str]:
    """Count the children that go or change with the rows of a SELECT. Raises Refused."""
    found = list(steps(desk, facts.oids, select))
    reached: dict[tuple[int, str], tuple[Step, Count]] = {}
    for index, step in enumerate(found):
        # what is left is shared by what is still to be counted
        counted = count_rows(desk, step.select, bound, within=0.8 / (len(found) - index))
        if counted.number == 0 and counted.exactness is Exactness.EXACT:
            continue
        if step.depth == DEPTH and step.key.action == CASCADE and counted.exactness is Exactness.EXACT:
            counted = Count(counted.number, Exactness.AT_LEAST)
        first, before = reached.get((step.key.child, step.key.name), (step, Count(0, Exactness.EXACT)))
        reached[step.key.child, step.key.name] = (first, _sum(before, counted))
    said = [_effect(step, counted) for step, counted in reached.values()]
    said.sort(key=lambda one: not one.startswith(_FAILS))
    said += [_unindexed(step.key) for step in found if not step.key.indexed and step.key.rows >= _BIG]
    return list(dict.fromkeys(said))


def _sum(one: Count, other: Count) -> Count:
    """Rows that the same key reaches on several levels; the weaker exactness counts."""
    if one.number is None or other.number is None:
        return Count(None, Exactness.UNKNOWN)
    return Count(one.number + other.number, max(one.exactness, other.exactness, key=_WEAKEST.index))


def _effect(step: Step, counted: Count) -> str:
    """`4,211 rows of order_items go too (ON DELETE CASCADE)`."""
    key = step.key
    columns = ", ".join(key.columns)
    rows = f"{_how_many(counted)} of {key.called}"
    through = f", through {key.above}" if step.depth > 1 else ""
    one = counted.number == 1
    if key.action == CASCADE:
        return f"{rows} {'goes' if one else 'go'} too (ON DELETE CASCADE{through})"
    if key.action in (SET_NULL, SET_DEFAULT):
        value = "NULL" if key.action == SET_NULL else "its default"
        return f"{rows} {'gets' if one else 'get'} {value} in {columns} (ON DELETE SET {'NULL' if key.action == SET_NULL else 'DEFAULT'}{through})"
    return f"{_FAILS}: {rows} still name these rows ({key.name})"


def _how_many(counted: Count) -> str:
    if counted.number is None:
        return "an unknown number of rows"
    words = {Exactness.AT_LEAST: "at least ", Exactness.ESTIMATE: "about "}
    return words.get(counted.exactness, "") + count(counted.number, "row")


def _unindexed(key: Key) -> str:
    return (
        f"{key.called}.{', '.join(key.columns)} has no index: each row that goes scans"
        f" about {count(key.rows, 'row')} of {key.called}"
    )


def _key(row: Sequence[str | None]) -> Key:
    return Key(
        name=row[1] or "",
        action=row[2] or "",
        child=number(row[3]),
        schema=row[4] or "",
        table=row[5] or "",
        rows=number(row[6]),
        parent=number(row[7]),
        columns=tuple((row[8] or "").split("\x1f")),
        parents=tuple((row[9] or "").split("\x1f")),
        indexed=row[10] == "t",
        to_itself=row[11] == "t",
        above=row[12] or "",
    )
