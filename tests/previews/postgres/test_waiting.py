"""Which messages may be run with a lock_timeout and tried again, and whom they would wait for."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.plans import plan
from safeshell.previews.postgres.waiting import in_the_way, may_wait


class Idle:
    state, pipeline = "I", False


class Inside(Idle):
    state = "T"


class Piped(Idle):
    pipeline = True


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE orders ADD COLUMN note text",
        "ALTER TABLE orders ADD COLUMN a int; SELECT 1; ALTER TABLE orders ADD COLUMN b int",
        "CREATE INDEX ON orders (state)",
        "DROP INDEX orders_state_idx",
        "DROP TABLE orders",
        "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers",
        "REFRESH MATERIALIZED VIEW totals",
    ],
)
def test_a_definition_that_others_queue_behind_may(text):
    """It can be undone as a whole, so it can be tried again."""
    assert may_wait(plan(text), Idle())
    assert not may_wait(plan(text), Inside())
    assert not may_wait(plan(text), Piped())


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX CONCURRENTLY ON orders (state)",
        "DROP INDEX CONCURRENTLY orders_state_idx",
        "VACUUM FULL orders",
        "REINDEX TABLE CONCURRENTLY orders",
        "ALTER TABLE orders DETACH PARTITION p CONCURRENTLY",
        "COMMENT ON TABLE orders IS 'x'",
        "CREATE TABLE fresh (id int)",
        "BEGIN; ALTER TABLE orders ADD COLUMN note text",
        "ALTER TABLE orders ADD COLUMN note text; COMMIT",
        "ALTER TABLE orders ADD COLUMN note text; UPDATE orders SET note = ''",
        "TRUNCATE orders",
        "SELECT 1",
        "not sql at all",
    ],
)
def test_everything_else_may_not(text):
    """No transaction can hold it, it changes rows, or nobody would queue."""
    assert not may_wait(plan(text), Idle())


def test_who_is_in_the_way_is_named_once(link, connect):
    """A session that holds two of the locks is one; with the lock gone, nobody."""
    rival = connect("rival")
    rival.run("BEGIN")
    rival.run("SELECT count(*) FROM orders, visits")
    plans = plan("ALTER TABLE orders ADD COLUMN n int; ALTER TABLE visits ADD COLUMN n int")
    assert [holder.pid for holder in in_the_way(plans, link, 2.0)] == [rival.connection.backend_pid]
    rival.run("ROLLBACK")
    assert in_the_way(plans, link, 2.0) == []
    assert link.state == "I"


def test_a_connection_that_cannot_be_asked_names_nobody(link):
    """A failed transaction: no names, no error."""
    link.run("BEGIN")
    with pytest.raises(Exception, match="nowhere"):
        link.run("SELECT * FROM nowhere")
    assert in_the_way(plan("ALTER TABLE orders ADD COLUMN n int"), link, 2.0) == []
