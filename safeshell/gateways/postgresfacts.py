"""What only the server knows: its tier marker, whether it is read-only, how volatile a routine is.

Texts of questions and the reading of their answers. What must not live here: asking (links, the
session), judging.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from safeshell.gateways.links import LinkError
from safeshell.model.facts import Answer, Ask, Question
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from safeshell.gateways.links import Link

GREETING = (
    "select current_setting('default_transaction_read_only'), current_setting('safeshell.tier', true), "
    "pg_catalog.pg_is_in_recovery(), current_setting('server_version_num')"
)
OLDEST_KNOWN = 120000
"""server_version_num below which the guard's queries were never tried."""
_PATIENCE = 2.0
_SYNTAX_ERROR = "42601"
_MOST = 40
"""Questions of one kind that are asked for one text; the others stay open, which asks harder."""
_VOLATILITY = {"v": "volatile", "s": "stable", "i": "immutable"}


@dataclass(frozen=True, slots=True)
class Greeted:
    """What a fresh connection tells. `enforced`: the server itself starts transactions read-only."""

    enforced: bool
    marker: str = ""
    standby: bool = False
    version: int = 0


def greeted(rows: Sequence[Sequence[str | None]]) -> Greeted | None:
    """The answer to GREETING; None where it is none (a console of a pooler, another engine)."""
    if len(rows) != 1 or len(rows[0]) != 4:  # noqa: PLR2004 - the columns of GREETING
        return None
    read_only, marker, standby, version = (value or "" for value in rows[0])
    return Greeted(read_only == "on", marker, standby == "t", int(version) if version.isdigit() else 0)


def catalogue_facts(questions: Sequence[Question], link: Link) -> dict[Question, Answer]:
    """Answers of the catalogue, looked up on the connection itself: its search_path tells what a bare name means.

    Nothing is answered where nothing can be asked (a failed transaction, a pipeline).
    """
    if link.state == "E" or link.pipeline:
        return {}
    deadline = time.monotonic() + _PATIENCE
    found = _rejected(questions, link, deadline)
    for about, (query, meant) in _LOOKED_UP.items():
        asked = [question for question in questions if question.about is about][:_MOST]
        if not asked:
            continue
        names = ", ".join(_literal(question.subject) for question in asked)
        try:
            with link.looking(deadline):
                rows = link.query(query.format(names=names), deadline=deadline).rows
        except LinkError as fault:
            if fault.broken:
                raise
            continue
        told = {str(row[0]): row[1] for row in rows}
        found |= {question: meant(told.get(question.subject)) for question in asked}
    return found


def _rejected(questions: Sequence[Question], link: Link, deadline: float) -> dict[Question, Answer]:
    """Whether the server's own grammar refuses a message.

    A simple query is parsed as a whole before anything of it runs. So the message is sent with a word behind
    it that no grammar takes: nothing can run, and the error names the word only where all before it parses.
    """
    found: dict[Question, Answer] = {}
    for question in questions:
        if question.about is not Ask.REJECTED:
            continue
        mark = f"safeshell_probe_{os.urandom(8).hex()}"
        try:
            with link.looking(deadline):
                link.query(f"{question.subject}\n;{mark}", deadline=deadline)
        except LinkError as fault:
            if fault.broken:
                raise
            if fault.code == _SYNTAX_ERROR:
                found[question] = not _reached(mark, str(fault))
    return found


def _reached(mark: str, complaint: str) -> bool:
    """Whether the parser complained of the mark itself; an open quote swallows it with what is before it."""
    before, found, _ = complaint.partition(mark)
    return bool(found) and not before.endswith(";")


def _worst(kinds: str | None) -> Answer:
    """The worst of several volatilities; None where there is no such routine."""
    return next((_VOLATILITY[kind] for kind in "vsi" if kind in (kinds or "")), None)


def _as_it_is(value: str | None) -> Answer:
    return value


_ROUTINE = """
select n.name, (select pg_catalog.string_agg(distinct p.provolatile::text, '') from pg_catalog.pg_proc p
  where case pg_catalog.array_length(n.parts, 1)
    when 1 then p.proname = n.parts[1] and pg_catalog.pg_function_is_visible(p.oid)
    when 2 then p.proname = n.parts[2] and p.pronamespace =
      (select s.oid from pg_catalog.pg_namespace s where s.nspname = n.parts[1]) else false end)
from (select name, pg_catalog.parse_ident(name) as parts from unnest(array[{names}]::text[]) as name) n"""
_OPERATOR = """
select n.name, (select pg_catalog.string_agg(distinct p.provolatile::text, '') from pg_catalog.pg_operator o
  join pg_catalog.pg_proc p on p.oid = o.oprcode
  where o.oprname = pg_catalog.regexp_replace(n.name, '^.*\\.', '') and case when n.name ~ '\\.'
    then o.oprnamespace = (select s.oid from pg_catalog.pg_namespace s
      where s.nspname = pg_catalog.regexp_replace(n.name, '\\.[^.]*$', ''))
    else pg_catalog.pg_operator_is_visible(o.oid) end)
from unnest(array[{names}]::text[]) as n(name)"""
_PREPARED = """
select s.name, s.statement from pg_catalog.pg_prepared_statements s where s.name = any (array[{names}]::text[])"""
_COLUMN = """
select n.name, (select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a
  where a.attname = n.parts[pg_catalog.array_length(n.parts, 1)] and not a.attisdropped and a.attrelid =
    pg_catalog.to_regclass(pg_catalog.regexp_replace(n.name, '\\.("([^"]|"")*"|[^."]*)$', '')))
from (select name, pg_catalog.parse_ident(name) as parts from unnest(array[{names}]::text[]) as name) n"""
_OWNER = """
select n.name, (select pg_catalog.pg_get_userbyid(c.relowner)::text from pg_catalog.pg_class c
  where c.oid = pg_catalog.to_regclass(n.name)) from unnest(array[{names}]::text[]) as n(name)"""

_TEMPORARY = """
select n.name, (select c.relpersistence::text from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(n.name)
  and c.relkind = 'r' and not c.relhastriggers and not c.relhasrules)
from unnest(array[{names}]::text[]) as n(name)"""

_LOOKED_UP: dict[Ask, tuple[str, Callable[[str | None], Answer]]] = {
    Ask.ROUTINE: (_ROUTINE, _worst),
    Ask.OPERATOR: (_OPERATOR, _worst),
    Ask.PREPARED: (_PREPARED, _as_it_is),
    Ask.COLUMN: (_COLUMN, _as_it_is),
    Ask.OWNER: (_OWNER, _as_it_is),
    Ask.TEMPORARY: (_TEMPORARY, lambda kind: kind == "t"),
}


def _literal(text: str) -> str:
    """A string constant that means the same whatever standard_conforming_strings says."""
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{quoted}'"
