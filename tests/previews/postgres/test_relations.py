"""What the catalogue tells of a table."""

from __future__ import annotations

import pytest

from safeshell.previews.postgres import relations
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import Relation


@pytest.fixture
def desk(link):
    made = Desk(link, 2.0)
    made.open()
    yield made
    made.close()


def test_a_table_with_its_size(desk):
    """Rows of the planner, bytes, indexes, who may alter it."""
    found = relations.facts_of(desk, Relation("orders"))
    assert (found.called, found.sql, found.kind, found.rows) == ("orders", '"public"."orders"', "r", 3000)
    assert found.index_count == 2
    assert found.heap > 100_000
    assert found.owned
    assert found.measure().startswith("about 3,000 rows, ")
    assert relations.facts_by_oid(desk, found.oid) == found
    assert relations.facts_of(desk, Relation("nowhere")) is None


def test_partitions_and_children_count_with_their_parent(link):
    """The size of a partitioned table is that of its partitions; ONLY leaves them out."""
    link.run("""
        CREATE TABLE logs (at int, said text) PARTITION BY RANGE (at);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100);
        CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100) TO (200);
        INSERT INTO logs SELECT n, repeat('x', 100) FROM generate_series(0, 199) n; ANALYZE logs;
    """)
    desk = Desk(link, 2.0)
    desk.open()
    found = relations.facts_of(desk, Relation("logs"))
    assert (found.kind, len(found.tree), found.rows) == ("p", 3, 200)
    assert found.heap > 8192
    assert len(relations.facts_of(desk, Relation("logs", only=True)).tree) == 1
    assert relations.facts_of(desk, Relation("logs_1")).partition
    desk.close()


def test_the_search_path_and_temporary_tables_are_the_clients(link):
    """The same connection finds the same table."""
    link.run(
        "CREATE SCHEMA other; CREATE TABLE other.orders (id int); SET search_path = other; CREATE TEMP TABLE mine ()"
    )
    desk = Desk(link, 2.0)
    desk.open()
    assert relations.facts_of(desk, Relation("orders")).called == "other.orders"
    assert relations.facts_of(desk, Relation("mine")).temporary
    desk.close()


def test_triggers_and_rules_by_event(link):
    """Only those that the statement would fire."""
    link.run("""
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
        CREATE TRIGGER before_delete BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER after_update AFTER UPDATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION f();
        CREATE TRIGGER off AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION f();
        ALTER TABLE orders DISABLE TRIGGER off;
        CREATE RULE keep AS ON DELETE TO refunds DO INSTEAD NOTHING;
    """)
    desk = Desk(link, 2.0)
    desk.open()
    orders = relations.facts_of(desk, Relation("orders"))
    (one,) = relations.triggers(desk, orders.oids, "delete")
    assert (one.name, one.function, one.before, one.each_row, one.instead) == ("before_delete", "f", True, True, False)
    (two,) = relations.triggers(desk, orders.oids, "update")
    assert (two.name, two.before, two.each_row) == ("after_update", False, False)
    refunds = relations.facts_of(desk, Relation("refunds"))
    assert relations.rules(desk, refunds.oids, "delete") == ["keep"]
    assert relations.rules(desk, refunds.oids, "truncate") == []
    desk.close()


def test_row_security_counts_for_whom_it_binds(link):
    """A superuser sees every row, another user only those of the policy."""
    link.run("""
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT ALL ON orders TO clerk
    """)
    for role, bound in (("postgres", False), ("clerk", True)):
        link.run(f"SET ROLE {role}")
        desk = Desk(link, 2.0)
        desk.open()
        found = relations.facts_of(desk, Relation("orders"))
        assert found.row_security is bound
        assert found.owned is not bound
        assert relations.policies(desk, found.oid, "delete") == []
        desk.close()
    link.run("RESET ROLE; DROP OWNED BY clerk")
