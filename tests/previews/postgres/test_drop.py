"""DROP: what it holds, what hangs on it, and the dump that is offered."""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.postgres import drop
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.link import Limits
from tests.previews.postgres.linking import Plan, Relation


def look(link, verb, *names, limits=None):
    desk = Desk(link, 2.0)
    desk.open()
    plan = Plan("ddl", verb, tuple(Relation(name) for name in names), lock="AccessExclusiveLock")
    seen = drop.look(plan, desk, limits or Limits(), "shop")
    desk.close()
    return seen


def test_a_table_with_everything_on_it(link):
    """Rows, views, foreign keys, the last backup, a dump first."""
    link.run("CREATE VIEW open_orders AS SELECT * FROM orders; CREATE VIEW top AS SELECT * FROM open_orders")
    seen = look(link, "drop table", "orders", limits=Limits(backups={"command": "echo 02:00"}))
    assert seen.summary.startswith("orders: 3,000 rows, ")
    assert (seen.affected, seen.reversibility, seen.raises) == (3000, Reversibility.IRREVERSIBLE, Demand.CONFIRM)
    said = " | ".join(seen.caveats)
    assert "2 views built on it: open_orders, top" in said
    assert "visits (visits_order_id_fkey)" in said
    assert "the last known backup: 02:00" in said
    assert seen.safer == ("save it first, in another window:", "  pg_dump -Fc -t public.orders -f orders.dump shop")


def test_an_index_tells_how_much_it_is_used(link):
    """And what else it does."""
    seen = look(link, "drop index", "orders_customer_id_idx")
    assert seen.caveats[0].startswith("orders_customer_id_idx on orders was used ")
    assert seen.exactness is Exactness.EXACT
    held = look(link, "drop index", "orders_pkey")
    assert "it holds the constraint orders_pkey" in held.caveats


def test_a_view_holds_no_rows(link):
    """What is built on it is named."""
    link.run("CREATE VIEW a AS SELECT 1 AS one; CREATE VIEW b AS SELECT * FROM a")
    seen = look(link, "drop view", "a")
    assert seen.affected is None
    assert "1 view built on it: b" in seen.caveats
    assert seen.sample == ()


def test_a_table_of_this_session_alone(link):
    """Nobody else loses anything: no typed challenge. With another table beside it there is one."""
    link.run("CREATE TEMP TABLE mine AS SELECT 1 AS one")
    assert look(link, "drop table", "mine").raises is Demand.ALLOW
    assert look(link, "drop table", "mine", "orders").raises is Demand.CONFIRM


def test_nothing_of_that_name(link):
    """DROP IF EXISTS of nothing asks nothing more."""
    seen = look(link, "drop table", "nowhere")
    assert (seen.summary, seen.raises) == ("there is no nowhere", Demand.ALLOW)
