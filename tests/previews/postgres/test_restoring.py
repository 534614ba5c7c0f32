"""What was kept comes back byte for byte."""

from __future__ import annotations

import pytest
from psycopg import pq

from safeshell.previews.postgres import restoring
from tests.previews.postgres.linking import LinkError, Plan, Relation, Unit, rows_plan
from tests.previews.postgres.restoring import by_script, fingerprint, kept, put_back

WILD = r"""
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE wild (
  id bigint GENERATED ALWAYS AS IDENTITY, part text, n int, twice int GENERATED ALWAYS AS (n * 2) STORED,
  tags text[], doc json, docb jsonb, raw bytea, f8 double precision, f4 real, price numeric, at timestamptz, day date,
  span interval, m mood, addr inet, said text, "Odd ""Name" text, flags bit varying(12), r int4range, x xml,
  PRIMARY KEY (id, part)
);
INSERT INTO wild (part, n, tags, doc, docb, raw, f8, f4, price, at, day, span, m, addr, said, "Odd ""Name", flags, r, x)
SELECT 'p' || n, n, ARRAY['a,b', NULL, '"q"', E'new\nline'], '{"b": 1,  "a": [null]}', '{"b": 1, "a": "é"}',
       decode(lpad(to_hex(n % 256), 2, '0') || '00ff5c0a', 'hex'), 1.0 / n, (1.0 / n)::real, n / 7.0,
       '2026-03-29 01:59:59.123456+00'::timestamptz + n * interval '1 hour', DATE '2026-01-01' + n, n * interval '1 day 3 sec',
       'ok', '10.0.0.1/8', CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'tab\tback\\slash\nline\r\b\f\v'
       WHEN 3 THEN '\N' ELSE E'\\.' END, 'é "quoted", ' || n, B'10101', int4range(n, n + 5), '<a>1</a>'
  FROM generate_series(1, 300) n;
"""


@pytest.fixture
def wild(link):
    link.run("SET client_min_messages = warning")
    try:
        link.run(WILD)
    except LinkError:  # a server that was built without xml
        link.run(WILD.replace(", x xml", ", x text"))
    return link


@pytest.mark.parametrize("how", [put_back, by_script])
def test_deleted_rows_come_back(wild, server, how):
    """Identity and generated columns, arrays, json, bytes, floats, NULLs, empty texts, a composite key."""
    before = fingerprint(wild, "wild")
    kit = kept(wild, rows_plan("delete", "wild", "WHERE n % 2 = 0"), "DELETE FROM wild WHERE n % 2 = 0")
    assert (kit.rows, kit.notes) == (150, ())
    assert fingerprint(wild, "wild") != before
    done = how(server, wild, kit)
    assert done.returncode == 0, done.stderr
    assert fingerprint(wild, "wild") == before
    again = how(server, wild, kit)
    assert again.returncode == 0
    assert b"INSERT 0 0" in again.stdout
    assert fingerprint(wild, "wild") == before


def test_changed_rows_get_their_values_back(wild, server):
    """By key; rows of others stay as they are now, and settings of the session change nothing of a value."""
    wild.run(
        "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = sql_standard; SET extra_float_digits = -3; SET bytea_output = escape"
    )
    settings = "SELECT current_setting('DateStyle'), current_setting('extra_float_digits')"
    told = wild.run(settings)
    change = "UPDATE wild SET tags = NULL, doc = '{}', raw = '', f8 = 0, span = '0', at = now(), said = 'x', n = 0 WHERE n > 100"
    link_before = fingerprint(wild, "wild")
    kit = kept(wild, rows_plan("update", "wild", "WHERE n > 100"), change)
    assert wild.run(settings) == told
    done = put_back(server, wild, kit)
    assert done.returncode == 0, done.stderr
    assert b"UPDATE 200" in done.stdout
    assert fingerprint(wild, "wild") == link_before


def test_truncated_tables_come_back_parents_first(link, server):
    """With CASCADE: five tables that point at each other, and the counter behind a column."""
    tables = ("orders", "order_items", "notes", "visits", "refunds")
    link.run(
        "CREATE TABLE counted (id serial PRIMARY KEY, order_id int REFERENCES orders); INSERT INTO counted (order_id) SELECT 1 FROM generate_series(1, 7)"
    )
    before = fingerprint(link, *tables, "counted")
    plan = Plan("truncate", "truncate", (Relation("orders"),))
    kit = kept(link, plan, "TRUNCATE orders RESTART IDENTITY CASCADE", cascade=True)
    assert kit.rows == 29_108
    assert link.run("SELECT count(*) FROM visits") == (("0",),)
    done = put_back(server, link, kit)
    assert done.returncode == 0, done.stderr
    assert fingerprint(link, *tables, "counted") == before
    assert link.run("SELECT nextval('counted_id_seq')") == (("8",),)


