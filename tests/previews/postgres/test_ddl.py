"""Changes of a schema: quiet where nobody notices, loud where a queue would build up."""

from __future__ import annotations

import os

import pytest

from safeshell.model.effects import Demand
from safeshell.previews.postgres import ddl
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.link import Limits
from tests.previews.postgres.linking import ddl_plan

TEXT = "ALTER TABLE orders ADD COLUMN note text"


def look(link, plan, limits=None, text=TEXT):
    desk = Desk(link, 2.0)
    desk.open()
    seen = ddl.look(plan, text, desk, limits or Limits())
    desk.close()
    assert link.state == "I"
    return seen


@pytest.mark.parametrize("work", ["none", "scan", "index"])
def test_a_small_table_without_a_queue_is_one_quiet_line(link, work):
    """No sample, no caveat, nothing raised."""
    seen = look(link, ddl_plan("orders", work))
    assert (seen.raises, seen.sample, seen.caveats) == (Demand.ALLOW, (), ())
    assert seen.summary.startswith("nobody is in the way of orders: about 3,000 rows, ")


def test_somebody_in_the_way_raises_it(link, connect):
    """Even where only the catalogue is touched: everything queues behind the wait."""
    other = connect("shop-web")
    other.run("BEGIN; SELECT * FROM orders LIMIT 1")
    seen = look(link, ddl_plan("orders", "none"))
    assert seen.raises is Demand.CONFIRM
    assert seen.caveats[0].startswith(f"in the way: pid {other.connection.backend_pid}, postgres, shop-web, idle in ")
    assert seen.caveats[0].endswith("SELECT * FROM orders LIMIT 1")
    told = "while it waits, all reads and writes of orders queue behind it until that session ends (no lock_timeout is set)"
    assert seen.caveats[1].startswith(told)
    assert seen.safer[-2:] == ("  SET lock_timeout = '2s';", f"  {TEXT};")


def test_a_lock_timeout_that_is_set_is_seen(link, connect):
    """The client's own setting, not the one that the preview bounds itself with."""
    link.run("SET lock_timeout = '3s'")
    other = connect()
    other.run("BEGIN; SELECT * FROM orders LIMIT 1")
    seen = look(link, ddl_plan("orders", "none"))
    assert not any("no lock_timeout" in caveat for caveat in seen.caveats)
    assert not any("SET lock_timeout" in line for line in seen.safer)


def test_a_rewrite_shows_the_safer_route_and_the_disk(link):
    """Ready SQL, what it needs, and what is free where that is known."""
    plan = ddl_plan("orders", "rewrite", safer=("ALTER TABLE orders ADD COLUMN id_new bigint;", "BEGIN;", "COMMIT;"))
    seen = look(link, plan, Limits(backups={"command": "echo 02:00"}))
    assert seen.raises is Demand.CONFIRM
    assert seen.summary.startswith("rewrites orders: ")
    assert seen.safer[0] == "ALTER TABLE orders ADD COLUMN id_new bigint;"
    assert any("cannot be seen from here" in caveat for caveat in seen.caveats)
    assert "the last known backup: 02:00" in seen.caveats
    here = look(link, plan, Limits(same_host=True))
    if os.geteuid() == 0:
        assert any(caveat.endswith(" are free") for caveat in here.caveats)


def test_a_table_that_is_not_there_is_said(link):
    """CREATE, or a mistake: the server will tell."""
    seen = look(link, ddl_plan("nowhere", "none"))
    assert seen.summary == "there is no nowhere yet"
    assert seen.raises is Demand.ALLOW


def test_concurrently_waits_for_old_transactions(link, connect):
    """Of any table."""
    other = connect("report")
    other.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM refunds; SELECT pg_sleep(1.1)")
    seen = look(link, ddl_plan("orders", "index", "ShareUpdateExclusiveLock", transactional=False))
    assert seen.caveats[0].startswith("in the way: pid ")
    assert ", report, " in seen.caveats[0]
    assert any("cannot run in a transaction" in caveat for caveat in seen.caveats)


def test_a_locked_catalogue_asks_harder(link, connect):
    """Somebody holds ACCESS EXCLUSIVE: the size cannot be read, and that is said."""
    other = connect()
    other.run("BEGIN; LOCK orders")
    seen = look(link, ddl_plan("orders", "none"))
    assert seen.raises is Demand.CONFIRM
    assert any("lock timeout" in caveat for caveat in seen.caveats)


@pytest.mark.parametrize("work", ["none", "scan", "index"])
def test_work_that_keeps_nobody_waiting_takes_no_typing(link, connect, monkeypatch, work):
    """VACUUM, VALIDATE CONSTRAINT, CONCURRENTLY on a big table: told in one line, unless somebody is in the way."""
    monkeypatch.setattr(ddl, "SMALL", 0)
    gentle = ddl_plan("orders", work, "ShareUpdateExclusiveLock", transactional=False)
    seen = look(link, gentle)
    assert seen.raises is Demand.ALLOW
    assert "orders" in seen.summary
    other = connect("vacuum-job")
    other.run("BEGIN; LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE")
    assert look(link, gentle).raises is Demand.CONFIRM
    other.run("ROLLBACK")
    loud = ddl_plan("orders", work, "ShareLock")
    assert look(link, loud).raises is (Demand.ALLOW if work == "none" else Demand.CONFIRM)
    assert look(link, ddl_plan("orders", "rewrite", "ShareUpdateExclusiveLock")).raises is Demand.CONFIRM


def test_an_index_needs_room(link, monkeypatch):
    """Where the disk can be seen, and has not enough, even the gentle way is asked about."""
    monkeypatch.setattr(ddl, "SMALL", 0)
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result((512, 512, *[1] * 8)))
    plan = ddl_plan("orders", "index", "ShareUpdateExclusiveLock", transactional=False)
    seen = look(link, plan, Limits(same_host=True))
    assert seen.raises is Demand.CONFIRM
    assert any(caveat.endswith("512 bytes are free: too little") for caveat in seen.caveats)
    assert look(link, plan, Limits(same_host=False)).raises is Demand.ALLOW
