"""The PostgreSQL machine between real clients and a real server: holding, previews on the same connection, refusals."""

import asyncio
import contextlib
import select
import subprocess
import threading
import time

import psycopg
import pytest

from tests.live.pgrelay import Link, Relay
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
OFF = {"mode": "off", "options": ""}


@pytest.fixture(scope="module", params=[None, 16, 18], ids=["installed", "16", "18"])
def server(request):
    if postgres_binaries(request.param) is None:
        pytest.skip(f"no PostgreSQL {request.param} is installed")
    with postgres_server(major=request.param, settings={"max_prepared_transactions": "2"}) as running:
        yield running


@pytest.fixture
def direct(server):
    with psycopg.connect(server.conninfo(), autocommit=True) as conn:
        conn.execute("drop schema if exists public cascade; create schema public")
        conn.execute("create table t (a int primary key, b text)")
        conn.execute("insert into t select g, 'old' from generate_series(1, 100) g")
        yield conn


class Judge:
    """Lets everything through but texts that hold `word`: those meet `verdict(link, event)`."""

    def __init__(self, word: str, verdict) -> None:
        self.word = word
        self.verdict = verdict
        self.answers: list[object] = []

    def __call__(self, link: Link, event) -> None:
        if self.word in event.text:
            self.answers.append(self.verdict(link, event))
        else:
            link.machine.release(event.id)


def refuse(link: Link, event, **options) -> None:
    link.machine.refuse(event.id, "safeshell: refused: it is production\nwhy it is", hint="do that", **options)


def counting(sql: str, **options):
    """A judge that asks `sql` on the held connection and then refuses."""

    def verdict(link: Link, event):
        ran = link.run(sql)
        refuse(link, event, **options)
        return ran.error.message if ran.error else ran.rows[0][0]

    return Judge("delete", verdict)


@contextlib.contextmanager
def through(server, judge=None, **options):
    with (
        Relay(server, *([judge] if judge else []), **{**OFF, **options}) as relay,
        psycopg.connect(relay.conninfo(), autocommit=True) as conn,
    ):
        conn.relay = relay
        yield conn


PREVIEWS = {
    "uncommitted rows": (["begin", "insert into t select g from generate_series(200, 249) g"], "150"),
    "a temporary table": (["create temp table t as select 1 as a union select 2 union select 3"], "3"),
    "search_path": (["create schema s", "create table s.t (a int)", "set search_path = s"], "0"),
    "SET ROLE": (["drop role if exists low; create role low; grant usage on schema public to low", "set role low"], "permission denied for table t"),
    "savepoints": (["begin", "truncate t", "savepoint a", "insert into t values (1)", "rollback to a"], "0"),
}  # fmt: skip


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_sees_what_the_statement_would_see(server, direct, name):
    """On the same connection the guard counts what a second connection can't see, or is not allowed to see more."""
    before, here = PREVIEWS[name]
    judge = counting("select count(*) from t")
    with through(server, judge) as conn:
        for text in before:
            conn.execute(text)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("delete from t")
    assert judge.answers == [here]