def test_cascades_and_columns_set_to_null_come_back(link, server):
    """Children and grandchildren are kept too, and what pointed at them points at them again."""
    tables = ("orders", "order_items", "notes", "visits")
    before = fingerprint(link, *tables)
    kit = kept(link, rows_plan("delete", "orders", "WHERE id <= 500"), "DELETE FROM orders WHERE id <= 500")
    assert {(part.table, part.rows, part.how) for part in kit.parts} == {
        ("orders", 500, "insert"),
        ("order_items", 1000, "insert"),
        ("notes", 100, "insert"),
        ("visits", 3499, "update"),
    }
    done = put_back(server, link, kit)
    assert done.returncode == 0, done.stderr
    assert fingerprint(link, *tables) == before


def test_triggers_do_not_change_rows_on_their_way_back(link, server):
    """One that stamps each row before it is written is off meanwhile, and on again; one after it runs."""
    link.run("""
        ALTER TABLE orders ADD touched timestamptz;
        CREATE TABLE audit (what text);
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched = now(); RETURN NEW; END';
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit VALUES (TG_OP); RETURN NULL; END';
        CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
        CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note();
        ALTER TABLE orders ENABLE ALWAYS TRIGGER stamp;
    """)
    state = (
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND NOT tgisinternal ORDER BY 1"
    )
    before, triggers = fingerprint(link, "orders"), link.run(state)
    for verb, text in (
        ("update", "UPDATE orders SET total = 0 WHERE id < 9"),
        ("delete", "DELETE FROM orders WHERE id < 9"),
    ):
        kit = kept(link, rows_plan(verb, "orders", "WHERE id < 9"), text)
        done = put_back(server, link, kit)
        assert done.returncode == 0, done.stderr
        assert fingerprint(link, "orders") == before
    assert link.run(state) == triggers
    assert link.run("SELECT what FROM audit") == (("UPDATE",), ("UPDATE",), ("DELETE",), ("INSERT",))


def test_a_merge_is_undone_row_by_row(link, server):
    """Changed and deleted rows come back by one upsert."""
    before = fingerprint(link, "orders")
    where = "FROM orders WHERE id <= 20"
    plan = rows_plan("merge", "orders", undo_select=f"SELECT * {where}")
    text = (
        "MERGE INTO orders o USING (SELECT generate_series(11, 20) AS id) s ON o.id = s.id "
        "WHEN MATCHED AND o.id > 15 THEN UPDATE SET total = -1 WHEN MATCHED THEN DELETE"
    )
    kit = kept(link, plan, text)
    assert kit.notes == ("rows that it adds stay: remove them yourself",)
    done = put_back(server, link, kit)
    assert done.returncode == 0, done.stderr
    assert fingerprint(link, "orders") == before


def test_partitions_get_their_own_rows_back(link, server):
    """The parent sends each row where it was."""
    link.run("""
        CREATE TABLE logs (at int PRIMARY KEY, said text) PARTITION BY RANGE (at);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100);
        CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100) TO (200);
        INSERT INTO logs SELECT n, 'x' || n FROM generate_series(0, 199) n
    """)
    before = fingerprint(link, "logs", "logs_1", "logs_2")
    kit = kept(link, rows_plan("delete", "logs", "WHERE at % 3 = 0"), "DELETE FROM logs WHERE at % 3 = 0")
    assert put_back(server, link, kit).returncode == 0
    assert fingerprint(link, "logs", "logs_1", "logs_2") == before


def test_without_a_key_deleted_rows_come_back_and_changed_ones_do_not(link, server):
    """And that is said: there is only the CSV."""
    link.run("CREATE TABLE heap (a int, b text); INSERT INTO heap SELECT n % 3, 'same' FROM generate_series(1, 9) n")
    before = fingerprint(link, "heap")
    kit = kept(link, rows_plan("delete", "heap", "WHERE a = 1"), "DELETE FROM heap WHERE a = 1")
    assert put_back(server, link, kit).returncode == 0
    assert fingerprint(link, "heap") == before
    changed = kept(link, rows_plan("update", "heap"), "UPDATE heap SET b = 'other'")
    assert [part.how for part in changed.parts] == ["nothing"]
    assert "no key that tells its rows apart" in changed.notes[0]


