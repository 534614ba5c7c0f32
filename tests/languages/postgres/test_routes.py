"""Safer routes, run on a real server: they work as they stand, and lead to the same result."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.columns import Cost
from safeshell.languages.postgres.plans import plan
from safeshell.languages.postgres.routes import PATIENCE, safer
from safeshell.languages.postgres.scope import Scope

WORLD = """
drop schema if exists routes cascade; create schema routes; set search_path = routes;
create table p (id int primary key); insert into p select generate_series(1, 20);
create table "T" (a int, b int, c text, v varchar(10));
insert into "T" select n, n, n::text, 'y' from generate_series(1, 20) n;
create index i on "T" (b);
create table parted (a int) partition by list (a);
create table part1 partition of parted for values in (1);
create materialized view m as select id from p; create unique index on m (id);
"""
ROUTES = [
    'alter table "T" add column x float default random()',
    'alter table "T" add column x float not null default random()',
    'alter table "T" add column x bigserial',
    'alter table routes."T" add column x int generated always as identity',
    'alter table "T" add column x int generated always as (a + 1) stored',
    'alter table "T" add column x int check (x > 0)',
    'alter table "T" add column x int unique',
    'alter table "T" add column x int references p',
    'alter table "T" add column x int default 3 references p (id) on delete cascade',
    'alter table "T" add column x float default random() unique, alter c set not null',
    'alter table "T" alter c set not null',
    'alter table "T" add check (a > 0)',
    'alter table "T" add constraint k check (a > 0 and b > 0)',
    'alter table "T" add foreign key (a) references p',
    'alter table "T" add constraint k foreign key (a) references p (id) on update cascade deferrable',
    'alter table "T" add primary key (a)',
    'alter table "T" add constraint k unique (a, b)',
    'alter table "T" alter a type bigint',
    'alter table "T" alter c type int using c::int + 1',
    'create index on "T" (a) where b > 3',
    'create unique index if not exists u on "T" (a desc, lower(c))',
    "drop index i",
    'reindex (verbose) table "T"',
    "reindex index i",
    "refresh materialized view m",
    'truncate "T"',
    'drop table "T"',
    'alter table "T" rename to u',
    'alter table "T" rename column a to z',
    'alter table "T" drop column c',
    'alter table "T" alter a set default 3',
    "create table part2 partition of parted for values in (2)",
    "alter table parted detach partition part1",
]


@pytest.mark.parametrize("text", ROUTES)
def test_the_route_runs_as_it_stands(postgres, text: str) -> None:
    """Every step, in order, each sent on its own as one types it."""
    import psycopg

    (made,) = plan(text, server={"server_version_num": "150000"})
    assert made.safer
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(WORLD)
        for step in made.safer:
            connection.execute(step)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('alter table "T" alter a type bigint', [("a", "bigint", "NO")]),
        ('alter table "T" alter c set not null', [("c", "text", "NO")]),
        ('alter table "T" add column x bigserial', [("x", "bigint", "YES")]),
    ],
)
def test_it_leads_to_the_same_columns(postgres, text: str, columns: list[tuple[str, str, str]]) -> None:
    """With every value in its place; where NOT NULL is left to do, the advice says so."""
    import psycopg

    (made,) = plan(text, server={"server_version_num": "150000"})
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(WORLD)
        connection.execute('alter table "T" alter a set not null')
        before = connection.execute('select sum(a) from "T"').fetchone()
        for step in made.safer:
            connection.execute(step)
        query = "select column_name, data_type from information_schema.columns where table_schema = 'routes'"
        found = set(connection.execute(query).fetchall())
        assert {(name, kind) for name, kind, _ in columns} <= found
        assert connection.execute('select sum(a) from "T"').fetchone() == before


@pytest.mark.parametrize(
    ("text", "major", "part"),
    [
        ("alter table t alter a set not null", 17, "CHECK (a IS NOT NULL) NOT VALID"),
        ("alter table t alter a set not null", 18, "NOT NULL a NOT VALID"),
        ("alter table p detach partition c", 14, "CONCURRENTLY"),
    ],
)
def test_the_route_is_that_of_the_release(text: str, major: int, part: str) -> None:
    """What a release cannot do is not offered."""
    (made,) = plan(text, server={"server_version_num": f"{major}0000"})
    assert part in " ".join(made.safer)
    (old,) = plan("alter table p detach partition c", server={"server_version_num": "130000"})
    assert "CONCURRENTLY" not in " ".join(old.safer)


def test_a_lock_of_a_moment_is_taken_with_patience() -> None:
    """lock_timeout first, then the statement itself."""
    (made,) = plan("alter table t alter a drop default")
    assert made.safer[0] == PATIENCE
    assert len(made.safer) == 2
    assert "try again" in made.advice


@pytest.mark.parametrize(
    "text",
    [
        "create index concurrently on t (a)",
        "reindex table concurrently t",
        "refresh materialized view concurrently m",
        "create table t (a int)",
        "analyze t",
        "alter table t validate constraint k",
    ],
)
def test_what_is_safe_has_no_safer_way(text: str) -> None:
    """Nothing is offered instead of itself."""
    assert plan(text)[0].safer == ()


def test_where_no_sql_helps_the_advice_says_what_does() -> None:
    """A program beside the server, or nothing at all."""
    assert "pg_repack" in plan("vacuum full t")[0].advice
    assert "pg_repack" in plan("cluster t")[0].advice
    assert "exclusion" in plan("alter table t add exclude using gist (a with &&)")[0].advice
    assert safer("CheckPointStmt", {}, Scope(), Cost()).sql == ()
