"""Ending other sessions or their queries: whose they are, and what they are in the middle of.

What must not live here: locks that they hold (locks).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.locks import duration
from safeshell.previews.postgres.values import Bound, ask_bound, cut, number
from safeshell.previews.telling import count, listing, sentences

_QUERY_MOST = 70
_SHOWN = 12

_PEOPLES = ("client backend", None)
"""Of pg_stat_activity.backend_type; NULL where this user may not see it."""
_NOBODY = "no client's session"
_SESSIONS = """
SELECT pid, usename, application_name, coalesce(host(client_addr), ''), state,
       extract(epoch FROM clock_timestamp() - xact_start), left(query, 300), backend_type,
       backend_xid IS NOT NULL,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity w WHERE a.pid = ANY (pg_catalog.pg_blocking_pids(w.pid)))
  FROM pg_catalog.pg_stat_activity a WHERE pid IN ({pids}) ORDER BY xact_start NULLS LAST, pid
"""


def look(pids: Sequence[int], select: str | None, bound: Bound, desk: Desk) -> Preview:
    """Sessions by pid, or by a SELECT that has their pids in its first column."""
    try:
        named = list(pids) or _selected(desk, select, bound)
        if not named:
            return Preview("no session is meant", 0, "sessions", Exactness.EXACT)
        rows = desk.table(_SESSIONS.format(pids=", ".join(map(str, named))))
    except Refused as fault:
        caveat = f"the sessions could not be looked at: {fault}"
        return Preview("", exactness=Exactness.UNKNOWN, caveats=(caveat,), raises=Demand.CONFIRM)
    return _preview(rows, named)


def _selected(desk: Desk, select: str | None, bound: Bound) -> list[int]:
    if not select:
        raise Refused("which sessions are meant is only known when it runs")
    with desk.aside():
        answer = ask_bound(desk, select, bound)
    return [number(row[0]) for row in answer.rows if row[0]]


def _preview(rows: list[Sequence[str | None]], named: Sequence[int]) -> Preview:
    gone = [pid for pid in named if str(pid) not in {row[0] for row in rows}]
    writing = sum(row[8] == "t" for row in rows)
    freed = sum(number(row[9]) for row in rows)
    caveats = [f"{count(writing, 'session')} of them in the middle of a write: that is rolled back"] * bool(writing)
    caveats += [f"{count(freed, 'other session')} waiting for them would go on"] * bool(freed)
    caveats += [f"no session has pid {listing([str(pid) for pid in gone])}"] * bool(gone)
    people = [row for row in rows if row[7] in _PEOPLES]
    caveats += _servers([row for row in rows if row[7] not in _PEOPLES])
    owners = listing([sentences(row[1] or "", row[2] or "") or f"pid {row[0]}" for row in people])
    return Preview(
        summary=f"{count(len(people), 'session')}: {owners}" if people else _NOBODY,
        affected=len(rows),
        unit="sessions",
        exactness=Exactness.EXACT,
        sample=tuple(_line(row) for row in people[:_SHOWN]),
        reversibility=Reversibility.IRREVERSIBLE if rows else Reversibility.UNKNOWN,
        caveats=tuple(caveats),
        raises=Demand.CONFIRM if rows else Demand.ALLOW,
    )


def _servers(rows: list[Sequence[str | None]]) -> list[str]:
    """Processes of the server itself: a wraparound vacuum that is ended comes back, and everything waits."""
    named = [f"{row[7]} (pid {row[0]})" for row in rows]
    return [f"processes of the server itself are meant, too: {listing(named)}"] if named else []


def _line(row: Sequence[str | None]) -> str:
    """`4711  ada  psql  idle in transaction, 4 minutes  DELETE FROM orders`."""
    who = [row[0] or "", row[1] or "", row[2] or "", row[3] or ""]
    state = sentences(row[4] or "", duration(float(row[5])) if row[5] else "")
    query = cut(row[6], _QUERY_MOST) if row[6] else ""
    return "  ".join(part for part in (*who, state, query) if part)
