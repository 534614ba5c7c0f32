"""Conflicts as the server sees them, and who is named."""

from __future__ import annotations

import pytest

from safeshell.previews.postgres import locks, relations
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import LinkError, Relation

MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def found(link, mode):
    desk = Desk(link, 2.0)
    desk.open()
    facts = relations.facts_of(desk, Relation("orders"))
    held = locks.holders(desk, facts.oids, mode) if facts else []
    desk.close()
    return held


@pytest.mark.slow
def test_the_table_of_conflicts_is_the_servers(link, connect):
    """All 64 pairs, asked of the server itself."""
    other = connect()
    link.run("SET lock_timeout = '5ms'; CREATE TABLE t ()")
    for held in MODES:
        other.run(f"BEGIN; LOCK t IN {held} MODE")
        conflicts = {locks.spoken(mode) for mode in locks.conflicting(held)}
        for wanted in MODES:
            link.run("BEGIN")
            try:
                link.run(f"LOCK t IN {wanted} MODE")
                free = True
            except LinkError:
                free = False
            link.run("ROLLBACK")
            assert free is (wanted not in conflicts), (held, wanted)
        other.run("ROLLBACK")


def test_a_blocker_is_named_by_everything_that_helps(link, connect):
    """Pid, user, application, state, age and query; a lock that does not conflict is not named."""
    other = connect("shop-web")
    other.run("BEGIN; SELECT * FROM orders LIMIT 1")
    (one,) = found(link, "AccessExclusiveLock")
    assert (one.pid, one.user, one.application, one.state) == (
        other.connection.backend_pid,
        "postgres",
        "shop-web",
        "idle in transaction",
    )
    assert one.line().startswith(f"pid {one.pid}, postgres, shop-web, idle in transaction for ")
    assert one.line().endswith(": BEGIN; SELECT * FROM orders LIMIT 1")
    assert found(link, "RowExclusiveLock") == []


def test_a_prepared_transaction_is_in_the_way_without_a_session(link, connect):
    """It has no pid: its name is what COMMIT PREPARED needs."""
    other = connect()
    other.run("BEGIN; UPDATE orders SET total = 1 WHERE id = 1; PREPARE TRANSACTION 'half done'")
    (one,) = found(link, "ShareLock")
    assert one.line() == "prepared transaction half done: it holds its locks until COMMIT PREPARED"
    link.run("ROLLBACK PREPARED 'half done'")


def test_old_transactions_and_clients_are_told(link, connect):
    """What CONCURRENTLY waits for, and how many sessions there are besides."""
    other = connect("worker")
    other.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; SELECT pg_sleep(1.1)")
    desk = Desk(link, 2.0)
    desk.open()
    assert [one.application for one in locks.oldest(desk)] == ["worker"]
    assert locks.clients(desk) == "1 other session (worker)"
    desk.close()


def test_spellings():
    """As the manual, pg_locks and people write them."""
    for text in ("AccessExclusiveLock", "ACCESS EXCLUSIVE", "AccessExclusive"):
        assert locks.canonical(text) == "AccessExclusiveLock"
        assert locks.spoken(text) == "ACCESS EXCLUSIVE"
    assert (locks.canonical(""), locks.conflicting(""), locks.blocks("")) == ("", (), "")
    assert locks.blocks("ShareLock") == "writes"
    assert locks.blocks("ShareUpdateExclusiveLock") == ""
    assert [locks.duration(s) for s in (0, 61, 7300, 200000)] == ["0 seconds", "1 minute", "2 hours", "2 days"]
