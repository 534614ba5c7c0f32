"""LOCK TABLE: whom it keeps out, and who keeps it waiting."""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.previews.postgres import lock
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import Plan, Relation


def look(link, mode):
    desk = Desk(link, 2.0)
    desk.open()
    seen = lock.look(Plan("other", "lock", (Relation("orders"),), lock=mode), desk)
    desk.close()
    return seen


def test_an_exclusive_lock_says_who_waits(link, connect):
    """Everybody, until the transaction ends."""
    other = connect("worker")
    other.run("BEGIN; SELECT * FROM orders LIMIT 1")
    seen = look(link, "AccessExclusiveLock")
    assert seen.summary == "locks orders in ACCESS EXCLUSIVE mode"
    assert seen.caveats[0].startswith("in the way: pid ")
    assert seen.caveats[1].startswith("until you end the transaction, all reads and writes of it wait, from 1 other")
    assert seen.raises is Demand.CONFIRM


def test_a_weak_lock_raises_nothing(link):
    """ROW SHARE keeps nobody out."""
    seen = look(link, "RowShareLock")
    assert (seen.raises, seen.caveats) == (Demand.ALLOW, ())
