"""Reading the rows that will go: bounded, locked, and nothing of the client's is lost by it."""

from __future__ import annotations

import time

import pytest

from safeshell.previews.postgres.desk import Refused
from safeshell.previews.postgres.keeper import TooLargeError
from safeshell.previews.postgres.kit import take_kit
from tests.previews.postgres.linking import LinkError, Plan, Relation, Unit, rows_plan


def kit(link, plan, limit=64 << 20, patience=20.0):
    return take_kit(plan, Unit("x"), link, limit=limit, until=time.monotonic() + patience)


def test_beyond_the_limit_nothing_is_kept_and_nothing_is_lost(link):
    """The transaction goes on as it was."""
    link.run("BEGIN; INSERT INTO refunds VALUES (7, 7)")
    with pytest.raises(TooLargeError, match=r"more than undo.size, 4.9 KiB"):
        kit(link, rows_plan("delete", "visits"), limit=5000)
    assert link.state == "T"
    link.run("COMMIT")
    assert link.run("SELECT count(*) FROM refunds") == (("2",),)


def test_children_count_towards_the_limit(link):
    """The parents alone would fit."""
    link.run("BEGIN")
    plan = rows_plan("delete", "orders", "WHERE id < 50")
    assert kit(link, plan).size > 6000
    with pytest.raises(TooLargeError):
        kit(link, plan, limit=3500)
    link.run("ROLLBACK")


def test_kept_rows_are_locked_until_the_end(link, connect):
    """Nobody changes them between the kit and the statement."""
    link.run("BEGIN")
    kit(link, rows_plan("delete", "orders", "WHERE id = 1"))
    other = connect()
    other.run("SET lock_timeout = '50ms'")
    with pytest.raises(LinkError, match="lock timeout"):
        other.run("UPDATE orders SET total = 0 WHERE id = 1")
    other.run("UPDATE orders SET total = 0 WHERE id = 2")
    link.run("ROLLBACK")


def test_a_shape_that_cannot_be_locked_is_read_without(link):
    """DISTINCT forbids FOR UPDATE."""
    link.run("BEGIN")
    plan = rows_plan(
        "delete", "orders", undo_select="SELECT DISTINCT o.* FROM orders o JOIN visits v ON v.order_id = o.id"
    )
    assert kit(link, plan).rows == 3000
    link.run("ROLLBACK")


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (rows_plan("delete", "nowhere"), "cannot be selected"),
        (rows_plan("delete", "orders", undo_select="SELECT * FROM nowhere"), "nowhere"),
        (rows_plan("delete", "family"), "inheritance"),
        (rows_plan("delete", "orders", undo_select=None), "cannot be selected"),
    ],
)
def test_what_cannot_be_kept_is_said(link, plan, why):
    """And the transaction goes on."""
    link.run("CREATE TABLE family (id int); CREATE TABLE child () INHERITS (family); BEGIN")
    with pytest.raises(Refused, match=why):
        kit(link, plan)
    assert link.run("SELECT 1") == (("1",),)
    link.run("ROLLBACK")


def test_the_best_key_is_found(link):
    """The primary key, else a unique one that is never NULL; a partial or nullable one is none."""
    link.run("""
        CREATE TABLE one (a int, b int NOT NULL, c int NOT NULL, UNIQUE (a), UNIQUE (c, b) INCLUDE (a));
        CREATE TABLE two (a int, b int NOT NULL); CREATE UNIQUE INDEX ON two (b) WHERE a > 0;
        INSERT INTO one VALUES (1, 2, 3); INSERT INTO two VALUES (1, 2); BEGIN
    """)
    assert kit(link, rows_plan("update", "one")).parts[0].key == ("c", "b")
    assert kit(link, rows_plan("update", "two")).parts[0].key == ()
    link.run("ROLLBACK")


def test_a_child_that_two_ways_lead_to_is_kept_once(link):
    """Without a key it would come back twice."""
    link.run("""
        CREATE TABLE pairs (a int REFERENCES orders ON DELETE CASCADE, b int REFERENCES orders ON DELETE CASCADE);
        INSERT INTO pairs VALUES (1, 2), (2, 900), (900, 1); BEGIN
    """)
    found = kit(link, rows_plan("delete", "orders", "WHERE id IN (1, 2)"))
    assert sum(part.rows for part in found.parts if part.table == "pairs") == 3
    link.run("ROLLBACK")


def test_tables_that_point_at_each_other_are_said(link):
    """There is no order in which they could come back."""
    link.run("""
        CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; INSERT INTO a VALUES (1); BEGIN
    """)
    plan = Plan("truncate", "truncate", (Relation("a"), Relation("b")))
    assert "point at each other" in kit(link, plan).notes[0]
    link.run("ROLLBACK")
