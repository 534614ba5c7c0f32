"""The table behind a view, with the rows of it that a change of the view hits.

What must not live here: reading a view's text (languages.postgres.viewbase), what is done with the rows (rows, kit).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from safeshell.model.values import dataclass
from safeshell.previews.postgres import relations
from safeshell.previews.postgres.columns import columns_of, key_of
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Plan
from safeshell.previews.postgres.relations import PARTITIONED, TABLE, VIEW, Facts
from safeshell.previews.postgres.values import identifier

_DEEPEST = 8
"""Views upon views that are followed."""
_LOCKS = " FOR UPDATE OF c"


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a statement's rows really are: the table, a SELECT of them, what may lock them, the columns it sets."""

    facts: Facts
    select: str
    lock: str
    sets: tuple[str, ...]


def rows_behind(desk: Desk, plan: Plan, facts: Facts) -> Rows:
    """The rows of a table are its own, those of a view are its table's. Raises Refused, with the reason, where neither holds."""
    if not plan.undo_select:
        raise Refused("the rows that it changes cannot be selected beforehand")
    if facts.kind != VIEW:
        return Rows(_plain(facts), plan.undo_select, plan.lock_rows, tuple(plan.sets))
    table, columns = _table_of(desk, facts)
    key = key_of(columns_of(desk, table.oid))
    names = {base: name for name, base in columns.items()}
    if not key:
        raise Refused(f"{table.called}, the table behind {facts.called}, has no key that tells its rows apart")
    if missing := [name for name in key if name not in names]:
        raise Refused(f"{facts.called} does not show the key of {table.called} ({', '.join(missing)})")
    own = ", ".join(f"c.{identifier(name)}" for name in key)
    shown = ", ".join(f"u.{identifier(names[name])}" for name in key)
    select = f"SELECT c.* FROM {table.sql} c WHERE ({own}) IN (SELECT {shown} FROM ({plan.undo_select}) u)"
    return Rows(table, select, _LOCKS, tuple(columns.get(name, name) for name in plan.sets))


def _plain(facts: Facts) -> Facts:
    """A table; Refused for what is none, or not one alone."""
    if facts.kind not in (TABLE, PARTITIONED):
        kind = {"f": "a foreign table: what its server does with the rows cannot be seen from here"}.get(facts.kind)
        raise Refused(f"{facts.called} is {kind or 'no plain table'}")
    if facts.kind == TABLE and len(facts.tree) > 1:
        raise Refused(f"{facts.called} has child tables by inheritance")
    return facts


def _table_of(desk: Desk, view: Facts) -> tuple[Facts, Mapping[str, str]]:
    """The table at the bottom of a view that the server itself passes changes through, and its columns by the view's names."""
    now = view
    names: Mapping[str, str] = {}
    for depth in range(_DEEPEST):
        base = _base(desk, now)
        columns: Mapping[str, str] = base.columns if base else {}
        names = columns if not depth else {name: columns[mid] for name, mid in names.items() if mid in columns}
        below = relations.facts_named(desk, base.name) if base else None
        if below is None:
            break
        if below.kind != VIEW:
            return _plain(below), names
        now = below
    raise Refused(f"the rows of {view.called} are not those of one table")


def _base(desk: Desk, view: Facts) -> Any:
    """What one view shows of one relation; None where a trigger or a rule takes its changes elsewhere."""
    if relations.rules(desk, view.oids, "merge") or any(
        one.instead for one in relations.triggers(desk, view.oids, "merge")
    ):
        raise Refused(f"a trigger or a rule of {view.called} says what a change of it does")
    rows = desk.table(f"SELECT pg_catalog.pg_get_viewdef({view.oid}::oid)")
    return import_module("safeshell.languages.postgres.viewbase").base_of(rows[0][0] or "") if rows else None
