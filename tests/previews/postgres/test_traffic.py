"""The rate of writes and scans is what really happens on the table."""

from __future__ import annotations

import threading
import time

from safeshell.previews.postgres import relations, traffic
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import Relation


def test_a_busy_table_is_measured(link, connect):
    """A writer at a known pace: the measured rate is of its order."""
    writer, stop, done = connect("writer"), threading.Event(), [0]

    def write():
        while not stop.is_set():
            writer.run("UPDATE orders SET total = total + 1 WHERE id = 1")
            done[0] += 1
            time.sleep(0.005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        time.sleep(2.2)
        desk = Desk(link, 2.0)
        desk.open()
        facts = relations.facts_of(desk, Relation("orders"))
        before, began = done[0], time.monotonic()
        rate = traffic.measure(desk, facts.oids, traffic.read(desk, facts.oids))
        spent, real = time.monotonic() - began, done[0] - before
        desk.close()
    finally:
        stop.set()
        thread.join()
    assert spent < 2.0
    assert 0.2 * real < rate.writes < 5 * real
    assert rate.scans > 0
    assert rate.line().endswith(" a second, measured just now")


def test_a_table_that_nobody_uses_costs_no_wait(link):
    """Nothing ever counted: no window."""
    link.run("CREATE TABLE fresh (id int)")
    desk = Desk(link, 2.0)
    desk.open()
    facts = relations.facts_of(desk, Relation("fresh"))
    began = time.monotonic()
    rate = traffic.measure(desk, facts.oids, traffic.read(desk, facts.oids))
    assert time.monotonic() - began < 0.5
    assert rate.line() == ""
    desk.close()
