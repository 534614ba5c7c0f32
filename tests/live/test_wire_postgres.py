"""A guarded PostgreSQL, live: what reads passes, what destroys is held, counted on its own connection, refused."""

from __future__ import annotations

import json
import threading
import time

import psycopg
import pytest

from tests.live.wires import guarded, refusal_text
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
SCHEMA = """
drop schema if exists app cascade; drop table if exists orders, parts, late; drop role if exists low;
create table orders (id int primary key, state text not null default 'new');
insert into orders select g, 'new' from generate_series(1, 100) g;
create table parts (id int primary key, order_id int references orders deferrable initially deferred);
insert into parts values (1, 1);
create schema app; create table app.orders (id int); insert into app.orders select generate_series(1, 7);
create role low;
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        yield made


@pytest.fixture
def guard(server, tmp_path):
    with guarded(server, tmp_path) as made:
        with made.direct() as owner:
            owner.execute(SCHEMA)
        yield made


def test_reads_pass_and_the_server_itself_is_read_only(guard):
    """Whatever a text hides, the server would refuse to write."""
    with guard.connect() as client:
        assert client.execute("select count(*) from orders").fetchone() == (100,)
        assert client.execute("show transaction_read_only").fetchone() == ("on",)
        assert client.execute("show default_transaction_read_only").fetchone() == ("on",)


def test_a_contrary_start_up_option_does_not_help(guard):
    """The guard's own comes last."""
    with guard.connect(options="-c default_transaction_read_only=off -c work_mem=5MB") as client:
        assert client.execute("show default_transaction_read_only").fetchone() == ("on",)
        assert client.execute("show work_mem").fetchone() == ("5MB",)


def test_what_destroys_is_refused_with_its_number_and_a_request(guard):
    """The server never saw it; the connection lives on."""
    with guard.connect() as client:
        said = guard.refused(client, "delete from orders where id <= 12")
        assert said.startswith("safeshell: refused: ")
        assert "12 rows" in said
        assert "safeshell approve --own" in said
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert client.execute("select count(*) from orders").fetchone() == (100,)


def test_a_confirmed_statement_runs_once_and_leaves_the_lock_on(guard):
    """The same text again is asked again."""
    with guard.connect() as client:
        assert guard.confirmed(client, "delete from orders where id between 90 and 100").rowcount == 11
        assert guard.value("select count(*) from orders") == 89
        assert client.execute("show transaction_read_only").fetchone() == ("on",)
        guard.refused(client, "delete from orders where id between 90 and 100")


def test_inside_a_transaction_a_refusal_aborts_it_as_any_error_would(guard):
    """The client's own idea of its transaction is the server's."""
    with guard.connect(autocommit=False) as client:
        client.execute("select 1")
        guard.refused(client, "delete from orders")
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute("select 1")
        client.rollback()
        assert client.execute("select count(*) from orders").fetchone() == (100,)


def test_begin_select_confirmed_delete_select_commit_while_locked(guard):
    """Only the confirmed statement writes; the transaction is the client's from begin to commit."""
    with guard.connect() as client:
        client.execute("begin")
        assert client.execute("select count(*) from orders").fetchone() == (100,)
        refusal = guard.refused(client, "delete from orders where id > 50")
        client.execute("rollback")
        client.execute("begin")
        client.execute("select count(*) from orders")
        guard.allow(refusal)
        assert client.execute("delete from orders where id > 50").rowcount == 50
        guard.wire.court.token = ""
        assert client.execute("select count(*) from orders").fetchone() == (50,)
        assert client.execute("show transaction_read_only").fetchone() == ("on",)
        assert guard.value("select count(*) from orders") == 100
        client.execute("commit")
    assert guard.value("select count(*) from orders") == 50


def test_the_preview_sees_uncommitted_rows_and_temporary_tables(guard):
    """It is asked on the client's own connection."""
    guard.unlock()
    with guard.connect() as client:
        client.execute("begin")
        client.execute("insert into orders select g, 'mine' from generate_series(1001, 1050) g")
        assert "50 rows" in guard.refused(client, "delete from orders where state = 'mine'")
        client.execute("rollback")
        client.execute("create temp table scratch as select generate_series(1, 3) as id")
        assert "3 rows" in guard.refused(client, "delete from orders where id in (select id from scratch)")


