"""What a schema change takes away, written out by the server itself: the undo kit of a definition.

What must not live here: which definitions a statement names (languages.postgres.keepsakes), keeping them (cli).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import literal

_GRANTS = "its grants and comments are not in the undo kit"
_COLUMNS = "a column that the new view adds has to go before the old one comes back"
_NAMED = "(pg_catalog.to_regclass({name})::oid)"
_ON_TABLE = "(SELECT x.oid FROM pg_catalog.{catalogue} x WHERE x.{of} = pg_catalog.to_regclass({table}) AND x.{called} = {name})"
_STATISTICS = """(SELECT s.oid FROM pg_catalog.pg_statistic_ext s, pg_catalog.parse_ident({name}) AS n(parts)
  WHERE s.stxname = n.parts[array_length(n.parts, 1)] AND CASE array_length(n.parts, 1)
    WHEN 1 THEN pg_catalog.pg_statistics_obj_is_visible(s.oid)
    ELSE s.stxnamespace = pg_catalog.to_regnamespace(quote_ident(n.parts[1])) END)"""
_PLACES = {
    "view": _NAMED,
    "materialized view": _NAMED,
    "index": _NAMED,
    "statistics": _STATISTICS,
    "constraint": _ON_TABLE.replace("{catalogue}", "pg_constraint")
    .replace("{of}", "conrelid")
    .replace("{called}", "conname"),
    "trigger": _ON_TABLE.replace("{catalogue}", "pg_trigger").replace("{of}", "tgrelid").replace("{called}", "tgname"),
    "rule": _ON_TABLE.replace("{catalogue}", "pg_rewrite").replace("{of}", "ev_class").replace("{called}", "rulename"),
}
_ROUTINE_BY = {True: "(pg_catalog.to_regprocedure({name})::oid)", False: "(pg_catalog.to_regproc({name})::oid)"}

_OPTIONS = "coalesce(' WITH (' || pg_catalog.array_to_string(x.reloptions, ', ') || ')', '')"
_OWNER = """CASE WHEN x.{owner} <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
   THEN 'ALTER {word} ' || x.oid::{reg} || ' OWNER TO ' || quote_ident(pg_catalog.pg_get_userbyid(x.{owner})) END"""
_VIEW_OWNER = _OWNER.format(owner="relowner", word="VIEW", reg="regclass")
_MATVIEW_OWNER = _OWNER.format(owner="relowner", word="MATERIALIZED VIEW", reg="regclass")
_ROUTINE_OWNER = _OWNER.format(owner="proowner", word="ROUTINE", reg="regprocedure")
_OR_REPLACE = "regexp_replace({text}, '^CREATE ', '{create} ')"

_TEXTS = {
    "view": f"""SELECT x.oid::regclass::text, '{{create}} VIEW ' || x.oid::regclass || {_OPTIONS} || ' AS'
      || pg_catalog.pg_get_viewdef(x.oid), {_VIEW_OWNER}, x.relacl IS NOT NULL
      FROM pg_catalog.pg_class x WHERE x.oid = {{oid}} AND x.relkind = 'v'""",
    "materialized view": f"""SELECT x.oid::regclass::text, 'CREATE MATERIALIZED VIEW ' || x.oid::regclass || {_OPTIONS}
      || ' AS' || pg_catalog.pg_get_viewdef(x.oid) || coalesce((SELECT pg_catalog.string_agg(E'\\n'
      || pg_catalog.pg_get_indexdef(i.indexrelid), ';' ORDER BY i.indexrelid) FROM pg_catalog.pg_index i
      WHERE i.indrelid = x.oid), ''), {_MATVIEW_OWNER}, x.relacl IS NOT NULL
      FROM pg_catalog.pg_class x WHERE x.oid = {{oid}} AND x.relkind = 'm'""",
    "index": """SELECT x.oid::regclass::text, pg_catalog.pg_get_indexdef(x.oid), NULL, false
      FROM pg_catalog.pg_class x WHERE x.oid = {oid} AND x.relkind = 'i'""",
    "routine": f"""SELECT x.oid::regprocedure::text, pg_catalog.pg_get_functiondef(x.oid), {_ROUTINE_OWNER}, x.proacl IS NOT NULL
      FROM pg_catalog.pg_proc x WHERE x.oid = {{oid}} AND x.prokind <> 'a'""",
    "constraint": """SELECT quote_ident(x.conname) || ' of ' || x.conrelid::regclass, 'ALTER TABLE ' || x.conrelid::regclass
      || ' ADD CONSTRAINT ' || quote_ident(x.conname) || ' ' || pg_catalog.pg_get_constraintdef(x.oid), NULL, false
      FROM pg_catalog.pg_constraint x WHERE x.oid = {oid}""",
    "trigger": f"""SELECT quote_ident(x.tgname) || ' of ' || x.tgrelid::regclass,
      {_OR_REPLACE.format(text="pg_catalog.pg_get_triggerdef(x.oid)", create="{create}")}, CASE x.tgenabled WHEN 'O' THEN NULL
      ELSE 'ALTER TABLE ' || x.tgrelid::regclass || CASE x.tgenabled WHEN 'D' THEN ' DISABLE' WHEN 'A' THEN ' ENABLE ALWAYS'
      ELSE ' ENABLE REPLICA' END || ' TRIGGER ' || quote_ident(x.tgname) END, false
      FROM pg_catalog.pg_trigger x WHERE x.oid = {{oid}} AND NOT x.tgisinternal""",
    "rule": f"""SELECT quote_ident(x.rulename) || ' of ' || x.ev_class::regclass,
      {_OR_REPLACE.format(text="pg_catalog.pg_get_ruledef(x.oid)", create="{create}")}, NULL, false
      FROM pg_catalog.pg_rewrite x WHERE x.oid = {{oid}}""",
    "statistics": """SELECT quote_ident(x.stxname), pg_catalog.pg_get_statisticsobjdef(x.oid), NULL, false
      FROM pg_catalog.pg_statistic_ext x WHERE x.oid = {oid}""",
}


@dataclass(frozen=True, slots=True)
class Definitions:
    """What was written out: SQL that makes it again, in order; what it is called; what the SQL leaves out."""

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def definitions_of(desk: Desk, text: str) -> Definitions:
    """The definitions that one statement takes away or replaces; none where not all of them have a text. Raises Refused."""
    named: Sequence[Any] = import_module("safeshell.languages.postgres.keepsakes").keepsakes(text)
    if not named:
        return Definitions()
    with desk.aside():
        (oids,) = desk.ask("SELECT " + ", ".join(_place(one) for one in named)).rows
        found = [(one, oid) for one, oid in zip(named, oids, strict=True) if oid]
        if not found:
            return Definitions()
        # every name with its schema, whatever the client's path is
        asked = "\nUNION ALL\n".join(
            f"SELECT {place}, * FROM ({_text(one, oid)}) t(called, text, more, granted)"
            for place, (one, oid) in enumerate(found)
        )
        rows = desk.ask(f"SET LOCAL search_path = pg_catalog; {asked} ORDER BY 1").rows
    return _read(found, rows) if len(rows) == len(found) else Definitions()


def _place(one: Any) -> str:
    place = _ROUTINE_BY["(" in one.name] if one.kind == "routine" else _PLACES[one.kind]
    return place.format(name=literal(one.name), table=literal(one.table))


def _text(one: Any, oid: str) -> str:
    return _TEXTS[one.kind].format(oid=int(oid), create="CREATE OR REPLACE" if one.replaced else "CREATE")


def _read(found: Sequence[tuple[Any, str | None]], rows: Sequence[Sequence[str | None]]) -> Definitions:
    texts, notes = [], []
    for (one, _), (_, _, text, more, granted) in zip(found, rows, strict=True):
        texts += [part.rstrip(";\n ") for part in (text, None if one.replaced else more) if part]
        notes += [_GRANTS] * (granted == "t" and not one.replaced) + [_COLUMNS] * (one.replaced and one.kind == "view")
    names = tuple(f"{one.kind} {row[1]}" for (one, _), row in zip(found, rows, strict=True))
    return Definitions(tuple(texts), names, tuple(dict.fromkeys(notes)))
