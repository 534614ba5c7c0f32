"""TRUNCATE: the tables that are empty afterwards are the tables that were named before."""

from __future__ import annotations

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.postgres import truncate
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.link import Limits
from tests.previews.postgres.linking import Plan, Relation


def look(link, *names, cascade=False, limits=None):
    desk = Desk(link, 2.0)
    desk.open()
    plan = Plan("truncate", "truncate", tuple(Relation(name) for name in names), lock="AccessExclusiveLock")
    seen = truncate.look(plan, desk, limits or Limits(), cascade=cascade)
    desk.close()
    return seen


def counts(link):
    names = ("orders", "order_items", "notes", "visits", "refunds", "customers")
    return {name: int(link.run(f"SELECT count(*) FROM {name}")[0][0]) for name in names}


def test_cascade_names_every_table_with_its_rows(link):
    """The sum is the loss, table by table."""
    seen = look(link, "orders", cascade=True)
    before = counts(link)
    link.run("TRUNCATE orders CASCADE")
    lost = {name: before[name] - left for name, left in counts(link).items()}
    assert seen.affected == sum(lost.values())
    assert seen.exactness is Exactness.EXACT
    assert seen.summary.startswith("all 29,101 rows of orders and, by CASCADE, of 4 more tables, ")
    shown = {line.split()[1]: int(line.split()[0].replace(",", "")) for line in seen.sample}
    assert shown == {name: many for name, many in lost.items() if many}


def test_without_cascade_it_says_that_it_will_fail(link):
    """And names what points at it."""
    seen = look(link, "orders")
    assert any("will fail without CASCADE" in caveat for caveat in seen.caveats)


def test_a_large_table_has_no_kit(link):
    """Above undo.size it cannot be taken back, and that is said."""
    assert look(link, "visits").reversibility is Reversibility.UNDO_KIT
    seen = look(link, "visits", limits=Limits(undo_bytes=1000))
    assert seen.reversibility is Reversibility.IRREVERSIBLE
    assert any("more than undo.size" in caveat for caveat in seen.caveats)


def test_somebody_in_the_way_is_named(link, connect):
    """A reader is enough."""
    other = connect("report")
    other.run("BEGIN; SELECT * FROM visits LIMIT 1")
    assert look(link, "visits").caveats[0].startswith("in the way: pid ")


def test_partitions_are_counted_with_their_parent(link):
    """Not ONLY the parent."""
    link.run("""
        CREATE TABLE logs (at int) PARTITION BY RANGE (at);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100);
        INSERT INTO logs SELECT generate_series(1, 50)
    """)
    assert look(link, "logs").affected == 50