def test_the_preview_goes_by_search_path_and_role(guard):
    """The table that the statement would hit, with the rights that it would have."""
    with guard.connect() as client:
        client.execute("set search_path = app, public")
        assert "7 rows" in guard.refused(client, "delete from orders where id > 0")
        client.execute("set search_path = public")
        guard.confirmed(client, "set role low")
        said = guard.refused(client, "delete from orders where id > 0")
        assert "100 rows" not in said


def test_savepoints_of_the_client_are_its_own(guard):
    """A confirmed write behind a savepoint goes with it; cursors live."""
    with guard.connect() as client:
        client.execute("begin")
        client.execute("declare c cursor for select id from orders order by id")
        assert client.execute("fetch 2 from c").fetchall() == [(1,), (2,)]
        client.execute("savepoint mine")
        refusal = None
        try:
            client.execute("delete from orders where id > 90")
        except psycopg.errors.InsufficientPrivilege as caught:
            refusal = refusal_text(caught)
        client.execute("rollback to savepoint mine")
        guard.allow(refusal)
        assert client.execute("delete from orders where id > 90").rowcount == 10
        assert client.execute("fetch 2 from c").fetchall() == [(3,), (4,)]
        client.execute("rollback to savepoint mine")
        assert client.execute("select count(*) from orders").fetchone() == (100,)
        client.execute("release savepoint mine")
        client.execute("commit")