def test_a_preview_sees_uncommitted_ddl(server, direct):
    """After ALTER TABLE in the transaction a second connection would wait for the lock."""
    judge = counting("select count(c) from t")
    with through(server, judge) as conn:
        conn.execute("begin")
        conn.execute("alter table t add c int default 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("delete from t")
    assert judge.answers == ["100"]


def test_a_failing_preview_leaves_the_transaction_alone(server, direct):
    """Round a savepoint the guard's own error poisons nothing, open cursors keep their place."""

    def verdict(link, event):
        link.run("savepoint p; set local transaction_read_only = on")
        ran = link.run("select 1/0")
        link.run("rollback to p; release p")
        link.machine.release(event.id)
        return ran.error.code

    judge = Judge("delete", verdict)
    with through(server, judge) as conn:
        conn.execute("begin")
        conn.execute("declare c cursor for select a from t order by a")
        assert conn.execute("fetch 1 from c").fetchall() == [(1,)]
        assert conn.execute("delete from t where a > 50").rowcount == 50
        assert conn.execute("fetch 1 from c").fetchall() == [(2,)]
        conn.execute("commit")
    assert judge.answers == ["22012"]
    assert direct.execute("select count(*) from t").fetchone() == (50,)


def test_a_refusal_is_the_servers_own_failure(server, direct):
    """SQLSTATE, message, detail and hint are ours; the transaction is really aborted, and COMMIT rolls back."""
    with through(server, Judge("delete", refuse)) as conn:
        conn.execute("begin")
        conn.execute("insert into t values (1000)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            conn.execute("delete from t")
        told = caught.value.diag
        assert told.message_primary == "safeshell: refused: it is production"
        assert (told.message_detail, told.message_hint) == ("why it is", "do that")
        assert told.statement_position is None
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            conn.execute("select 1")
        assert conn.execute("commit").statusmessage == "ROLLBACK"
    assert direct.execute("select count(*) from t").fetchone() == (100,)


def test_a_refusal_can_leave_the_transaction(server, direct):
    """For a person at a terminal: the statement fails, the transaction lives."""
    with through(server, Judge("delete", lambda link, event: refuse(link, event, keep_transaction=True))) as conn:
        conn.execute("begin")
        conn.execute("insert into t values (1000)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _simple(conn, "delete from t")
        conn.execute("commit")
    assert direct.execute("select count(*) from t").fetchone() == (101,)


def _simple(conn, text: str):
    """A simple query; raises as execute does."""
    result = conn.pgconn.exec_(text.encode())
    if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result)
    return result


def _answer(conn):
    """The next result, without blocking in libpq, which would stop the relay's threads as well."""
    while conn.pgconn.is_busy():
        assert select.select([conn.pgconn.socket], [], [], 10)[0]
        conn.pgconn.consume_input()
    return conn.pgconn.get_result()


def test_a_refusal_in_a_pipeline_takes_all_of_it(server, direct):
    """The earlier INSERT of the same pipeline is really rolled back; the connection lives on."""

    def work(conn):
        with conn.pipeline():
            for text in ("insert into t values (1000)", "delete from t", "insert into t values (1001)"):
                conn.execute(text)

    with through(server, Judge("delete", refuse)) as conn:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            work(conn)
        assert conn.execute("select count(*) from t").fetchone() == (100,)


@pytest.mark.parametrize("sql", ["select count(*) from t where a >= $1", "select nope"])
def test_a_preview_inside_a_pipeline(server, direct, sql):
    """It sees the pipeline's earlier INSERT and commits nothing; a failing one ends the pipeline, and says so."""

    def verdict(link, event):
        assert event.pipeline
        value = event.units[0].parameters[0]
        ran = link.run_extended(sql, parameters=(value,), formats=event.units[0].formats, types=event.units[0].types)
        link.machine.release(event.id)
        return ran.error.code if ran.error else ran.rows

    judge = Judge("delete", verdict)
    with through(server, judge) as conn:
        fails = pytest.raises(psycopg.errors.FeatureNotSupported) if "nope" in sql else contextlib.nullcontext()
        with fails, conn.pipeline():
            first = conn.execute("insert into t values (1000) returning a")
            assert first.fetchone() == (1000,)  # a Flush: the first part of the pipeline has run
            conn.execute("delete from t where a >= %s", (90,))
        left = conn.execute("select count(*) from t").fetchone()
    assert judge.answers == (["42703"] if "nope" in sql else [(("12",),)])
    assert left == ((100,) if "nope" in sql else (89,))


def test_a_prepared_statement_is_judged_at_each_execute(server, direct):
    """Text, values and types of a prepared DELETE; its count with the same values is exact."""

    def verdict(link, event):
        unit = event.units[0]
        types = link.describe(unit.text, types=unit.types).types
        ran = link.run_extended("select count(*) from t where a > $1", parameters=unit.parameters, formats=unit.formats, types=types)  # fmt: skip
        link.machine.release(event.id)
        return ran.rows[0][0]

    judge = Judge("delete", verdict)
    with through(server, judge) as conn:
        for bound in (95, 90, 10):
            affected = conn.execute("delete from t where a > %s", (bound,), prepare=True).rowcount
            assert judge.answers[-1] == str(affected)
    assert judge.answers == ["5", "5", "80"]


def test_copies(server, direct):
    """COPY in and out, simple and extended, and one that fails half way."""
    with through(server) as conn:
        with conn.cursor().copy("copy t from stdin") as copy:
            for number in range(1000, 3000):
                copy.write_row((number, "x" * 500))
        with conn.cursor().copy("copy t to stdout") as copy:
            assert sum(1 for _ in copy.rows()) == 2100
        with pytest.raises(psycopg.errors.UniqueViolation), conn.cursor().copy("copy t from stdin") as copy:
            copy.write_row((1, "again"))
        result = conn.pgconn.exec_params(b"copy t from stdin", None)
        assert result.status == psycopg.pq.ExecStatus.COPY_IN
        conn.pgconn.put_copy_data(b"9000\tx\n")
        conn.pgconn.put_copy_end()
        assert _answer(conn).status == psycopg.pq.ExecStatus.COMMAND_OK
        assert _answer(conn) is None
        assert conn.execute("select count(*) from t").fetchone() == (2101,)


def test_cancel_during_a_hold_is_a_refusal(server, direct):
    """The client's cancel comes on a connection of its own; what is held is refused, and never runs."""
    holding = threading.Event()

    def verdict(link, event):
        holding.set()
        deadline = time.monotonic() + 10
        while not link.cancelled and time.monotonic() < deadline:
            time.sleep(0.01)
        refuse(link, event, code="57014")

    with through(server, Judge("delete", verdict)) as conn:
        killer = threading.Thread(target=lambda: holding.wait(10) and conn.cancel_safe())
        killer.start()
        with pytest.raises(psycopg.errors.QueryCanceled, match="safeshell"):
            conn.execute("delete from t")
        killer.join()
        assert conn.execute("select count(*) from t").fetchone() == (100,)


def test_cancel_of_a_running_statement_reaches_the_server(server, direct):
    """Ctrl-C in a long SELECT works as ever."""
    with through(server) as conn:
        killer = threading.Timer(0.3, conn.cancel_safe)
        killer.start()
        with pytest.raises(psycopg.errors.QueryCanceled, match="canceling statement"):
            conn.execute("select pg_sleep(20)")
        killer.join()


def test_a_client_that_leaves_takes_what_is_held_with_it(server, direct):
    """A dropped client while a DELETE is held: it never runs."""
    held = threading.Event()
    with Relay(server, lambda link, event: held.set(), **OFF) as relay:
        conn = psycopg.connect(relay.conninfo(), autocommit=True)
        conn.pgconn.send_query(b"delete from t")
        assert held.wait(10)
        conn.close()
        deadline = time.monotonic() + 10
        while not relay.links[0].machine.closed and time.monotonic() < deadline:
            time.sleep(0.01)
    assert direct.execute("select count(*) from t").fetchone() == (100,)


def test_thirty_megabytes(server, direct):
    """A statement of 30 MB is held, judged and run; with a smaller cap it is refused and the session lives."""
    big = "x" * 30_000_000
    with through(server) as conn:
        assert conn.pgconn.exec_(f"select length('{big}')".encode()).get_value(0, 0) == b"30000000"
        assert conn.execute("select length(%s)", (big,)).fetchone() == (30_000_000,)
    with through(server, cap=1_000_000) as conn:
        for send in (_simple, lambda c, text: c.execute(text)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="longer than"):
                send(conn, f"insert into t values (7777, '{big[:2_000_000]}')")
        assert conn.execute("select count(*) from t").fetchone() == (100,)


def test_notifications_arrive_while_something_is_held(server, direct):
    """LISTEN works, and a NOTIFY passes during a hold."""

    def verdict(link, event):
        with psycopg.connect(server.conninfo(), autocommit=True) as other:
            other.execute("notify c, 'hello'")
        link.run("select pg_sleep(0.1)")
        refuse(link, event)

    with through(server, Judge("delete", verdict)) as conn:
        conn.execute("listen c")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("delete from t")
        assert [note.payload for note in conn.notifies(timeout=5, stop_after=1)] == ["hello"]


def test_deferred_constraints_and_a_kept_reply(server, direct):
    """The server says DELETE 1 and COMMIT fails behind it: the client reads the failure alone."""
    direct.execute(
        "create table child (a int references t deferrable initially deferred); insert into child values (1)"
    )

    def verdict(link, event):
        link.run("begin")
        link.machine.release(event.id, hold=True)
        replied = link.replied(event.id)
        committed = link.run("commit")
        assert committed.error.code == "23503"
        link.machine.fail(event.id, "safeshell: rolled back: " + committed.error.message, code=committed.error.code)
        return replied.tags

    judge = Judge("delete", verdict)
    with through(server, judge) as conn:
        for text, params in (("delete from t where a = 1", None), ("delete from t where a = %s", (1,))):
            with pytest.raises(psycopg.errors.ForeignKeyViolation, match="rolled back"):
                conn.execute(text, params)
            assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert judge.answers == [("DELETE 1",), ("DELETE 1",)]
    assert direct.execute("select count(*) from t").fetchone() == (100,)


def test_a_kit_streams_from_the_same_transaction(server, direct):
    """BEGIN; COPY of what will be lost; the statement; compare; COMMIT; and only then the client reads DELETE."""

    def verdict(link, event):
        link.run("begin")
        link.run("copy (select * from t where a > 90 for update) to stdout", stream=True)
        link.machine.release(event.id, hold=True)
        replied = link.replied(event.id)
        link.run("commit")
        link.machine.finish(event.id)
        return replied.tags, link.copied.count(b"\n")

    judge = Judge("delete", verdict)
    with through(server, judge) as conn:
        assert conn.execute("delete from t where a > 90 returning a").rowcount == 10
        assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert judge.answers == [(("DELETE 10",), 10)]


def test_psql(server, direct):
    """psql's own meta-commands, \\copy, \\gexec, FETCH_COUNT and exit code pass as they are."""
    script = "\\d t\n\\copy t to '/dev/null'\n\\set FETCH_COUNT 7\nselect a from t;\nselect 'select 41+1' \\gexec\n\\bind 5 \\g\n"
    with Relay(server, Judge("delete", refuse), **OFF) as relay:
        command = ["psql", "-X", "-v", "ON_ERROR_STOP=1", relay.conninfo()]
        done = subprocess.run([*command], input=script, capture_output=True, text=True, timeout=30, check=False)
        assert "42" in done.stdout
        assert done.stdout.count("\n") > 110
        done = subprocess.run(
            [*command, "-c", "delete from t"], capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert "ERROR:  safeshell: refused: it is production" in done.stderr


def test_asyncpg(server, direct):
    """Prepared statements, cursors, a transaction and executemany of another client library."""
    import asyncpg

    async def work(relay):
        conn = await asyncpg.connect(host=str(relay.directory), port=relay.port, user="postgres", database="postgres")
        assert await conn.fetchval("select count(*) from t where a <= $1", 10) == 10
        async with conn.transaction():
            assert len([row async for row in conn.cursor("select a from t", prefetch=7)]) == 100
        await conn.executemany("insert into t values ($1, $2)", [(n, "x") for n in range(200, 1200)])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("delete from t where a = $1", 1)
        async with conn.transaction():
            await conn.execute("update t set b = 'new' where a = 1")
        await conn.close()

    with Relay(server, Judge("delete", refuse), **OFF) as relay:
        asyncio.run(work(relay))
    assert direct.execute("select count(*), min(b) filter (where a = 1) from t").fetchone() == (1100, "new")


def test_two_connections_one_held(server, direct):
    """A held connection does not stall another."""
    free = threading.Event()
    judge = Judge("delete", lambda link, event: (free.wait(10), refuse(link, event)))
    with Relay(server, judge, **OFF) as relay:
        held = psycopg.connect(relay.conninfo(), autocommit=True)
        held.pgconn.send_query(b"delete from t")
        with psycopg.connect(relay.conninfo(), autocommit=True) as other:
            assert other.execute("select count(*) from t").fetchone() == (100,)
        free.set()
        assert _answer(held).status == psycopg.pq.ExecStatus.FATAL_ERROR
        held.close()


def test_a_server_that_dies_is_named(server, direct):
    """The server ends the session: its own words reach the client."""
    with through(server) as conn:
        direct.execute("select pg_terminate_backend(%s)", (conn.info.backend_pid,))
        with pytest.raises(psycopg.errors.AdminShutdown, match="terminating connection"):
            conn.execute("select 1")
