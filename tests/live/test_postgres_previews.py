"""Previews by the language's own plans against real servers: the number shown is the number hit, or labelled."""

from __future__ import annotations

import time

import pytest

from safeshell.cli.bench import open_bench
from safeshell.model.effects import Demand
from safeshell.model.judgement import Assessment, Exactness
from safeshell.previews.postgres import take
from tests.making import action
from tests.previews.postgres.conftest import connect, link, server, template  # noqa: F401 - fixtures
from tests.previews.postgres.linking import Unit

# ruff: noqa: F811 - imported fixtures are arguments of tests

STATEMENTS = """
DELETE FROM notes
DELETE FROM notes WHERE id <= 10
DELETE FROM ONLY notes WHERE said LIKE 'said 1%'
DELETE FROM notes n WHERE n.id = ANY (ARRAY[1, 2, 3, 500])
DELETE FROM notes WHERE id IN (SELECT id FROM notes ORDER BY id DESC LIMIT 7)
DELETE FROM visits v USING orders o WHERE o.id = v.order_id AND o.status = 'paid'
DELETE FROM visits v USING orders o, customers c WHERE o.id = v.order_id AND c.id = o.customer_id AND c.id < 9
DELETE FROM visits WHERE EXISTS (SELECT FROM orders o WHERE o.id = visits.order_id AND o.total > 4000)
DELETE FROM visits WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = visits.order_id AND o.total > 40)
DELETE FROM visits WHERE order_id IS NULL
DELETE FROM visits WHERE id % 7 = 3 RETURNING id
DELETE FROM order_items WHERE (order_id, line) IN ((1, 1), (2, 2), (9, 9))
DELETE FROM orders WHERE id <= 50
DELETE FROM logs WHERE at % 3 = 0
DELETE FROM logs_1
DELETE FROM open_orders WHERE id > 2990 AND id < 2999
DELETE FROM parent WHERE id > 2
DELETE FROM ONLY parent WHERE id > 2
WITH old AS (SELECT id FROM orders WHERE id < 40) DELETE FROM visits USING old WHERE visits.order_id = old.id
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) DELETE FROM notes WHERE id IN (SELECT i FROM n)
UPDATE orders SET total = total * 2
UPDATE orders SET total = total * 2, status = 'x' WHERE id BETWEEN 10 AND 19
UPDATE orders o SET status = c.name FROM customers c WHERE c.id = o.customer_id AND c.id < 4
UPDATE orders SET (status, total) = ('a', 1) WHERE id < 6
UPDATE orders SET (status, total) = (SELECT name, id FROM customers WHERE id = 3) WHERE id < 8
UPDATE orders SET status = DEFAULT WHERE status = 'paid' AND id < 100
UPDATE orders SET placed = now() WHERE placed <= now()
UPDATE logs SET said = upper(said) WHERE at BETWEEN 90 AND 110
UPDATE open_orders SET total = 0 WHERE id < 30
UPDATE ONLY orders SET total = 0 WHERE id < 30
UPDATE visits SET order_id = NULL FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = visits.order_id AND c.id = 5
UPDATE notes SET said = said || '!' WHERE item_order IN (SELECT order_id FROM order_items WHERE line = 1 AND order_id < 20)
INSERT INTO refunds VALUES (2, 1), (3, 2), (4, 3)
INSERT INTO refunds SELECT id + 10, id FROM orders WHERE id < 15
INSERT INTO refunds SELECT id, id FROM orders WHERE id < 15 ON CONFLICT DO NOTHING
INSERT INTO refunds (id, order_id) SELECT id, id FROM orders WHERE id < 15 ON CONFLICT (id) DO UPDATE SET order_id = 9
INSERT INTO refunds VALUES (1, 7) ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id WHERE refunds.order_id < 0
INSERT INTO refunds DEFAULT VALUES
MERGE INTO orders o USING customers c ON o.id = c.id WHEN MATCHED AND c.id < 10 THEN UPDATE SET total = 0 WHEN MATCHED THEN DO NOTHING
MERGE INTO notes n USING (SELECT generate_series(90, 110) AS id) s ON n.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)
MERGE INTO notes n USING refunds r ON n.id = r.id WHEN MATCHED THEN UPDATE SET said = 'r'
TRUNCATE notes
TRUNCATE visits, notes
TRUNCATE ONLY refunds
TRUNCATE logs
EXPLAIN ANALYZE DELETE FROM notes WHERE id < 4
WITH gone AS (DELETE FROM notes WHERE id < 6 RETURNING *) SELECT count(*) FROM gone
"""
MORE = """
CREATE TABLE logs (at int PRIMARY KEY, said text) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100);
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100) TO (200);
INSERT INTO logs SELECT n, 'x' || n FROM generate_series(0, 199) n;
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
CREATE TABLE parent (id int); CREATE TABLE child (more int) INHERITS (parent);
INSERT INTO parent SELECT generate_series(1, 5); INSERT INTO child SELECT n, n FROM generate_series(1, 5) n;
ALTER TABLE refunds ALTER id SET DEFAULT 77;
"""
LINES = [line for line in STATEMENTS.splitlines() if line]


def previewed(link, text, findings=(), parameters=()):
    unit = Unit(text, parameters)
    return take(Assessment(action(text), (), findings), link, units=[unit])


