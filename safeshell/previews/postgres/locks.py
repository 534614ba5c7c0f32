"""Who is in the way of a lock, and who would wait behind it.

What must not live here: how strong a lock a statement takes (languages.postgres), traffic (traffic).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import cut, literal, number
from safeshell.previews.telling import count, listing, sentences

ACCESS_EXCLUSIVE = "AccessExclusiveLock"
_QUERY_MOST = 70
_MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    ACCESS_EXCLUSIVE,
)
_CONFLICTS = {
    "AccessShareLock": 7,
    "RowShareLock": 6,
    "RowExclusiveLock": 4,
    "ShareUpdateExclusiveLock": 3,
}
"""For the weaker locks: the number of the weakest that they conflict with; every stronger one conflicts too."""
_SHARE_CONFLICTS = (2, 3, 5, 6, 7)
_WRITERS = {"ShareRowExclusiveLock": 2, "ExclusiveLock": 1, ACCESS_EXCLUSIVE: 0}

_HOLDERS = """
SELECT a.pid, a.usename, a.application_name, coalesce(host(a.client_addr), ''), a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start), l.mode, l.granted,
       l.relation::pg_catalog.regclass::text, left(a.query, 300), a.backend_type,
       CASE WHEN l.pid IS NULL THEN
         (SELECT p.gid FROM pg_catalog.pg_locks t JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = t.transactionid
           WHERE t.pid IS NULL AND t.locktype = 'transactionid' AND t.virtualtransaction = l.virtualtransaction LIMIT 1)
       END
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.relation IN ({oids}) AND l.mode IN ({modes})
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
 ORDER BY l.granted DESC, a.xact_start NULLS LAST
"""

_OLDEST = """
SELECT pid, usename, application_name, coalesce(host(client_addr), ''), state,
       extract(epoch FROM clock_timestamp() - xact_start), '', true, '', left(query, 300), backend_type, NULL
  FROM pg_catalog.pg_stat_activity
 WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() AND backend_xmin IS NOT NULL
   AND clock_timestamp() - xact_start > interval '1 second'
 ORDER BY xact_start
"""

_CLIENTS = """
SELECT coalesce(nullif(application_name, ''), usename, 'unknown'), count(*)
  FROM pg_catalog.pg_stat_activity
 WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
 GROUP BY 1 ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A session that holds a lock, or waits for one. `age` is that of its transaction, in seconds."""

    pid: int
    user: str
    application: str
    address: str
    state: str
    age: float
    mode: str
    granted: bool
    relation: str
    query: str
    backend: str
    prepared: str = ""

    def line(self) -> str:
        """`pid 4711, ada, psql, idle in transaction for 4 minutes: SELECT * FROM orders`."""
        if self.prepared:
            return f"prepared transaction {self.prepared}: it holds its locks until COMMIT PREPARED"
        who = sentences(f"pid {self.pid}", self.user, self.application, self.address)
        state = self.state or ("" if self.backend == "client backend" else self.backend)
        since = f"{state} for {duration(self.age)}" if state and self.age else state
        asked = f": {cut(self.query, _QUERY_MOST)}" if self.query else ""
        return sentences(who, "waiting" if not self.granted else "", since) + asked


def duration(seconds: float) -> str:
    """`12 seconds`, `4 minutes`, `3 hours`: locks are looked at by the second."""
    for length, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            return count(int(seconds // length), noun)
    return count(int(seconds), "second")


def canonical(lock: str) -> str:
    """`AccessExclusiveLock` of any usual spelling (`ACCESS EXCLUSIVE`, `AccessExclusive`), "" for none."""
    bare = "".join(lock.split()).lower().removesuffix("lock") + "lock"
    return next((mode for mode in _MODES if mode.lower() == bare), "")


def spoken(lock: str) -> str:
    """`ACCESS EXCLUSIVE`, as the manual spells it."""
    bare = canonical(lock).removesuffix("Lock")
    return "".join(f" {char}" if char.isupper() else char for char in bare).strip().upper()


def conflicting(lock: str) -> tuple[str, ...]:
    """The modes that a lock has to wait for (table 13.2 of PostgreSQL's manual)."""
    mode = canonical(lock)
    if mode == "ShareLock":
        return tuple(_MODES[index] for index in _SHARE_CONFLICTS)
    least = _CONFLICTS.get(mode, _WRITERS.get(mode, len(_MODES)))
    return _MODES[least:]


def holders(desk: Desk, oids: str, lock: str) -> list[Holder]:
    """The sessions that hold or want a lock which this one conflicts with. Raises Refused."""
    modes = conflicting(lock)
    if not modes or not oids:
        return []
    rows = desk.table(_HOLDERS.format(oids=oids, modes=", ".join(map(literal, modes))))
    return _distinct(map(_holder, rows))


def oldest(desk: Desk) -> list[Holder]:
    """The transactions of this database that CONCURRENTLY has to wait for. Raises Refused."""
    return _distinct(map(_holder, desk.table(_OLDEST)))


def clients(desk: Desk) -> str:
    """`37 other sessions (shop-web 30, worker 7)`, "" where there is none. Raises Refused."""
    found = [(row[0] or "", number(row[1])) for row in desk.table(_CLIENTS)]
    if not found:
        return ""
    alone = len(found) == 1  # then the number is said already
    named = listing([name if alone else f"{name} {many}" for name, many in found])
    return f"{count(sum(many for _, many in found), 'other session')} ({named})"


def blocks(lock: str) -> str:
    """What a lock keeps from running, in words; "" where that is only other schema changes."""
    mode = canonical(lock)
    if mode == ACCESS_EXCLUSIVE:
        return "reads and writes"
    return "writes" if mode in ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock") else ""


def _distinct(found: Iterable[Holder]) -> list[Holder]:
    """Each session once, at its first lock."""
    seen: dict[tuple[int, str], Holder] = {}
    for one in found:
        seen.setdefault((one.pid, one.prepared), one)
    return list(seen.values())


def _holder(row: Sequence[str | None]) -> Holder:
    return Holder(
        pid=number(row[0]),
        user=row[1] or "",
        application=row[2] or "",
        address=row[3] or "",
        state=row[4] or "",
        age=float(row[5] or 0),
        mode=row[6] or "",
        granted=row[7] == "t",
        relation=row[8] or "",
        query=row[9] or "",
        backend=row[10] or "",
        prepared=row[11] or "",
    )
