"""How a guarded PostgreSQL is locked, unlocked and told, live: time boxes, markers, tiers, several hosts, consoles."""

from __future__ import annotations

import asyncio
import json
import time

import psycopg
import pytest

from safeshell.model.tiers import Mode, Tier
from tests.live.pooling import pgbouncer, pooler
from tests.live.wires import guarded
from tests.servers import free_port, postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]


@pytest.fixture(scope="module")
def server():
    with postgres_server(tcp=True) as made:
        with psycopg.connect(made.conninfo(), autocommit=True) as owner:
            owner.execute("create table orders as select generate_series(1, 100) as id")
            owner.execute("create database marked")
            owner.execute("alter database marked set safeshell.tier = 'staging'")
        yield made


def rows(guard) -> int:
    return guard.value("select count(*) from orders")


def test_an_unlock_ends_with_its_time_in_every_connection(server, tmp_path):
    """One that was open already, one that comes later; the server refuses again as well."""
    with guarded(server, tmp_path) as guard, guard.connect() as early:
        guard.refused(early, "insert into orders values (200)")
        guard.unlock()
        with guard.connect() as late:
            late.execute("insert into orders values (201)")
            early.execute("insert into orders values (202)")
            assert guard.wire.status().minutes_left == 5
            guard.wire.court.unlocks.until[guard.wire.here().target] = time.time() + 1
            guard.wire.court.epoch += 1
            for client in (early, late):
                client.execute("select 1")
            time.sleep(1.1)
            for client in (early, late):
                guard.refused(client, "insert into orders values (203)")
                assert client.execute("show transaction_read_only").fetchone() == ("on",)
            assert guard.wire.status().mode is Mode.READ_ONLY


def test_an_unlock_that_ends_inside_a_transaction_locks_what_follows(server, tmp_path):
    """The transaction goes on, its next write is asked about."""
    with guarded(server, tmp_path) as guard, guard.connect() as client:
        guard.unlock()
        client.execute("begin")
        client.execute("insert into orders values (300)")
        guard.wire.lock()
        assert client.execute("select count(*) from orders where id = 300").fetchone() == (1,)
        guard.refused(client, "insert into orders values (301)")
        client.execute("rollback")


def test_a_resumed_guard_is_locked(server, tmp_path):
    """As after Ctrl-Z and fg."""
    with guarded(server, tmp_path) as guard, guard.connect() as client:
        guard.unlock()
        client.execute("insert into orders values (400)")
        guard.wire.proxy.resumed()
        guard.wire.proxy.hub.call(lambda: None)
        guard.refused(client, "insert into orders values (401)")


def test_the_marker_inside_the_database_makes_its_tier(server, tmp_path):
    """Staging by its own word, on a host that nobody knows: plain writes pass, destructive ones are asked."""
    with (
        guarded(server, tmp_path, environ={"SAFESHELL_TIER": "", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}) as guard,
        guard.connect(dbname="marked") as client,
    ):
        client.execute("create table here (id int)")
        client.execute("insert into here select generate_series(1, 3)")
        assert guard.wire.here().tier is Tier.STAGING
        assert "3 rows" in guard.refused(client, "delete from here where id > 0")
        assert client.execute("show transaction_read_only").fetchone() == ("off",)
        with guard.connect() as other:
            guard.refused(other, "insert into orders values (500)")


def test_a_development_server_is_not_in_the_way(server, tmp_path):
    """Plain and row-destroying statements pass; what loses a table is asked."""
    with guarded(server, tmp_path, environ={"SAFESHELL_TIER": ""}) as guard, guard.connect() as client:
        assert guard.wire.here().tier is Tier.DEVELOPMENT
        client.execute("create table scratch (id int); insert into scratch values (1)")
        client.execute("delete from scratch where id = 1")
        guard.refused(client, "drop table scratch")


def test_a_policy_that_denies_leaves_no_request(server, tmp_path):
    """And says where that is written."""
    policy = "demands: {production: {destroys_rows: deny}}\n"
    with guarded(server, tmp_path, policy=policy) as guard, guard.connect() as client:
        said = guard.refused(client, "delete from orders where id = 1")
        assert "the policy forbids it" in said
        assert "approve" not in said