def hit(link, text, parameters=()):
    """How many rows the server says, by what it says it of."""
    if text.startswith("TRUNCATE"):
        tables = text.removeprefix("TRUNCATE ").removeprefix("ONLY ").split(", ")
        rows = sum(int(link.run(f"SELECT count(*) FROM {name}")[0][0]) for name in tables)
        link.run(text)
        return rows
    if text.startswith("EXPLAIN"):
        return hit(link, text.removeprefix("EXPLAIN ANALYZE "))
    if "SELECT count(*) FROM gone" in text:
        return int(link.run(text)[0][0])
    return int(link.tag(text, parameters).rpartition(" ")[2])


@pytest.mark.parametrize("text", LINES)
def test_the_number_shown_is_the_number_hit(link, text):
    """Exact, or labelled as a bound that holds; and the connection is as it was."""
    link.run(MORE)
    seen = previewed(link, text)
    assert link.state == "I"
    link.run("BEGIN")
    real = hit(link, text)
    link.run("ROLLBACK")
    if seen.exactness is Exactness.EXACT:
        assert seen.affected == real, seen
    elif seen.exactness is Exactness.AT_MOST:
        assert seen.affected >= real, seen
    elif seen.exactness is Exactness.AT_LEAST:
        assert seen.affected <= real, seen
    else:
        assert seen.caveats, seen


def test_nearly_all_of_them_are_exact(link):
    """A label is the exception: at most one statement in eight has one."""
    link.run(MORE)
    labels = [text for text in LINES if previewed(link, text).exactness is not Exactness.EXACT]
    assert len(LINES) >= 45
    assert len(labels) <= len(LINES) // 8, labels


def test_parameters_count_and_show(link):
    """As a driver binds them: two of three are used by the count."""
    text = "UPDATE orders SET status = $1 WHERE id < $2 AND total > $3"
    values = (b"new", b"100", b"30")
    seen = previewed(link, text, parameters=values)
    assert seen.exactness is Exactness.EXACT
    assert any("-> new" in line for line in seen.sample)
    assert seen.affected == hit(link, text, values)


def test_a_million_rows_with_somebody_in_the_way(link, connect):
    """Within the deadline: what is rewritten, by how much, who is in the way, the safer route for this very table."""
    link.run("""
        CREATE TABLE big (id int PRIMARY KEY, note text);
        INSERT INTO big SELECT n, 'a note of some length ' || n FROM generate_series(1, 1000000) n; ANALYZE big;
    """)
    blocker = connect("nightly-report")
    blocker.run("BEGIN; SELECT count(*) FROM big WHERE id < 10; SELECT pg_sleep(1.1)")
    began = time.monotonic()
    seen = previewed(link, "ALTER TABLE big ALTER COLUMN id TYPE bigint")
    assert time.monotonic() - began < 3.0
    assert seen.raises is Demand.CONFIRM
    assert seen.summary.startswith("rewrites big: about 1,000,000 rows, ")
    assert seen.summary.endswith("under ACCESS EXCLUSIVE")
    pid = blocker.connection.backend_pid
    assert seen.caveats[0].startswith(f"in the way: pid {pid}, postgres, nightly-report, idle in transaction for ")
    assert "pg_sleep" in seen.caveats[0]
    assert "ALTER TABLE big ADD COLUMN id_new bigint;" in seen.safer
    blocker.run("ROLLBACK")
    quiet = previewed(link, "ALTER TABLE big ADD COLUMN more int")
    assert (quiet.raises, quiet.caveats) == (Demand.ALLOW, ())
    scanned = previewed(link, "ALTER TABLE big ADD CHECK (id > 0)")
    assert scanned.raises is Demand.CONFIRM
    deleted = previewed(link, "DELETE FROM big WHERE note LIKE '%9'")
    assert deleted.affected == 100_000 if deleted.exactness is Exactness.EXACT else deleted.affected <= 100_000


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("CREATE TABLE fresh (id int)", ""),
        ("CREATE INDEX ON orders (status)", "nobody is in the way of orders"),
        ("VACUUM FULL orders", "rewrites orders"),
        ("REINDEX TABLE orders", "nobody is in the way of orders"),
        ("LOCK TABLE orders IN SHARE MODE", "locks orders in SHARE mode"),
        ("DROP TABLE order_items", "order_items: 6,000 rows"),
        ("DROP INDEX orders_customer_id_idx", "orders_customer_id_idx"),
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nobody'",
            "no session is meant",
        ),
        ("SELECT 1", ""),
    ],
)
def test_every_kind_finds_its_look(link, text, summary):
    """By the plans of the language alone."""
    seen = previewed(link, text)
    assert seen.summary.startswith(summary), seen
    assert not any("failed" in caveat for caveat in seen.caveats), seen


def test_the_reader_and_the_preview_agree_on_cascade(link):
    """TRUNCATE ... CASCADE as the whole road sees it: claims of the reader, numbers of the preview."""
    bench = open_bench(tier="production", here=False, config=None)
    weighed = bench.weigh("TRUNCATE orders CASCADE", language="postgres", tier="production", mode=None)
    seen = take(weighed.assessment, link, units=[Unit("TRUNCATE orders CASCADE")])
    assert (seen.affected, seen.exactness) == (29_101, Exactness.EXACT)
