"""Read-only enforced by the server through the machine, and every way out of it that was thought of.

The relay here releases everything: what stays read-only does so by the server, with no judge in front.
"""

import contextlib
import random
import select
import threading

import psycopg
import pytest

from tests.live.pgrelay import GoneError, Relay, release_all
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
SECRET = "safeshell_n0nce"


@pytest.fixture(scope="module", params=[None, 16, 18], ids=["installed", "16", "18"])
def server(request):
    if postgres_binaries(request.param) is None:
        pytest.skip(f"no PostgreSQL {request.param} is installed")
    with postgres_server(
        major=request.param,
    ) as running:
        yield running


@pytest.fixture
def direct(server):
    with psycopg.connect(server.conninfo(), autocommit=True) as conn:
        conn.execute("drop schema if exists public cascade; create schema public")
        conn.execute("create table t (a int primary key, b text)")
        conn.execute("insert into t select g, 'old' from generate_series(1, 100) g")
        yield conn


def allowing(link, event):
    """Everything runs; what has the word /*yes*/ may write, /*alone*/ outside of a block."""
    if "/*yes*/" in event.text:
        link.verdicts.append(link.machine.allow_writes(event.id, block="/*alone*/" not in event.text))
    link.machine.release(event.id)


@pytest.fixture(params=["options", "pinned"])
def guarded(request, server, direct):
    """One connection through the machine, in both ways of enforcing."""
    options = {"mode": request.param, **({"options": ""} if request.param == "pinned" else {})}
    with (
        Relay(server, allowing, **options) as relay,
        psycopg.connect(relay.conninfo(), autocommit=True) as conn,
    ):
        conn.machine = relay.links[0].machine
        conn.verdicts = relay.links[0].verdicts = []
        yield conn


def rows(direct) -> int:
    return direct.execute("select count(*) from t").fetchone()[0]


def attempt(conn, text: str) -> str:
    """Run the messages of `text` (one a line) as simple queries; the SQLSTATE of the last error."""
    code = ""
    for line in text.splitlines():
        result = conn.pgconn.exec_(line.strip().encode())
        if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
            code = psycopg.errors.error_from_result(result).sqlstate
    return code


WAYS_OUT = {
    "plain": "delete from t",
    "a cte": "with d as (delete from t returning 1) select * from d",
    "begin": "begin\nselect 1\ndelete from t\ncommit",
    "begin read write, then a read": "begin read write\nselect 1\ndelete from t\ncommit",
    "set transaction after begin": "begin\nset transaction read write\ndelete from t\ncommit",
    "set local": "begin\nset local transaction_read_only = off\ndelete from t\ncommit",
    "set session characteristics": "set session characteristics as transaction read write\ndelete from t",
    "set default": "set default_transaction_read_only = off\ndelete from t",
    "set default in a transaction": "begin\nset default_transaction_read_only = off\ncommit\ndelete from t",
    "set_config": "select set_config('default_transaction_read_only', 'off', false)\ndelete from t",
    "set_config in a block of code": "do $$begin perform set_config('default_transaction_read_only', 'off', false); end$$\ndelete from t",
    "reset": "reset all\ndelete from t",
    "discard": "discard all\ndelete from t",
    "set to default": "set default_transaction_read_only to default\ndelete from t",
    "chain": "begin\nselect 1\ncommit and chain\nset transaction read write\ndelete from t\ncommit",
    "rollback and chain": "begin\nselect 1\nrollback and chain\nselect 1\ndelete from t\ncommit",
    "an outer savepoint": "begin\nsavepoint a\nselect 1\nrollback to a\ndelete from t\ncommit",
    "a hidden rollback to": "begin\nsavepoint a\nselect 1\nrollback to /* x */ a\ndelete from t\ncommit",
    "savepoints released": "begin\nselect 1\nsavepoint a\nselect 1\nrelease a\ndelete from t\ncommit",
    "an error in between": "begin\nsavepoint a\nselect nope\nrollback to a\ndelete from t\ncommit",
    "an error and a chain": "begin\nselect 1\nselect nope\ncommit and chain\ndelete from t\ncommit",
    "our savepoint by name": f"begin\nselect 1\nrelease {SECRET}_1\ndelete from t\ncommit",
    "our savepoint by name, folded": f"begin\nselect 1\nrelease {SECRET.upper()}_1\ndelete from t\ncommit",
    "commit, begin in one message": "begin\nselect 1\ncommit; begin\ndelete from t\ncommit",
    "two begins": "begin\nbegin\nselect 1\ndelete from t\ncommit",
    "a read-only one, aborted, and begun anew in one message": "begin read only\nselect nope\nrollback; begin read write\ndelete from t\ncommit",
    "begin again as read write": "begin\nbegin read write\nselect 1\ndelete from t\ncommit",
    "begin again as read write at once": "begin\nbegin read write\ndelete from t\ncommit",
    "prepared transactions": "begin\nselect 1\nprepare transaction 'x'; begin\ndelete from t\ncommit",
    "a chain of chains": "begin read only\ncommit and chain\ncommit and chain\nset transaction read write\ndelete from t\ncommit",
    "begin, savepoint in one message": "begin; savepoint a\nrollback to a\ndelete from t\ncommit",
    "prepare": "prepare p as delete from t\nexecute p",
    "a routine that commits": "create temp table x (a int)\ndo $$begin execute 'delete from t'; end$$",
}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_no_way_out_over_several_messages(guarded, direct, name):
    """With nobody judging, the server refuses the DELETE of each, and not a row is lost."""
    assert attempt(guarded, WAYS_OUT[name]) in ("25006", "25P02", "42501")
    assert rows(direct) == 100
    guarded.execute("rollback")
    assert guarded.execute("select count(*) from t").fetchone() == (100,)