def test_parameters_of_a_bind(link, server):
    """The rows that the values pick."""
    before = fingerprint(link, "orders", "order_items", "notes", "visits")
    unit = Unit("DELETE FROM orders WHERE id < $1 AND status = $2", (b"50", b"paid"))
    kit = kept(link, rows_plan("delete", "orders", "WHERE id < $1 AND status = $2", used=(1, 2)), unit.text, unit)
    assert kit.rows == 16
    assert put_back(server, link, kit).returncode == 0
    assert fingerprint(link, "orders", "order_items", "notes", "visits") == before


def test_what_came_since_is_left_alone(link, server):
    """A row that somebody put there again meanwhile stays theirs."""
    kit = kept(link, rows_plan("delete", "visits", "WHERE id < 5"), "DELETE FROM visits WHERE id < 5")
    link.run("INSERT INTO visits VALUES (2, 77)")
    done = put_back(server, link, kit)
    assert b"INSERT 0 3" in done.stdout
    assert link.run("SELECT order_id FROM visits WHERE id = 2") == (("77",),)


def test_a_key_that_is_changed_itself_is_not_put_back_by_it(link, server):
    """Other rows have those keys now: nothing is overwritten, the old rows are there as CSV."""
    where = "WHERE id BETWEEN 100 AND 200"
    link.run("CREATE TABLE moved AS SELECT * FROM customers; ALTER TABLE moved ADD PRIMARY KEY (id)")
    kit = kept(link, rows_plan("update", "moved", where, sets=("id",)), f"UPDATE moved SET id = id + 1000 {where}")
    assert [part.how for part in kit.parts] == ["nothing"]
    assert kit.notes == ("the key of moved is changed itself (id): its old rows are kept as CSV only",)


@pytest.mark.parametrize(
    ("change", "comes_back"),
    [
        ("ALTER TABLE wild ADD more int", True),
        ("ALTER TABLE wild ADD more int NOT NULL DEFAULT 5", True),
        ("ALTER TABLE wild ALTER n TYPE bigint", True),
        ("ALTER TABLE wild ALTER price TYPE text", True),
        ("ALTER TABLE wild ADD more int; UPDATE wild SET more = 1; ALTER TABLE wild ALTER more SET NOT NULL", False),
        ("ALTER TABLE wild DROP day", False),
        ("ALTER TABLE wild RENAME said TO told", False),
        ("ALTER TABLE wild RENAME TO tame", False),
        ("ALTER TABLE wild ADD CHECK (n < 0) NOT VALID", False),
    ],
)
def test_a_table_that_changed_since(wild, server, change, comes_back):
    """What fits comes back whole; what does not fit changes nothing, and the server's own words say why."""
    kit = kept(wild, rows_plan("delete", "wild", "WHERE n % 2 = 0"), "DELETE FROM wild WHERE n % 2 = 0")
    wild.run(
        change.replace("ALTER n TYPE", "DROP twice; ALTER TABLE wild ALTER n TYPE") if "ALTER n" in change else change
    )
    table = "tame" if "TO tame" in change else "wild"
    before = fingerprint(wild, table)
    done = put_back(server, wild, kit)
    assert (done.returncode == 0) is comes_back, done.stderr
    assert wild.run(f"SELECT count(*) FROM {table}") == (("300" if comes_back else "150",),)
    assert comes_back or (b"ERROR" in done.stderr and fingerprint(wild, table) == before)


def test_a_restore_that_dies_halfway_changes_nothing(wild, server, connect):
    """The connection ends in the middle of the rows; the next restore brings them all."""
    before = fingerprint(wild, "wild")
    kit = kept(wild, rows_plan("delete", "wild", "WHERE n > 10"), "DELETE FROM wild WHERE n > 10")
    after = fingerprint(wild, "wild")
    dying = connect()
    rows = restoring.data(kit)
    assert dying.connection.exec_(restoring.message(kit).encode()).status == pq.ExecStatus.COPY_IN
    dying.connection.put_copy_data(rows[: len(rows) // 2])
    wild.run(f"SELECT pg_terminate_backend({dying.connection.backend_pid}, 5000)")
    assert fingerprint(wild, "wild") == after
    assert put_back(server, wild, kit).returncode == 0
    assert fingerprint(wild, "wild") == before
