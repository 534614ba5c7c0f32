"""DROP SCHEMA, DROP DATABASE: everything that goes in one word, counted and weighed.

What must not live here: single tables (drop).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.postgres.backups import backup_note
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits
from safeshell.previews.postgres.values import literal, number
from safeshell.previews.telling import count, listing, size

_MOST = 12

_SCHEMAS = """
SELECT n.nspname, c.relname, c.relkind, pg_catalog.pg_total_relation_size(c.oid), c.reltuples
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE pg_catalog.quote_ident(n.nspname) IN ({names}) AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f') ORDER BY 4 DESC, 1, 2
"""
_DATABASES = """
SELECT d.datname, pg_catalog.pg_database_size(d.oid),
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datname = d.datname),
       (SELECT string_agg(DISTINCT coalesce(nullif(a.application_name, ''), a.usename::text), ', ')
          FROM pg_catalog.pg_stat_activity a WHERE a.datname = d.datname)
  FROM pg_catalog.pg_database d WHERE d.datname IN ({names})
"""
_WITH_ROWS = frozenset("rpmf")

KINDS = frozenset({"drop schema", "drop database"})
"""Verbs that this module looks at."""


def look(verb: str, names: Sequence[str], desk: Desk, limits: Limits) -> Preview:
    """What would go. `names` of schemas are as SQL writes them, of databases bare."""
    listed = ", ".join(literal(name) for name in names)
    try:
        if verb == "drop database":
            return _databases(desk.table(_DATABASES.format(names=listed)), names, desk, limits)
        return _objects(desk.table(_SCHEMAS.format(names=listed)), names, desk, limits)
    except Refused as fault:
        caveat = f"what it holds could not be looked at: {fault}"
        return Preview("", exactness=Exactness.UNKNOWN, caveats=(caveat,), raises=Demand.CONFIRM)


def _objects(rows: Sequence[Sequence[str | None]], names: Sequence[str], desk: Desk, limits: Limits) -> Preview:
    tables = [row for row in rows if (row[2] or "") in _WITH_ROWS]
    held = sum(number(row[3]) for row in rows)
    about = sum(max(number(row[4]), 0) for row in tables)
    others = f" and {count(len(rows) - len(tables), 'other object')}" if len(rows) > len(tables) else ""
    summary = f"{count(len(tables), 'table')} with about {count(about, 'row')}, {size(held)}{others}: {listing(names)}"
    return Preview(
        summary=summary if rows else f"there is nothing in {listing(names)}",
        affected=len(tables),
        unit="tables",
        exactness=Exactness.EXACT,
        sample=tuple(
            f"{size(number(row[3])):>9}  {row[0]}.{row[1]}  about {count(max(number(row[4]), 0), 'row')}"
            for row in tables[:_MOST]
        ),
        reversibility=Reversibility.IRREVERSIBLE if tables else Reversibility.UNKNOWN,
        caveats=tuple(backup_note(limits.backups, within=desk.left())) if tables else (),
        raises=Demand.CONFIRM if rows else Demand.ALLOW,
    )


def _databases(rows: Sequence[Sequence[str | None]], names: Sequence[str], desk: Desk, limits: Limits) -> Preview:
    caveats = [
        f"{count(number(row[2]), 'session')} connected to {row[0]} ({row[3]}): it fails while they are, but for FORCE"
        for row in rows
        if number(row[2])
    ]
    told = ", ".join(f"{row[0]}: {size(number(row[1]))}" for row in rows)
    return Preview(
        summary=f"the whole database {told}" if rows else f"there is no database {listing(names)}",
        exactness=Exactness.EXACT,
        reversibility=Reversibility.IRREVERSIBLE if rows else Reversibility.UNKNOWN,
        caveats=(*caveats, *backup_note(limits.backups, within=desk.left())),
        raises=Demand.CONFIRM if rows else Demand.ALLOW,
    )