WORDS = [
    "begin", "begin read write", "begin read only", "start transaction isolation level serializable", "commit", "rollback",
    "commit and chain", "rollback and chain", "savepoint a", "savepoint b", "release a", "release savepoint b",
    "rollback to a", "rollback to savepoint b", "rollback /**/ to a", "select 1", "select nope", "discard all", "reset all",
    "set transaction read write", "set transaction read only", "set transaction isolation level repeatable read",
    "set local transaction_read_only = off", "set default_transaction_read_only = off", "end", "abort",
    "set session characteristics as transaction read write", "insert into t values (-1) /*yes*/", "unlock", "lock",
    "begin; savepoint a", "commit; begin", "rollback; begin read write", "savepoint a; release a", "select 1; commit",
    "vacuum t /*yes*/ /*alone*/", "begin; insert into t values (-2) /*yes*/",
]  # fmt: skip
PIPED = [
    "flush", "flush", "flush", "begin", "begin read write", "commit", "rollback", "savepoint a", "rollback to a", "select 1",
    "set transaction read write", "commit and chain", "set local transaction_read_only = off", "release a", "delete from t",
]  # fmt: skip
EXTENDED = {"begin", "commit", "rollback", "savepoint a", "rollback to a", "select 1", "select nope", "delete from t"}


@pytest.mark.parametrize("seed", range(6))
def test_no_way_out_by_chance(guarded, direct, seed):
    """Random scripts of transaction control, errors, confirmed writes and unlocks: a DELETE that nobody confirmed loses nothing."""
    chance = random.Random(seed)
    refused = 0
    for _ in range(80):
        script = chance.choices(WORDS, k=chance.randrange(1, 9))
        guarded.machine.unlock(False)
        for text in list(script):
            if text in ("lock", "unlock"):
                guarded.machine.unlock(text == "unlock")
            elif text in EXTENDED and chance.random() < 0.5:
                guarded.pgconn.exec_params(text.encode(), None)
            else:
                attempt(guarded, text)
            if chance.random() < 0.15:
                guarded.machine.unlock(False)
                said = chance.choices(PIPED, k=chance.randrange(1, 7))
                piped(guarded, said)
                script.append(f"(behind {text}: {said})")
        guarded.machine.unlock(False)
        count = direct.execute("select count(*) from t where a > 0").fetchone()[0]
        assert count == 100, "; ".join(script)
        code = attempt(guarded, "delete from t")
        assert code in ("25006", "25P02"), "; ".join(script)
        refused += code == "25006"
        attempt(guarded, "rollback")
        attempt(guarded, "commit")
    assert refused > 20
    assert direct.execute("select count(*) from t where a > 0").fetchone() == (100,)


def test_the_start_up_can_not_loosen_it(server, direct):
    """Neither PGOPTIONS, nor a parameter of that name, nor a backslash at the end of the options."""
    for options in (
        "-c default_transaction_read_only=off",
        "-c work_mem=1MB\\",
        "-c default_transaction_read_only=off\\",
    ):
        with (
            Relay(server) as relay,
            psycopg.connect(relay.conninfo(), autocommit=True, options=options) as conn,
        ):
            assert attempt(conn, "delete from t") == "25006"
    assert rows(direct) == 100


