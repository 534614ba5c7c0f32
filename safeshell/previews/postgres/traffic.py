"""How busy a table is: its counters read twice.

What must not live here: locks, sizes.
"""

from __future__ import annotations

import time

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import number
from safeshell.previews.telling import sentences

WINDOW = 1.05
"""Seconds between the two readings: backends hand in their counters about once a second."""
IDLE = 0.2
"""What happens to a table a second, on the average, below which nobody waits to see what happens now."""
_SPARE = 0.3
"""Seconds of the deadline that are left for the second reading and what comes after it."""

_COUNTERS = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0), coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0),
       extract(epoch FROM clock_timestamp()),
       extract(epoch FROM clock_timestamp() - greatest(pg_catalog.pg_postmaster_start_time(),
         (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database())))
  FROM pg_catalog.pg_stat_all_tables WHERE relid IN ({oids})
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows written and scans made since the counters were reset.

    `at` is a moment of the server's clock, `seen` the same of ours (time.monotonic()), `age` are the
    seconds since the counters began.
    """

    writes: int
    scans: int
    at: float
    seen: float = 0.0
    age: float = 0.0

    @property
    def usual(self) -> float:
        """Rows written and scans made a second, on the average of their whole time."""
        return (self.writes + self.scans) / max(self.age, 1.0)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows written and scans made a second, measured just now."""

    writes: float = 0.0
    scans: float = 0.0

    def line(self) -> str:
        """`12 rows written and 310 scans a second`, "" where nothing was seen."""
        writes = f"{self.writes:,.0f} rows written" if self.writes >= 1 else ""
        scans = f"{self.scans:,.0f} scans" if self.scans >= 1 else ""
        said = " and ".join(part for part in (writes, scans) if part)
        return sentences(f"{said} a second, measured just now" if said else "")


def read(desk: Desk, oids: str) -> Reading:
    """The counters now. Raises Refused."""
    desk.table("SELECT pg_catalog.pg_stat_clear_snapshot()")
    (row,) = desk.table(_COUNTERS.format(oids=oids))
    return Reading(number(row[0]), number(row[1]), float(row[2] or 0), time.monotonic(), float(row[3] or 0))


def measure(desk: Desk, oids: str, first: Reading) -> Rate:
    """The rate since the first reading, waiting for the rest of the window where time allows.

    A table that is hardly ever used is not waited for. Raises Refused.
    """
    if first.usual < IDLE:
        return Rate()
    rest = min(WINDOW - (time.monotonic() - first.seen), desk.left() - _SPARE)
    if rest > 0:
        time.sleep(rest)
    second = read(desk, oids)
    spent = max(second.at - first.at, 0.001)
    return Rate(max(second.writes - first.writes, 0) / spent, max(second.scans - first.scans, 0) / spent)
