"""Columns as the catalogue has them, and the key by which changed rows are found again."""

from __future__ import annotations

from safeshell.previews.postgres import relations
from safeshell.previews.postgres.columns import columns_of, key_of, unkeyed
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import Relation


def test_generated_identity_and_dropped_columns(link):
    """In their order, without those that are gone."""
    link.run("""
        CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, gone int, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
        ALTER TABLE t DROP COLUMN gone
    """)
    desk = Desk(link, 2.0)
    desk.open()
    facts = relations.facts_of(desk, Relation("t"))
    columns = columns_of(desk, facts.oid)
    desk.close()
    assert [(one.name, one.generated, one.always) for one in columns] == [
        ("id", False, True),
        ("n", False, False),
        ("twice", True, False),
    ]
    assert unkeyed(facts, key_of(columns), ()) == "t has no key that tells its rows apart"


def test_a_composite_key_in_its_own_order(link):
    """And whether a statement changes it."""
    link.run("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (c, a))")
    desk = Desk(link, 2.0)
    desk.open()
    facts = relations.facts_of(desk, Relation("t"))
    key = key_of(columns_of(desk, facts.oid))
    desk.close()
    assert key == ("c", "a")
    assert unkeyed(facts, key, ("b",)) == ""
    assert unkeyed(facts, key, ("a", "b")) == "the key of t is changed itself (a)"