def test_a_confirmed_delete_inside_a_locked_transaction(guarded, direct):
    """BEGIN; SELECT; confirmed DELETE; SELECT; COMMIT: only the confirmed one wrote, cursors live through it."""
    for text in ("begin", "declare c cursor for select a from t order by a", "fetch 2 from c"):
        guarded.execute(text)
    assert attempt(guarded, "delete from t where a = 100 /*yes*/") == ""
    assert guarded.execute("fetch 1 from c").fetchone() == (3,)
    assert guarded.execute("show transaction_read_only").fetchone() == ("on",)
    assert guarded.execute("select count(*) from t").fetchone() == (99,)
    assert attempt(guarded, "commit") == ""
    assert guarded.verdicts == [True]
    assert rows(direct) == 99


def test_after_a_confirmed_write_the_lock_is_back(guarded, direct):
    """In the transaction, after its end, and when the confirmed statement failed."""
    for text in (
        "begin\ndelete from t where a = 1 /*yes*/\ndelete from t",
        "rollback\ndelete from t where a = 1 /*yes*/\ndelete from t",
        "begin\nselect 1/0 /*yes*/\nrollback\ndelete from t",
        "select 1/0 /*yes*/\ndelete from t",
        "begin\nsavepoint a\ndelete from t where a = 2 /*yes*/\nrollback to a\ndelete from t",
        "rollback\ndelete from nowhere /*yes*/\ndelete from t",
    ):
        assert attempt(guarded, text) == "25006", text
    attempt(guarded, "rollback")
    assert rows(direct) == 99


def test_savepoints_of_orms(guarded, direct):
    """Nested transactions: the client's savepoints survive confirmed writes between them."""
    with guarded.transaction():
        guarded.execute("select 1")
        with guarded.transaction():
            guarded.execute("delete from t where a = 1 /*yes*/")
            with contextlib.suppress(ZeroDivisionError), guarded.transaction():
                guarded.execute("delete from t where a = 2 /*yes*/")
                raise ZeroDivisionError
            guarded.execute("delete from t where a = 3 /*yes*/")
        assert guarded.execute("select array_agg(a) from t where a < 5").fetchone() == ([2, 4],)
    assert rows(direct) == 98


def test_what_runs_outside_of_a_block(guarded, direct):
    """VACUUM and CREATE INDEX CONCURRENTLY when allowed; the lock is back at once, also after an error."""
    assert attempt(guarded, "vacuum t /*yes*/ /*alone*/") == ""
    assert attempt(guarded, "create index concurrently i on t (b) /*yes*/ /*alone*/") == ""
    assert attempt(guarded, "vacuum nowhere /*yes*/ /*alone*/") == "42P01"
    assert attempt(guarded, "delete from t") == "25006"


def test_a_time_box(guarded, direct):
    """Unlocked, everything writes; locked again, nothing does, in an open transaction neither."""
    guarded.machine.unlock(True)
    attempt(guarded, "delete from t where a = 1\nbegin\ndelete from t where a = 2")
    guarded.machine.unlock(False)
    assert attempt(guarded, "delete from t") == "25006"
    attempt(guarded, "rollback")
    assert attempt(guarded, "delete from t") == "25006"
    assert rows(direct) == 99


def test_unlocked_in_the_middle_of_a_transaction(guarded, direct):
    """A transaction that was begun locked may write once the person has unlocked."""
    attempt(guarded, "begin\nselect 1")
    guarded.machine.unlock(True)
    assert attempt(guarded, "delete from t where a = 1\ncommit") == ""
    assert rows(direct) == 99


def test_deferred_triggers_may_write_at_commit(guarded, direct):
    """COMMIT releases the lock's savepoint itself: a confirmed write whose deferred trigger writes is committed."""
    direct.execute("create table log (a int)")
    direct.execute("create function note() returns trigger language plpgsql as "
                   "$$begin insert into log values (old.a); return null; end$$")  # fmt: skip
    direct.execute("create constraint trigger later after delete on t deferrable initially deferred "
                   "for each row execute function note()")  # fmt: skip
    assert (
        attempt(
            guarded, "begin\ndelete from t where a = 7 /*yes*/\nselect 1\ncommit\ndelete from t where a = 8 /*yes*/"
        )
        == ""
    )
    assert direct.execute("select array_agg(a order by a) from log").fetchone() == ([7, 8],)


def test_deferred_constraints_of_an_allowed_write(guarded, direct):
    """COMMIT fails: the client reads that error instead of DELETE 1, and is in no transaction."""
    direct.execute(
        "create table child (a int references t deferrable initially deferred); insert into child values (1)"
    )
    for prepare in (False, True):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            guarded.execute("delete from t where a = 1 /*yes*/", prepare=prepare)
        assert guarded.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert rows(direct) == 100


