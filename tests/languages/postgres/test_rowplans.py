"""Counting beforehand against a real server: the number is that of the rows then touched, or is a bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safeshell.languages.postgres.plans import StatementPlan, plan
from safeshell.languages.postgres.rowplans import rows_of, truncated
from safeshell.languages.postgres.trees import second_opinion
from safeshell.model.judgement import Exactness

LINES = (Path(__file__).parent / "statements45.txt").read_text(encoding="utf-8").splitlines()
STATEMENTS = [line for line in LINES if line and not line.startswith("#")]
SHOP = """
create schema shop;
set search_path = shop;
create table users (id serial primary key, name text default 'nobody');
insert into users (name) select 'u' || n from generate_series(1, 12) n;
create table orders (id serial, user_id int, total int default 7, status text);
insert into orders (user_id, total, status)
    select 1 + n % 12, (n * 37) % 100, case when n % 3 = 0 then 'new' else 'paid' end from generate_series(1, 40) n;
create table items (id serial, order_id int);
insert into items (order_id) select 1 + n % 25 from generate_series(1, 60) n;
create table events (at date, user_id int) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
insert into events select '2026-01-20'::date + n, 1 + n % 12 from generate_series(1, 30) n;
create table animals (id int, name text);
create table dogs (good bool) inherits (animals);
insert into animals values (1, 'cat'), (2, 'duck');
insert into dogs values (3, 'dog', true), (4, 'dachshund', true), (5, 'poodle', true);
create view cheap as select * from orders where total < 40;
create table words (word text);
insert into words values ('a'), ('b');
"""


@pytest.fixture(scope="module")
def shop(postgres):
    """A connection to a server with a shop in it."""
    import psycopg

    with psycopg.connect(postgres.conninfo()) as connection:
        connection.execute(SHOP)
        connection.commit()
        connection.execute("set search_path = shop")
        connection.commit()
        yield connection


@pytest.fixture(autouse=True)
def _clean(shop):
    """Each test leaves the shop as it was, a failing one too."""
    yield
    shop.rollback()


def counted(connection: Any, made: StatementPlan) -> int:
    """What the plan says, asked in a read-only transaction."""
    connection.execute("set transaction read only")
    (number,) = connection.execute(
        f"select count(*) from ({made.count}) rows" if made.fixed is None else made.count
    ).fetchone()
    connection.rollback()
    return int(number)


def touched(connection: Any, text: str, tables: list[str]) -> int:
    """What the server reports; for TRUNCATE and EXPLAIN the rows that are gone."""
    query = " + ".join(f"(select count(*) from {table})" for table in tables)
    before = connection.execute(f"select {query}").fetchone()[0]
    reported = connection.execute(text).rowcount
    gone = before - connection.execute(f"select {query}").fetchone()[0]
    connection.rollback()
    return int(gone if text.startswith(("truncate", "explain")) else reported)


@pytest.mark.parametrize("text", STATEMENTS)
def test_the_number_is_that_of_the_rows_touched(shop, text: str) -> None:
    """Exact, or labelled as a bound that holds."""
    (made,) = plan(text, server={"server_version_num": "150000"})
    before = counted(shop, made)
    after = touched(shop, text, [("only " if item.only else "") + item.text for item in made.relations])
    if made.exactness is Exactness.EXACT:
        assert before == after
    else:
        assert made.exactness is Exactness.AT_MOST
        assert before >= after


@pytest.mark.parametrize("text", STATEMENTS)
def test_the_other_queries_run_read_only(shop, text: str) -> None:
    """Rows one by one as many as counted, samples small, old rows as many as are overwritten at most."""
    (made,) = plan(text, server={"server_version_num": "150000"})
    shop.execute("set transaction read only")
    for query in (made.count, made.sample, made.before_after):
        if query is not None:
            shop.execute(f"declare c no scroll cursor for select * from ({query}) s limit 5")
            shop.execute("move forward all in c")
            shop.execute("close c")
    shop.rollback()
    for part in (made, *made.parts):
        if part.undo_select is not None:
            with shop.cursor().copy(f"copy ({part.undo_select}{part.lock_rows}) to stdout") as rows:
                list(rows)
    shop.rollback()


def test_before_and_after(shop) -> None:
    """New values stand beside the old row, under names of their own."""
    (made,) = plan(
        "update orders set total = total + 1, status = default from users u where u.id = user_id and orders.id = 3"
    )
    assert made.before_after is not None
    cursor = shop.execute(made.before_after)
    row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    shop.rollback()
    assert row["total (new)"] == row["total"] + 1
    assert row["status (new)"] == "DEFAULT"


def test_a_row_that_a_join_matches_often_is_one_row() -> None:
    """EXISTS, not a join: every target row once."""
    found = second_opinion("delete from t using u where t.a = u.a")
    assert isinstance(found, tuple)
    rows = rows_of(found[0].kind, found[0].node)
    assert rows.each is not None
    assert "SubLink" in rows.each["whereClause"]
    assert (rows.alias, rows.fixed, rows.bound) == ("t", None, False)


def test_names_that_hide_a_table_are_not_counted() -> None:
    """WITH t would be read instead of the table t."""
    (made,) = plan("with t as (select 1 as id) delete from t where id in (select id from t)")
    assert (made.count, made.exactness) == (None, Exactness.UNKNOWN)
    assert made.caveats


def test_every_table_of_a_truncate_has_its_rows() -> None:
    """One after the other."""
    relation = {"relname": "a", "inh": True}
    assert [rows.alias for rows in truncated([{"RangeVar": relation}, {"RangeVar": relation | {"relname": "b"}}])] == [
        "a",
        "b",
    ]
