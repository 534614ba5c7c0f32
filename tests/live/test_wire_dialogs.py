"""A guarded PostgreSQL with a person at the terminal, live: the dialog, the key, the unlock, the cancel."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from tests.cli.conftest import Person, Terminal
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
CHALLENGE = "to run it, Esc to cancel:"
DELETE = """
import psycopg
with psycopg.connect(autocommit=True) as client:
    try:
        print("DELETED", client.execute("delete from app.orders where id > 88").rowcount, flush=True)
    except psycopg.Error as refused:
        print("ERROR", refused.diag.message_primary, flush=True)
    print("LEFT", client.execute("select count(*) from app.orders").fetchone()[0], flush=True)
"""
TWO = """
import psycopg, threading
def hold():
    with psycopg.connect(autocommit=True) as client:
        try:
            client.execute("delete from app.orders")
        except psycopg.Error as refused:
            print("HELD", refused.diag.message_primary, flush=True)
held = threading.Thread(target=hold); held.start()
with psycopg.connect(autocommit=True) as client:
    while client.execute("select count(*) from pg_stat_activity where state is not null").fetchone()[0] < 2:
        pass
    for number in range(500):
        assert client.execute("select %s::int", (number,)).fetchone() == (number,)
print("FLOWED", flush=True)
open("flowed", "w").close()
held.join()
"""
CANCEL = """
import psycopg, threading, time
with psycopg.connect(autocommit=True) as client:
    threading.Timer(3, client.cancel_safe).start()
    try:
        client.execute("delete from app.orders")
    except psycopg.Error as refused:
        print("ERROR", refused.diag.message_primary, flush=True)
    print("LEFT", client.execute("select count(*) from app.orders").fetchone()[0], flush=True)
"""
WRITES = """
import psycopg
with psycopg.connect(autocommit=True) as client:
    for number in (301, 302):
        client.execute("insert into app.orders values (%s)" % number)
    print("LEFT", client.execute("select count(*) from app.orders").fetchone()[0], flush=True)
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        yield made


@pytest.fixture
def owner(server):
    with psycopg.connect(server.conninfo(), autocommit=True) as made:
        made.execute("drop schema if exists app cascade; create schema app; create table app.orders (id int)")
        made.execute("insert into app.orders select generate_series(1, 100)")
        yield made


@pytest.fixture
def person(tmp_path):
    (tmp_path / "home").mkdir()
    somebody = Person(tmp_path / "home")
    somebody.environ["SAFESHELL_TIER"] = "production"
    yield somebody
    for terminal in somebody.terminals:
        terminal.close()


def client(person, server, script, **env) -> Terminal:
    words = [sys.executable, "-m", "tests.live.wire_child", str(server.directory), str(server.port), script]
    made = Terminal(words, {**person.environ, **env}, person.home)
    person.terminals.append(made)
    return made


def left(owner) -> int:
    return owner.execute("select count(*) from app.orders").fetchone()[0]


def test_the_dialog_shows_the_rows_and_asks_for_table_and_number(person, server, owner):
    """`orders 12`: typed, it runs; and how to take it back is said."""
    terminal = client(person, server, DELETE).until(CHALLENGE).rest(0.4)
    shown = terminal.words()
    assert "PROD" in shown
    assert "12 rows" in shown
    assert terminal.challenge() == "orders 12"
    assert left(owner) == 100
    terminal.send("orders 12").rest(0.2).send("\r").until("LEFT 88")
    assert terminal.end() == 0
    assert "DELETED 12" in terminal.words()
    assert "safeshell undo " in terminal.words()
    assert left(owner) == 88


@pytest.mark.parametrize("key", ["\x1b", "\x03", "\r", "\x04"])
def test_every_other_answer_is_a_no(person, server, owner, key):
    """Esc, Ctrl-C, Enter, the end of input: the client reads an error of its server, and goes on."""
    terminal = client(person, server, DELETE).until(CHALLENGE).rest(0.4).send(key)
    if key == "\r":
        terminal.rest(0.3).send("\x1b")
    terminal.until("LEFT 100")
    assert terminal.end() == 0
    assert "ERROR safeshell: refused: " in terminal.words()
    assert left(owner) == 100


def test_while_one_connection_is_asked_about_another_flows(person, server, owner):
    """Five hundred statements pass behind an open dialog."""
    terminal = client(person, server, TWO).until(CHALLENGE)
    terminal.until("FLOWED") if not (person.home / "flowed").exists() else None
    assert left(owner) == 100
    terminal.rest(0.4).send("\x1b").until("HELD safeshell: refused: ")
    assert terminal.end() == 0
    assert (person.home / "flowed").exists()


def test_a_cancel_takes_the_dialog_away(person, server, owner):
    """Nobody answers it any more: refused, and the terminal is the client's again."""
    terminal = client(person, server, CANCEL).until(CHALLENGE).until("LEFT 100")
    assert terminal.end() == 0
    assert "it was cancelled while it was held" in terminal.words()
    assert left(owner) == 100


def test_a_plain_write_is_one_key_and_an_unlock_lets_the_next_ones_pass(person, server, owner):
    """u: fifteen minutes for this target; the second insert is not asked about."""
    terminal = client(person, server, WRITES).until("[u] unlock writes").rest(0.4).send("u").until("LEFT 102")
    assert terminal.end() == 0
    assert terminal.words().count("[u] unlock writes") <= 1
    assert "writes unlocked for 15 min" in terminal.words()
    assert left(owner) == 102


def test_a_request_is_confirmed_on_a_terminal_and_then_runs_once(person, server, owner):
    """`approve --own` shows what the wire saw; the caller's next try is within its bound."""
    words = [sys.executable, "-m", "tests.live.wire_child", str(server.directory), str(server.port), DELETE]

    def try_again(**env):
        done = subprocess.run(
            words,
            env={**person.environ, **env},
            cwd=person.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    refused = try_again()
    assert "12 rows" in refused
    id_ = refused.split("approve --own ")[1].split(",")[0]
    assert (
        f"waits to be confirmed: safeshell approve --own {id_}"
        in subprocess.run(
            words,
            env={**person.environ, "SAFESHELL_CONFIRM": id_},
            cwd=person.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=30,
        ).stderr
    )
    terminal = person.terminal("approve", "--own", id_).until(CHALLENGE).rest(0.4)
    assert "12 rows" in terminal.words()
    assert terminal.challenge() == "orders 12"
    terminal.send("orders 12").rest(0.2).send("\r")
    assert terminal.end() == 0, terminal.words()
    assert "DELETED 12" in try_again(SAFESHELL_CONFIRM=id_)
    assert "refused" in try_again(SAFESHELL_CONFIRM=id_)
    assert left(owner) == 88


KILLED = """
import os, psycopg, signal, threading
threading.Timer(3, os.kill, (os.getpid(), signal.SIGKILL)).start()
psycopg.connect(autocommit=True).execute("delete from app.orders")
"""


def test_a_client_that_is_killed_under_a_dialog_leaves_the_terminal_clean(person, server, owner):
    """The question goes away, lines are edited and echoed again, the exit status is the client's."""
    script = (
        f'{sys.executable} -m tests.live.wire_child {server.directory} {server.port} "$SCRIPT"; echo code $?; stty -a'
    )
    terminal = Terminal(["sh", "-c", script], {**person.environ, "SCRIPT": KILLED}, person.home)
    person.terminals.append(terminal)
    terminal.until(CHALLENGE).until("code 137")
    assert terminal.end() == 0
    words = terminal.words()
    assert " icanon" in words
    assert " echo " in words
    assert "-icanon" not in words
    assert left(owner) == 100
