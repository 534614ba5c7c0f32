"""Behind pgbouncer in transaction mode, live: each read is pinned read-only, and strangers write unharmed."""

from __future__ import annotations

import threading

import psycopg
import pytest

from tests.live.pooling import pgbouncer, pooler
from tests.live.wires import guarded
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
    pytest.mark.skipif(pgbouncer() is None, reason="pgbouncer is not installed"),
]


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        yield made


@pytest.fixture(params=["refused", "ignored"])
def guard(server, tmp_path, request):
    """Once a pooler that refuses start-up options, once one that drops them silently."""
    further = "ignore_startup_parameters = options\n" if request.param == "ignored" else ""
    with psycopg.connect(server.conninfo(), autocommit=True) as owner:
        owner.execute("drop table if exists orders; create table orders as select generate_series(1, 100) as id")
    with (
        pooler(server, further=further) as (directory, port),
        guarded(server, tmp_path, host=str(directory), port=str(port)) as made,
    ):
        made.pool = {"host": str(directory), "port": port, "user": "postgres", "dbname": "postgres"}
        yield made


def test_each_read_is_pinned_and_the_prompt_says_so(guard, capfd):
    """The server enforces it, although it takes no options."""
    with guard.connect() as client:
        assert client.execute("show transaction_read_only").fetchone() == ("on",)
        assert client.execute("select count(*) from orders").fetchone() == (100,)
        assert guard.wire.status().pinned
        assert not guard.wire.status().unguarded
        assert "pinned read-only" in capfd.readouterr().err


def test_a_stranger_writes_unharmed_throughout(guard):
    """No setting of ours stays on the server connection that the pooler shares."""
    problems: list[BaseException] = []
    over = threading.Event()

    def write():
        try:
            with psycopg.connect(**guard.pool, autocommit=True, prepare_threshold=None) as stranger:
                while not over.is_set():
                    stranger.execute("insert into orders values (-1)")
                    assert stranger.execute("show default_transaction_read_only").fetchone() == ("off",)
        except BaseException as fault:  # noqa: BLE001 - judged below
            problems.append(fault)

    thread = threading.Thread(target=write)
    thread.start()
    with guard.connect(application_name="guarded") as client:
        client.prepare_threshold = None
        for _ in range(30):
            client.execute("select count(*) from orders")
        with client.transaction():
            client.execute("select 1")
            client.execute("select count(*) from orders")
        guard.refused(client, "delete from orders where id > 0")
        guard.confirmed(client, "delete from orders where id between 1 and 10")
        guard.unlock()
        client.execute("insert into orders values (-2)")
        guard.wire.lock()
        client.execute("select 1")
    over.set()
    thread.join(20)
    assert problems == []
    assert guard.value("select count(*) from orders where id > 0") == 90
    assert guard.value("select count(*) from orders where id = -2") == 1


def test_writing_is_refused_by_the_server_too(guard):
    """A function that lies about what it does meets the READ ONLY transaction."""
    with guard.direct() as owner:
        owner.execute(
            "create or replace function liar() returns int language plpgsql stable as "
            "$$ begin execute 'insert into orders values (7)'; return 1; end $$"
        )
    with guard.connect() as client:
        client.prepare_threshold = None
        with pytest.raises(psycopg.Error) as caught:
            client.execute("select liar()")
        assert caught.value.sqlstate in {"25006", "0A000", "42501"}
    assert guard.value("select count(*) from orders where id = 7") == 1