def test_the_right_kind_of_server_is_chosen_among_several(server, tmp_path):
    """A dead one, one that starts read-only, one that takes writes."""
    words = {"target_session_attrs": "read-write"}
    with postgres_server(settings={"default_transaction_read_only": "on"}, tcp=True) as readonly:
        hosts = {"host": "127.0.0.1,127.0.0.1,127.0.0.1", "port": f"{free_port()},{readonly.port},{server.port}"}
        with guarded(server, tmp_path, **hosts, **words) as guard, guard.connect() as client:
            assert client.execute("show port").fetchone() == (str(server.port),)
        words["target_session_attrs"] = "read-only"
        with guarded(server, tmp_path, **hosts, **words) as guard, guard.connect() as client:
            assert client.execute("show port").fetchone() == (str(readonly.port),)


def test_a_service_file_leads_through_the_guard(server, tmp_path):
    """Host, port, database and user of the section."""
    (tmp_path / ".pg_service.conf").write_text(
        f"[shop]\nhost={server.directory}\nport={server.port}\nuser=postgres\ndbname=marked\n"
    )
    words = {"service": "shop", "host": "", "port": "", "user": "", "dbname": ""}
    with guarded(server, tmp_path, **words) as guard, guard.connect() as client:
        assert client.execute("select current_database()").fetchone() == ("marked",)


@pytest.mark.skipif(pgbouncer() is None, reason="pgbouncer is not installed")
def test_a_console_that_is_no_server_is_unguarded_and_says_so(server, tmp_path, capfd):
    """Its commands are no SQL: held, all the same."""
    with (
        pooler(server, further="admin_users = postgres\n") as (directory, port),
        guarded(server, tmp_path, host=str(directory), port=str(port), dbname="pgbouncer") as guard,
    ):
        client = psycopg.connect(guard.dsn(), autocommit=True)
        with pytest.raises(psycopg.Error, match="safeshell: refused"):
            client.execute("pause")
        assert guard.wire.status().unguarded
        assert "UNGUARDED" in capfd.readouterr().err
        client.close()


def test_asyncpg_over_loopback_tcp(server, tmp_path):
    """A driver of its own, by the one-time password."""
    asyncpg = pytest.importorskip("asyncpg")
    with guarded(server, tmp_path, tcp=True) as guard:

        async def talk():
            client = await asyncpg.connect(guard.wire.url(tcp=True))
            found = await client.fetchval("select count(*) from orders where id <= $1", 50)
            await client.close()
            with pytest.raises(asyncpg.exceptions.InvalidPasswordError):
                await asyncpg.connect(guard.wire.url(tcp=True).replace(guard.wire.password, "x"))
            return found

        assert asyncio.run(talk()) == 50


def test_many_connections_at_once(server, tmp_path):
    """Thirty clients open, ask and close; none is left over."""
    with guarded(server, tmp_path) as guard:
        clients = [guard.connect() for _ in range(30)]
        for number, client in enumerate(clients):
            assert client.execute("select %s::int", (number,)).fetchone() == (number,)
        for client in clients:
            client.close()
        end = time.monotonic() + 5
        while guard.wire.proxy.lines and time.monotonic() < end:
            time.sleep(0.02)
        assert not guard.wire.proxy.lines
        assert not guard.wire.adapter.sessions


def test_secrets_stay_out_of_the_audit(server, tmp_path):
    """A password in a statement, a password of the connection."""
    with guarded(server, tmp_path) as guard, guard.connect() as client:
        guard.refused(client, "create role secretive login password 'sesame-123'")
    logs = sorted((tmp_path / ".local/state/safeshell/audit").glob("*.jsonl"))
    text = "".join(log.read_text() for log in logs)
    assert "secretive" in text
    assert "sesame-123" not in text
    assert json.loads(text.splitlines()[0])["kind"] == "session_start"


def test_deferred_checks_are_run_where_they_may_run(server, tmp_path):
    """SET CONSTRAINTS ALL IMMEDIATE behind a confirmed write: asked about, then it locks the rows it looks at as it must."""
    with guarded(server, tmp_path) as guard:
        with guard.direct() as owner:
            owner.execute("drop table if exists kids, folks; create table folks (id int primary key)")
            owner.execute("create table kids (folk int references folks deferrable initially deferred)")
            owner.execute("insert into folks values (1)")
        with guard.connect() as client:
            client.execute("set constraints all immediate")
            client.execute("begin")
            request = guard.refused(client, "insert into kids values (1)")
            client.execute("rollback")
            client.execute("begin")
            guard.allow(request)
            client.execute("insert into kids values (1)")
            guard.wire.court.token = ""
            client.execute("set constraints all deferred")
            request = guard.refused(client, "set constraints all immediate")
            client.execute("rollback")
            guard.unlock()
            client.execute("begin")
            client.execute("insert into kids values (1)")
            client.execute("set constraints all immediate")
            client.execute("commit")
        assert guard.value("select count(*) from kids") == 1
