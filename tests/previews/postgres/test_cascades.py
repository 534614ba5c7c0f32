"""What hangs on rows, counted as the server then removes it."""

from __future__ import annotations

import pytest

from safeshell.previews.postgres import cascades, relations
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import Bound
from tests.previews.postgres.linking import Relation


def told(link, table, where):
    desk = Desk(link, 2.0)
    desk.open()
    facts = relations.facts_of(desk, Relation(table))
    found = cascades.tell(desk, facts, f"SELECT * FROM {table} {where}", Bound())
    desk.close()
    return found


def test_children_and_their_children_are_counted(link):
    """The numbers said are the numbers gone: two tables down, and the column set to NULL."""
    said = told(link, "orders", "WHERE id <= 50")
    assert said[:3] == [
        "100 rows of order_items go too (ON DELETE CASCADE)",
        "50 rows of notes go too (ON DELETE CASCADE, through order_items)",
        "349 rows of visits get NULL in order_id (ON DELETE SET NULL)",
    ]
    before = [link.run(f"SELECT count(*) FROM {name}")[0][0] for name in ("order_items", "notes")]
    link.run("DELETE FROM orders WHERE id <= 50")
    after = [link.run(f"SELECT count(*) FROM {name}")[0][0] for name in ("order_items", "notes")]
    assert [int(old) - int(new) for old, new in zip(before, after, strict=True)] == [100, 50]
    assert link.run("SELECT count(*) FROM visits WHERE order_id IS NULL") == (("349",),)


def test_a_row_that_forbids_it_is_said_first(link):
    """The DELETE fails, as was said."""
    said = told(link, "orders", "WHERE id >= 2999")
    assert said[0] == "it will fail: 1 row of refunds still name these rows (refunds_order_id_fkey)"
    with pytest.raises(Exception, match="refunds_order_id_fkey"):
        link.run("DELETE FROM orders WHERE id >= 2999")


def test_a_missing_index_is_named_where_it_costs(link):
    """Each row scans the child; with an index, or with a small child, nothing is said."""
    scan = "visits.order_id has no index: each row that goes scans about 20,000 rows of visits"
    assert scan in told(link, "orders", "WHERE id = 1")
    link.run("CREATE INDEX ON visits (order_id)")
    assert not any("no index" in one for one in told(link, "orders", "WHERE id = 1"))


def test_a_table_that_points_at_itself(link):
    """A tree: followed down to a depth, without end, and said so."""
    link.run("""
        CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE CASCADE);
        INSERT INTO tree SELECT n, nullif(n - 1, 0) FROM generate_series(1, 20) n;
    """)
    said = told(link, "tree", "WHERE id = 1")
    assert said == ["at least 5 rows of tree go too (ON DELETE CASCADE)"]


def test_partitioned_children_are_named_once(link):
    """Not once for each partition."""
    link.run("""
        CREATE TABLE parts (id int, order_id int REFERENCES orders ON DELETE CASCADE) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
        INSERT INTO parts SELECT n, n FROM generate_series(1, 60) n;
    """)
    said = [one for one in told(link, "orders", "WHERE id <= 50") if "parts" in one]
    assert said == ["50 rows of parts go too (ON DELETE CASCADE)"]
