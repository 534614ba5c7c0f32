"""Locks and work of definitions, with a real server as the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safeshell.languages.postgres.columns import Cost
from safeshell.languages.postgres.ddl import describe, heavier
from safeshell.languages.postgres.plans import plan
from safeshell.languages.postgres.reader import read
from safeshell.languages.postgres.scope import Scope
from safeshell.model.facts import Ask, Question

LINES = (Path(__file__).parent / "definitions.txt").read_text(encoding="utf-8").splitlines()
ROWS = [tuple(part.strip() for part in line.split("|")) for line in LINES if line and not line.startswith("#")]
WORLD = """
create schema ddl; create schema other; set search_path = ddl;
do $$ begin create role bob superuser; exception when duplicate_object then null; end $$;
create table p (id int primary key); insert into p select generate_series(1, 20);
create table top (a int not null, b int, c text, v varchar(10), n numeric(10,2), ts timestamp, ts3 timestamp(3));
create table t (a int not null unique, b int not null, c text, v varchar(10), n numeric(10,2), ts timestamp, ts3 timestamp(3));
insert into t select n, n, 'x', 'y', 1.5, now(), now() from generate_series(1, 20) n;
update t set c = 1;
create index i on t (b); create unique index ui on t (b);
alter table t add constraint unchecked check (a > 0) not valid;
alter table t add constraint fk foreign key (a) references p not valid;
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger trig before update on t for each row execute function f();
create type mood as enum ('sad');
create table parted (a int) partition by list (a);
create table part1 partition of parted for values in (1);
create table loose (a int); insert into loose values (2);
create materialized view m as select id from p; create unique index on m (id);
"""
WORK = {
    "rewriting table": "rewrite",
    "verifying table": "scan",
    "building index": "index",
    "validating foreign key": "scan",
}
ORDER = ("none", "scan", "index", "rewrite")
SILENT = ("refresh", "cluster", "truncate", "drop table")
"""Whose work the server does not tell by these lines: new files, or a copy by other means."""


@pytest.fixture(scope="module")
def world(postgres):
    """A connection that hears DEBUG1 lines, to a server with a table of every kind."""
    import psycopg

    with psycopg.connect(postgres.conninfo()) as connection:
        connection.execute(WORLD)
        connection.commit()
        connection.execute("set search_path = ddl; set timezone = 'UTC'; set client_min_messages = debug1")
        connection.commit()
        yield connection


def seen(connection: Any, text: str) -> tuple[set[str], str]:
    """Locks on the table (or its likes) and the work that the server tells of, in a transaction that is undone."""
    told: list[str] = []

    def handler(notice: Any) -> None:
        told.append(notice.message_primary or "")

    connection.add_notice_handler(handler)
    names = "('t', 'parted', 'm')"
    oids = [row[0] for row in connection.execute(f"select oid from pg_class where relname in {names}").fetchall()]
    try:
        connection.execute(text)
        rows = connection.execute(
            "select mode from pg_locks where pid = pg_backend_pid() and relation = any (%s)", [oids]
        ).fetchall()
    finally:
        connection.remove_notice_handler(handler)
        connection.rollback()
    work = [kind for line in told for start, kind in WORK.items() if line.startswith(start)]
    return {row[0] for row in rows}, max(work, key=ORDER.index, default="none")


def answers(connection: Any) -> dict[Question, str]:
    """The types of the columns, as the road would ask for them."""
    query = "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass"
    return {Question(Ask.COLUMN, f"t.{name}"): kind for name, kind in connection.execute(query).fetchall()}


@pytest.mark.parametrize(("lock", "work", "text"), ROWS, ids=[row[2] for row in ROWS])
def test_the_server_says_the_same(world, lock: str, work: str, text: str) -> None:
    """The strongest lock on the table and the heaviest work are those that were foretold."""
    (made,) = plan(text, server={"server_version_num": "150000", "TimeZone": "UTC"}, facts=answers(world))
    assert (made.lock or "none", made.work) == (lock, work)
    locks, done = seen(world, text)
    if lock == "none":
        assert not locks & {"ShareRowExclusiveLock", "AccessExclusiveLock", "ShareLock", "ExclusiveLock"}
    else:
        assert lock in locks
        assert not locks - {lock} & STRONGER[lock]
    if not text.startswith(SILENT):
        assert done == work


MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
STRONGER = {mode: set(MODES[at + 1 :]) for at, mode in enumerate(MODES)}


@pytest.mark.parametrize(
    ("text", "major", "lock", "work"),
    [
        ("alter table p detach partition c", 13, "AccessExclusiveLock", "none"),
        ("alter table p detach partition c concurrently", 14, "ShareUpdateExclusiveLock", "none"),
        ("create index concurrently on t (a)", 15, "ShareUpdateExclusiveLock", "index"),
        ("drop index concurrently i", 15, "ShareUpdateExclusiveLock", "none"),
        ("reindex table concurrently t", 15, "ShareUpdateExclusiveLock", "index"),
        ("vacuum full t", 15, "AccessExclusiveLock", "rewrite"),
        ("vacuum t", 15, "ShareUpdateExclusiveLock", "scan"),
        ("alter table t add column x int generated always as (a + 1) virtual", 18, "AccessExclusiveLock", "none"),
        ("alter table t alter x set expression as (a + 2)", 17, "AccessExclusiveLock", "rewrite"),
        ("alter table t add constraint k not null a not valid", 18, "AccessExclusiveLock", "none"),
        ("alter table t add constraint k not null a", 18, "AccessExclusiveLock", "scan"),
        ("alter table t alter ts type timestamptz", 15, "AccessExclusiveLock", "rewrite"),
        ("alter index i rename to j", 15, "none", "none"),
        ("alter domain d add check (value > 0)", 15, "ShareLock", "scan"),
        ("alter domain d add check (value > 0) not valid", 15, "none", "none"),
        ("create or replace view v as select 1", 15, "AccessExclusiveLock", "none"),
    ],
)
def test_what_needs_another_release_or_no_transaction(text: str, major: int, lock: str, work: str) -> None:
    """By the facts of the releases 12 to 18."""
    (made,) = plan(text, server={"server_version_num": f"{major}0000"})
    assert (made.lock or "none", made.work) == (lock, work)


def test_the_child_of_detach_is_locked_by_release() -> None:
    """Since 14 against readers too."""
    for major, lock in ((13, "ShareUpdateExclusiveLock"), (14, "AccessExclusiveLock")):
        (made,) = plan("alter table p detach partition c", server={"server_version_num": f"{major}0000"})
        assert made.also_locks == (("c", lock),)


def test_a_statement_carries_its_cost() -> None:
    """For the reader: detail, preview, and the ready line."""
    (statement,) = read("alter table t add constraint k check (a > 0)").statements
    assert statement.detail["lock"] == "AccessExclusiveLock"
    assert statement.detail["work"] == "scan"
    (claim,) = statement.claims
    assert claim.preview == "postgres.ddl"
    assert "NOT VALID" in claim.instead


def test_two_commands_cost_the_heavier_of_each() -> None:
    """The stronger lock and the heavier work need not be of the same command."""
    both = heavier(Cost("ShareLock", "rewrite"), Cost("AccessExclusiveLock", "scan"))
    assert (both.lock, both.work) == ("AccessExclusiveLock", "rewrite")


def test_other_statements_have_no_form() -> None:
    """Reads and changes of rows are no definitions."""
    assert describe("SelectStmt", {}, Scope()) is None
    assert describe("DeleteStmt", {}, Scope()) is None