def test_an_aborted_transaction_takes_nothing_but_its_end(guard):
    """The server's own error, no question."""
    with guard.connect() as client:
        client.execute("begin")
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("select 1/0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute("delete from orders")
        said = guard.refused(client, "rollback; delete from orders where id = 1")
        assert said.startswith("safeshell: refused: ")
        client.execute("rollback")
        assert guard.value("select count(*) from orders") == 100


def test_a_deferred_constraint_that_fails_at_the_end_is_told_as_such(guard):
    """No success is told before the commit has succeeded."""
    with guard.connect() as client:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            guard.confirmed(client, "delete from orders where id = 1")
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert guard.value("select count(*) from orders") == 100


def test_parameters_count_and_are_part_of_what_is_confirmed(guard):
    """The preview binds them; other values are another request."""
    with guard.connect() as client:
        refusal = guard.refused(client, "delete from orders where id > %s", (95,))
        assert "5 rows" in refusal
        guard.allow(refusal)
        assert "99 rows" in guard.refused(client, "delete from orders where id > %s", (1,))
        assert client.execute("delete from orders where id > %s", (95,)).rowcount == 5


def test_a_refusal_in_a_pipeline_takes_what_came_before_it(guard):
    """As any error in a pipeline does: nothing of it is committed by half."""
    guard.unlock()
    with guard.connect() as client:

        def pipeline():
            with client.pipeline():
                client.execute("insert into orders values (500, 'pipelined')")
                client.execute("delete from orders where id < 5")
                client.execute("select 1")

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pipeline()
        assert client.execute("select count(*) from orders").fetchone() == (100,)


def test_an_unlock_lets_plain_writes_through_and_ends(guard):
    """Destructive ones are asked all the same; locked again, the server refuses again."""
    with guard.connect() as client:
        guard.refused(client, "insert into orders values (200)")
        guard.unlock()
        client.execute("insert into orders values (200)")
        guard.refused(client, "delete from orders where id = 200")
        guard.wire.lock()
        guard.refused(client, "insert into orders values (201)")
        assert client.execute("show transaction_read_only").fetchone() == ("on",)


def test_what_cannot_run_in_a_transaction_block_runs_when_it_is_confirmed(guard):
    """VACUUM and its like; the session is locked afterwards."""
    with guard.connect() as client:
        guard.confirmed(client, "vacuum full app.orders")
        assert client.execute("show transaction_read_only").fetchone() == ("on",)


@pytest.mark.parametrize(
    "escape",
    [
        "begin read write",
        "set default_transaction_read_only = off",
        "set session characteristics as transaction read write",
        "select set_config('default_transaction_read_only', 'off', false)",
        "set transaction read write; insert into orders values (300)",
        "select 1; commit; begin read write; insert into orders values (300); commit",
        "do $$ begin commit; set transaction read write; insert into orders values (300); end $$",
        "explain analyze create table stolen as select 1",
        "copy orders to program 'cat'",
        "with gone as (delete from orders returning 1) select count(*) from gone",
        "/* select */ delete from orders",
        "select pg_terminate_backend(1)",
        "lock table orders in access exclusive mode",
        "alter system set work_mem = '1MB'",
    ],
)
def test_ways_out_of_read_only_are_held(guard, escape):
    """By the text, before the server sees it; nothing was written."""
    with guard.connect() as client:
        assert guard.refused(client, escape).startswith("safeshell: refused: ")
        client.execute("rollback")
    assert guard.value("select count(*) from orders") == 100
    assert guard.value("select to_regclass('stolen') is null")


def test_one_held_connection_does_not_keep_others_waiting(guard):
    """A preview that waits for a lock waits alone."""
    with guard.direct() as blocker, guard.connect() as slow, guard.connect() as quick:
        blocker.execute("begin; lock table orders in access exclusive mode")
        told: list[str] = []
        thread = threading.Thread(target=lambda: told.append(guard.refused(slow, "delete from orders where id = 1")))
        thread.start()
        begun = time.monotonic()
        for number in range(100):
            assert quick.execute("select %s::int", (number,)).fetchone() == (number,)
        passed = time.monotonic() - begun
        assert not told
        assert passed < 2
        thread.join(20)
        blocker.execute("rollback")
        assert told
        assert told[0].startswith("safeshell: refused: ")


def test_the_audit_tells_the_story(guard, tmp_path):
    """Refusals and intents one by one, reads as a number per verb."""
    with guard.connect() as client:
        for _ in range(5):
            client.execute("select 1")
        guard.confirmed(client, "delete from orders where id = 100")
    guard.wire.court.summarise()
    logs = sorted((tmp_path / ".local/state/safeshell/audit").glob("*.jsonl"))
    events = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "session_start"
    assert kinds.count("refused") == kinds.count("intent") == 1
    intent = next(event for event in events if event["kind"] == "intent")
    assert intent["detail"]["text"] == "delete from orders where id = 100"
    assert intent["detail"]["affected"] == 1
    summary = next(event for event in events if event["kind"] == "summary")
    assert summary["detail"]["passed_silently"]["select"] == 5


def test_a_confirmed_statement_leaves_an_undo_kit(guard, capfd):
    """Taken in the same transaction; its id is told."""
    with guard.connect() as client:
        guard.confirmed(client, "delete from orders where id > 97")
    said = capfd.readouterr().err
    assert "safeshell undo " in said
    kits = list((guard.home / ".local/state/safeshell/undo").rglob("*.csv"))
    assert len(kits) == 1
    assert len(kits[0].read_text().splitlines()) == 4


def test_more_rows_than_were_confirmed_are_rolled_back(guard):
    """Somebody adds rows between the preview and the run: nothing of it stays."""
    with guard.connect() as client:
        client.execute("begin")
        refusal = guard.refused(client, "delete from orders where id > 95")
        client.execute("rollback")
        guard.allow(refusal)
        seen = guard.wire.court.trade.preview

        def then_more(*case):
            found = seen(*case)
            with guard.direct() as owner:
                owner.execute("insert into orders values (501), (502)")
            return found

        guard.wire.court.trade.preview = then_more
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="it changed 7 rows, but 5 were confirmed"):
            client.execute("delete from orders where id > 95")
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert guard.value("select count(*) from orders") == 102
    assert not list((guard.home / ".local/state/safeshell/undo").rglob("*.csv"))


def test_reads_by_the_quick_lane_are_counted_and_an_unlock_or_lock_between_them_counts(guard):
    """Forty times the same read, simple and prepared, is forty in the audit; each statement has the mode of its moment."""
    court, texts = guard.wire.court, ("select 41 + 1", "select $1::int")
    with guard.connect() as client:
        client.prepare_threshold = 0
        for number in range(20):
            assert client.pgconn.exec_(texts[0].encode()).get_value(0, 0) == b"42"
            assert client.execute("select %s::int", (number,)).fetchone() == (number,)
        session = guard.wire.adapter.latest
        known = court.known(session.memo_key(in_transaction=False))
        assert [known[text].count for text in texts] == [20, 20]
        assert session.machine.lane.open  # it was taken
        read_only = "show transaction_read_only"
        for _ in range(3):
            assert client.execute(read_only).fetchone() == ("on",)
            guard.unlock()
            assert client.execute(read_only).fetchone() == ("off",)
            guard.wire.lock()
            assert client.pgconn.exec_(texts[0].encode()).get_value(0, 0) == b"42"
        assert client.execute(read_only).fetchone() == ("on",)
        assert "refused" in guard.refused(client, "delete from orders")
