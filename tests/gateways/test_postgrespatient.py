"""Attempt by attempt, against a real server (a person at the terminal: tests/live/test_wire_patience.py)."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from tests.gateways.patient import agreeing, by_remedy
from tests.live.wires import guarded
from tests.servers import postgres_binaries, postgres_server

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
POLICY = "tokens: self\nlocks: {timeout: 200ms, tries: 400, within: 2m}\n"
SCHEMA = """
drop table if exists orders, parents cascade; create table parents (id int primary key);
create table orders (id int, parent int); insert into orders values (1, 7);
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        yield made


@pytest.fixture
def guard(server, tmp_path, monkeypatch):
    with guarded(server, tmp_path, policy=POLICY) as made:
        with made.direct() as owner:
            owner.execute(SCHEMA)
        made.asked = agreeing(monkeypatch, by_remedy)
        yield made


@pytest.fixture
def rival(guard):
    """Somebody who holds a lock on the table."""
    with psycopg.connect(guard.server.conninfo()) as made:
        made.execute("lock table orders in row exclusive mode")
        yield made


def background(work) -> tuple[threading.Thread, list]:
    said: list = []

    def run() -> None:
        try:
            said.append(work())
        except psycopg.Error as error:
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def waits(guard) -> None:
    """Until an attempt stands in the queue for the lock."""
    end = time.monotonic() + 30
    while not guard.value("select count(*) from pg_locks where not granted and relation = 'orders'::regclass"):
        assert time.monotonic() < end


def test_another_error_ends_it_at_once(guard, rival):
    """The lock is free in the end, and the statement fails for its own reason: that is the client's answer."""
    client = guard.connect()
    thread, said = background(lambda: client.execute("alter table orders add foreign key (parent) references parents"))
    waits(guard)
    rival.rollback()
    thread.join(60)
    assert isinstance(said[0], psycopg.errors.ForeignKeyViolation)
    assert guard.asked[0].remedy
    assert guard.value("select count(*) from pg_constraint where contype = 'f'") == 0
    assert client.execute("select count(*) from orders").fetchone() == (1,)
    client.close()


def test_several_statements_run_all_or_none(guard, rival):
    """The first one's lock is free and the second one's is not: between the attempts nothing of the first is there."""
    client = guard.connect()
    both = "alter table parents add column a int; alter table orders add column b int"
    thread, said = background(lambda: client.execute(both).statusmessage)
    for _ in range(3):
        waits(guard)
        assert guard.value("select count(*) from pg_attribute where attname in ('a', 'b')") == 0
    rival.rollback()
    thread.join(60)
    assert said == ["ALTER TABLE"]
    assert guard.value("select count(*) from pg_attribute where attname in ('a', 'b')") == 2
    client.close()


def test_a_server_that_drops_the_connection_ends_it(guard, rival):
    """While it waits for its lock: the client is told, nothing stays."""
    client = guard.connect()
    thread, said = background(lambda: client.execute("alter table orders add column note text"))
    waits(guard)
    guard.value("select pg_terminate_backend(pid) from pg_locks where not granted and relation = 'orders'::regclass")
    thread.join(60)
    assert isinstance(said[0], psycopg.OperationalError)
    rival.rollback()
    assert guard.value("select count(*) from pg_attribute where attname = 'note'") == 0


def test_a_client_that_is_gone_is_not_tried_for(guard, rival):
    """Its connection is closed at the server, whatever the patience would have allowed."""
    client = guard.connect()
    thread, said = background(lambda: client.execute("alter table orders add column note text"))
    waits(guard)
    client.pgconn.finish()
    thread.join(60)
    assert said
    end = time.monotonic() + 30
    while guard.value("select count(*) from pg_locks where not granted and relation = 'orders'::regclass"):
        assert time.monotonic() < end
    rival.rollback()
    assert guard.value("select count(*) from pg_attribute where attname = 'note'") == 0


def test_a_cancel_ends_it_wherever_it_stands(guard, rival):
    """In an attempt or between two: the server's word or a refusal, and nothing is changed."""
    for _ in range(4):
        client = guard.connect()
        thread, said = background(lambda client=client: client.execute("alter table orders add column note text"))
        waits(guard)
        client.cancel_safe()
        thread.join(60)
        assert isinstance(said[0], psycopg.errors.QueryCanceled | psycopg.errors.InsufficientPrivilege), said
        assert client.execute("select count(*) from orders").fetchone() == (1,)
        client.close()
    rival.rollback()
    assert guard.value("select count(*) from pg_attribute where attname = 'note'") == 0
