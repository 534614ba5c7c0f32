"""A working session of safe-psql: its first prompt, temporary tables, a marker in the database."""

from __future__ import annotations

import time

import pytest

from tests.live.console import SAFE_PSQL, Console, psql, shop_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]


@pytest.fixture(scope="module")
def server():
    with shop_server() as running:
        psql(running, "alter database shop set safeshell.tier = 'production'")
        yield running


@pytest.fixture
def term(server, tmp_path):
    """A console whose tier only the database itself tells."""
    made = Console(server, tmp_path, argv=SAFE_PSQL)
    yield made
    made.close()


def test_the_first_prompt_knows_what_the_database_says_of_itself(term):
    """Before anything was sent, after \\c to another database, and back."""
    assert "[PROD shop@" in term.text()
    assert "[DEV " not in term.text()
    assert "[DEV postgres@" in term.line("\\c postgres")
    assert "[PROD shop@" in term.line("\\c shop")


def test_rows_of_a_temporary_table_are_nobody_elses(term, server):
    """Making it takes one key, as the server refuses that in a read-only session; its rows take none."""
    term.line("create temp table todo (id serial, customer int);")
    assert term.question == "key"
    assert "CREATE TABLE" in term.answer("o")
    for text, told in (
        ("insert into todo (customer) select id from customers where id < 6;", "INSERT 0 5"),
        ("update todo set customer = 9 where id = 1;", "UPDATE 1"),
        ("delete from todo where id = 2;", "DELETE 1"),
        ("delete from todo;", "DELETE 4"),
    ):
        assert told in term.line(text)
        assert not term.question
    term.line("drop table todo;")
    assert term.question == "key"
    assert "DROP TABLE" in term.answer("o")
    term.line("insert into customers values (99, 'x');")
    assert term.question == "key"
    assert "refused" in term.answer("\x1b")
    assert psql(server, "select count(*) from customers") == "50"


def test_one_interrupt_leaves_a_loop(server, tmp_path):
    """Esc says no to one statement of a loop; Ctrl-C to all that are still to come, as it would without a guard."""
    client = " ".join((*SAFE_PSQL, "-c"))
    loop = f'for id in 1 2 3 4; do {client} "delete from orders where id = $id"; done; echo left $?'
    made = Console(server, tmp_path, argv=("bash", "--norc", "--noprofile", "-i"), wait=False, PS1="bash> ")
    try:
        made.until(r"bash> ?$")
        made.line(loop)
        assert made.question == "full"
        made.answer("\x1b")
        assert made.question == "full"
        since = len(made.raw)
        time.sleep(0.3)  # keys are dropped right after a question appeared
        made.send("\x03")
        made.until(r"bash> ?$", since=since)
        made.send("echo still here\r")
        assert "still here" in made.until(r"here\s+bash> ?$", since=since)
        assert "id = 3" not in made.text()
    finally:
        made.close()
    assert psql(server, "select count(*) from orders") == "400"


def test_an_unlock_at_the_start_is_not_for_what_the_database_turns_out_to_be(server, tmp_path):
    """--guard-write asks before anybody knows what the database says of itself; production stays read-only then."""
    made = Console(server, tmp_path, "--guard-write", argv=(*SAFE_PSQL, "--guard-write"), wait=False)
    try:
        made.until(r"no: ?$")
        assert "DEV" in made.text()
        assert " ro] " in made.answer("u").splitlines()[-1]
        made.line("insert into customers values (77, 'x');")
        assert made.question == "key"
        assert "PROD" in made.text()
        made.answer("\x1b")
    finally:
        made.close()