def test_extended_statements_are_locked_alike(guarded, direct):
    """Prepared statements and parameters: locked, allowed, locked."""
    for _ in range(2):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            guarded.execute("delete from t where a > %s", (90,), prepare=True)
    assert guarded.execute("delete from t where a > %s /*yes*/", (90,), prepare=True).rowcount == 10
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        guarded.execute("delete from t where a > %s", (80,), prepare=True)
    with guarded.transaction():
        guarded.execute("select %s", (1,))
        assert guarded.execute("delete from t where a > %s /*yes*/", (80,), prepare=True).rowcount == 10
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), guarded.transaction():
            guarded.execute("delete from t where a > %s", (70,), prepare=True)
    assert rows(direct) == 80


def test_copy_in_is_a_write(guarded, direct):
    """COPY FROM STDIN fails at the server when locked, and streams when allowed, in and out of a transaction."""
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), guarded.cursor().copy("copy t from stdin") as copy:
        copy.write_row((1000, "x"))
    for number, begin in ((1000, False), (1001, True)):
        with (
            guarded.transaction() if begin else contextlib.nullcontext(),
            guarded.cursor().copy("copy t from stdin /*yes*/") as copy,
        ):
            copy.write_row((number, "x"))
    with pytest.raises(psycopg.errors.UniqueViolation), guarded.cursor().copy("copy t from stdin /*yes*/") as copy:
        copy.write_row((1, "x"))
    assert guarded.execute("select 1").fetchone() == (1,)
    assert rows(direct) == 102


def test_a_pipeline_is_locked(guarded, direct):
    """Reads in a pipeline pass, a write in it fails, and what follows is locked too."""

    def work():
        with guarded.pipeline():
            assert guarded.execute("select 1").fetchone() == (1,)
            guarded.execute("delete from t")

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        work()
    assert attempt(guarded, "delete from t") == "25006"
    assert rows(direct) == 100


def begin_like_jdbc(conn, text: str) -> str:
    """BEGIN and a first statement in one extended batch; the SQLSTATE of an error."""
    return piped(conn, ["BEGIN", text])


def piped(conn, texts: list[str]) -> str:
    """The statements in one pipeline, with a Flush where "flush" stands; the SQLSTATE of an error."""
    pg = conn.pgconn
    pg.enter_pipeline_mode()
    for text in texts:
        if text == "flush":
            pg.send_flush_request()
            pg.flush()
        else:
            pg.send_query_params(text.encode(), None)
    pg.pipeline_sync()
    code, synced = "", False
    while not synced:
        while pg.is_busy():
            assert select.select([pg.socket], [], [], 10)[0]
            pg.consume_input()
        result = pg.get_result()
        synced = result is not None and result.status == psycopg.pq.ExecStatus.PIPELINE_SYNC
        if result is not None and result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
            code = psycopg.errors.error_from_result(result).sqlstate
    pg.exit_pipeline_mode()
    return code


def test_a_transaction_begun_together_with_its_first_statement(guarded, direct):
    """As JDBC does: the first statement is locked, a later confirmed write writes, and then it is locked again."""
    assert begin_like_jdbc(guarded, "select count(*) from t") == ""
    assert guarded.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert attempt(guarded, "delete from t where a = 1 /*yes*/\nselect 1") == ""
    assert attempt(guarded, "delete from t") == "25006"
    attempt(guarded, "rollback")
    assert begin_like_jdbc(guarded, "delete from t") == "25006"
    attempt(guarded, "rollback")
    assert begin_like_jdbc(guarded, "delete from t where a = 2 /*yes*/") == ""
    assert attempt(guarded, "delete from t") == "25006"
    assert rows(direct) == 100


def test_the_session_that_dies_takes_everything_with_it(server, direct):
    """A guard that dies in the middle of an allowed write leaves nothing behind."""
    sent = threading.Event()

    def dying(link, event):
        if "delete" in event.text:
            link.machine.allow_writes(event.id)
            link.run("begin read write")
            link.machine.release(event.id, hold=True)
            link.replied(event.id)
            sent.set()
            raise GoneError
        release_all(link, event)

    with Relay(server, dying) as relay:
        conn = psycopg.connect(relay.conninfo(), autocommit=True)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("delete from t")
        conn.close()
    assert sent.is_set()
    assert rows(direct) == 100


def test_pg_dump_style_snapshots(guarded, direct):
    """A transaction that is read-only by its own words is left alone, so that it can export its snapshot."""
    attempt(guarded, "begin\nset transaction isolation level repeatable read, read only")
    assert guarded.execute("select pg_export_snapshot()").fetchone()
    assert attempt(guarded, "delete from t") == "25006"
