"""What the catalogue answers, asked of a real server."""

from __future__ import annotations

import psycopg
import pytest

from safeshell.gateways.links import LinkError, LinkPorts, Rows, WireLink
from safeshell.gateways.postgresfacts import GREETING, Greeted, catalogue_facts, greeted
from safeshell.model.facts import Ask, Question
from tests.servers import postgres_binaries, postgres_server

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
SETUP = """
create schema app; create schema "Odd Name";
create function app.touch() returns int language sql volatile as 'select 1';
create function app.look() returns int language sql stable as 'select 1';
create function app.both(int) returns int language sql immutable as 'select 1';
create function app.both(text) returns int language sql volatile as 'select 1';
create function "Odd Name"."It's"() returns int language sql immutable as 'select 1';
create operator app.@+@ (rightarg = int, function = app.both);
create table app.orders (id int, "Total Sum" numeric(10,2));
alter database postgres set safeshell.tier = 'production';
"""


@pytest.fixture(scope="module")
def connection():
    with postgres_server() as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as owner:
            owner.execute(SETUP)
        with psycopg.connect(server.conninfo(), autocommit=True) as made:
            made.execute("set search_path = app, public")
            yield made


def link(connection, state="I", pipeline=False):
    def ask(sql, *_rest):
        try:
            found = connection.execute(sql)
        except psycopg.Error as fault:
            raise LinkError(str(fault), code=fault.sqlstate or "") from fault
        rows = found.fetchall() if found.description else []
        return Rows((), tuple(tuple(None if value is None else str(value) for value in row) for row in rows))

    return WireLink(LinkPorts(ask, lambda: state, lambda: pipeline, lambda: ("BEGIN READ ONLY", ("ROLLBACK",))), (), {})


def answers(connection, about, *subjects):
    questions = [Question(about, subject) for subject in subjects]
    found = catalogue_facts(questions, link(connection))
    return [found[question] for question in questions]


def test_the_volatility_of_routines(connection):
    """By the search path or by schema; the worst overload counts; None where there is none."""
    names = ("touch", "app.look", "both", "lower", "missing", "public.touch", '"Odd Name"."It\'s"', "TOUCH")
    assert answers(connection, Ask.ROUTINE, *names) == [
        *("volatile", "stable", "volatile", "immutable", None, None, "immutable", "volatile")
    ]


def test_operators_and_columns(connection):
    """An operator has the volatility of its function, a column the type that format_type gives."""
    operators = answers(connection, Ask.OPERATOR, "@+@", "app.@+@", "public.@+@", "+")
    assert operators == ["immutable", "immutable", None, "stable"]
    columns = ("app.orders.id", 'orders."Total Sum"', "orders.none")
    assert answers(connection, Ask.COLUMN, *columns) == ["integer", "numeric(10,2)", None]


def test_who_owns_a_relation(connection):
    """Tables, views, sequences, indexes by their name; None where there is none."""
    connection.execute("create role keeper; create view app.seen as select 1; alter view app.seen owner to keeper")
    assert answers(connection, Ask.OWNER, "app.orders", "app.seen", '"Odd Name".none') == ["postgres", "keeper", None]


def test_prepared_statements(connection):
    """By the text that they were prepared with."""
    connection.execute("prepare wipe as delete from orders")
    assert answers(connection, Ask.PREPARED, "wipe", "none") == ["prepare wipe as delete from orders", None]


def test_what_the_servers_grammar_refuses(connection):
    """The whole message, whatever of it would parse; nothing of it ran, and the connection is as it was."""
    connection.execute("create temp table probed (a int)")
    texts = {
        "selec 1": True,
        "insert into probed values (1); selec 1": True,
        "select 'open": True,
        "select 1 from": True,
        "select $q$ open": True,
        "select 1 /* open": True,
        'select "open': True,
        "insert into probed values (1)": False,
        "insert into probed values (1);": False,
        "insert into probed values (1) -- with a comment": False,
        "commit; insert into probed values (2)": False,
        "select no_such_column from probed": False,
        "": False,
    }
    assert answers(connection, Ask.REJECTED, *texts) == list(texts.values())
    assert connection.execute("select count(*) from probed").fetchone() == (0,)


def test_which_tables_are_temporary(connection):
    """Those of this session, by a bare name or by pg_temp, unless a trigger of theirs could reach further."""
    connection.execute(
        "create temp table orders (id int); create temp table mine (id int); create temp view v as table mine"
    )
    connection.execute("create temp table watched (id int)")
    connection.execute("create function pg_temp.f() returns trigger language plpgsql as 'begin return null; end'")
    connection.execute("create trigger t after insert on watched for each row execute function pg_temp.f()")
    names = ("orders", "app.orders", "mine", "pg_temp.mine", "v", "watched", "missing", "customers")
    assert answers(connection, Ask.TEMPORARY, *names) == [True, False, True, True, False, False, False, False]
    connection.execute("discard temp")


def test_a_name_that_is_none_leaves_the_question_open(connection):
    """The server's complaint is no answer, and the others of its kind stay open, too."""
    question = Question(Ask.ROUTINE, "a..b")
    assert catalogue_facts([question], link(connection)) == {}
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_nothing_is_asked_where_nothing_can_be(connection):
    """A failed transaction, a pipeline."""
    question = Question(Ask.ROUTINE, "lower")
    assert catalogue_facts([question], link(connection, state="E")) == {}
    assert catalogue_facts([question], link(connection, pipeline=True)) == {}


def test_the_greeting(connection):
    """Read-only or not, the marker, the version; another answer is none."""
    row = [None if value is None else str(value) for value in connection.execute(GREETING).fetchone()]
    found = greeted([[*row[:2], "f", row[3]]])
    assert found == Greeted(enforced=False, marker="production", standby=False, version=int(row[3]))
    assert greeted([["on", None, "t", "150004"]]) == Greeted(enforced=True, marker="", standby=True, version=150004)
    assert greeted([]) is None
    assert greeted([["a", "b"]]) is None
