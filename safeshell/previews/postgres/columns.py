"""The columns of a table, and the key that tells its rows apart.

What must not live here: rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.values import number

_COLUMNS = """
SELECT a.attname, a.attgenerated <> '', a.attidentity = 'a',
       coalesce(array_position((SELECT i.indkey::int2[] FROM pg_catalog.pg_index i
          WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND i.indpred IS NULL AND i.indexprs IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute k WHERE k.attrelid = i.indrelid
                             AND k.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT k.attnotnull)
          ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1), a.attnum), -1),
       coalesce((SELECT i.indnkeyatts FROM pg_catalog.pg_index i
          WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND i.indpred IS NULL AND i.indexprs IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute k WHERE k.attrelid = i.indrelid
                             AND k.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT k.attnotnull)
          ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1), 0)
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `always` is GENERATED ALWAYS AS IDENTITY; `place` is its place in the key, -1 outside of it."""

    name: str
    generated: bool
    always: bool
    place: int


def columns_of(desk: Desk, oid: int) -> list[Column]:
    """The columns of a table in their order. Raises Refused."""
    return [_column(row) for row in desk.table(_COLUMNS.format(oid=oid))]


def key_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """The primary key, else a unique index whose columns are never NULL; () where rows cannot be told apart."""
    return tuple(column.name for column in sorted(columns, key=lambda one: one.place) if column.place >= 0)


def unkeyed(facts: Facts, key: Sequence[str], sets: Sequence[str]) -> str:
    """Why changed rows cannot be found again by key, "" where they can."""
    if not key:
        return f"{facts.called} has no key that tells its rows apart"
    changed = [name for name in key if name in sets]
    return f"the key of {facts.called} is changed itself ({', '.join(changed)})" if changed else ""


def _column(row: Sequence[str | None]) -> Column:
    place = number(row[3])
    return Column(row[0] or "", row[1] == "t", row[2] == "t", place if place < number(row[4]) else -1)
