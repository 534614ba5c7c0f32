"""The key of a schema change's dialog: run with a lock_timeout and tried again, live, by safe-psql and by drivers."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.live.console import PROMPT, Console, psql, shop_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]
ALTER = "alter table orders add column note text;"
OFFER = "[r] wait 0.3 s for its lock at most, and try up to "


@pytest.fixture(scope="module")
def server():
    with shop_server() as running:
        yield running


@pytest.fixture
def holder(server):
    """A colleague who has read the table and forgot the transaction."""
    psql(server, "alter table orders drop column if exists note")
    with psycopg.connect(server.conninfo("shop"), application_name="colleague") as made:
        made.execute("select count(*) from orders")
        yield made
        with contextlib.suppress(psycopg.Error):
            made.rollback()


@pytest.fixture
def console(server, tmp_path):
    """A safe-psql with a short patience of so many tries."""
    opened: list[Console] = []

    def begin(tries: int, *words: str, **options) -> Console:
        config = tmp_path / "home/.config/safeshell/config.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"version: 1\nlocks: {{timeout: 300ms, tries: {tries}, within: 60s}}\n")
        opened.append(Console(server, tmp_path, *words, **options))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def columns(server) -> str:
    return psql(server, "select string_agg(attname, ',') from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped")  # fmt: skip


def events(folder: Path, kind: str) -> list[dict]:
    found = [
        json.loads(line) for file in sorted(folder.rglob("audit*/*.jsonl")) for line in file.read_text().splitlines()
    ]
    return [one["detail"] for one in found if one["kind"] == kind and "remedy" in one.get("detail", {})]


def choose(term: Console, key: str = "r") -> None:
    """Press the key of the offer, then type the challenge, without its Enter."""
    challenge = term.challenge()
    _until_shown(term, "to run it, Esc to cancel:")
    _until_shown(term, "times: off")
    term.send(key)
    _until_shown(term, "times: on")
    term.send(challenge)
    _until_shown(term, f"Esc to cancel: {challenge}")


def _until_shown(term: Console, text: str) -> None:
    end = time.monotonic() + 20
    while text not in " ".join(term.text().split()):
        assert time.monotonic() < end, f"{text!r} never stood on the screen:\n{term.text()}"
        term.pump()


def test_released_while_it_tries_it_is_done(console, server, holder, tmp_path):
    """Each attempt says whom it waits for; the colleague ends; then the true tag, one audit line for the remedy."""
    term = console(40)
    seen = term.line(ALTER)
    assert term.question == "full"
    assert OFFER in " ".join(seen.split())
    assert "times: off" in " ".join(seen.split())
    choose(term)
    since = len(term.raw)
    term.send("\r")
    term.until(r"attempt 3 of 40: waits for pid \d+", since=since)
    assert columns(server) == "id,customer,state"
    # nobody queues behind it for longer than one attempt
    assert psql(server, "set statement_timeout = '3s'; select count(*) from orders") == "400"
    holder.rollback()
    told = term.until(PROMPT, since=since)
    assert "colleague, idle in transaction" in " ".join(told.split())
    assert "\nALTER TABLE\n" in told
    assert "done at attempt" in told
    assert columns(server) == "id,customer,state,note"
    (intent,) = events(tmp_path, "intent")
    (outcome,) = events(tmp_path, "outcome")
    assert intent["answer"] == "typed"
    assert outcome["attempts"] >= 3
    assert "error" not in outcome


def test_given_up_nothing_is_changed(console, server, holder, tmp_path):
    """After the last try the client reads the server's own error, and everybody goes on."""
    term = console(2)
    term.line(ALTER)
    choose(term)
    since = len(term.raw)
    term.send("\r")
    told = " ".join(term.until(PROMPT, since=since).split())
    assert "ERROR: canceling statement due to lock timeout" in told
    assert "given up after 2 attempts" in told
    assert "still in the way: pid " in told
    assert columns(server) == "id,customer,state"
    assert [one["attempts"] for one in events(tmp_path, "outcome")] == [2]
    assert "400" in term.line("select count(*) from orders;")
    assert term.leave() == 0


@pytest.mark.parametrize("moment", ["attempt", "pause"])
def test_ctrl_c_ends_it(console, server, holder, tmp_path, moment):
    """While it waits for its lock, and between two attempts: nothing is changed, and the session goes on."""
    term = console(500)
    if moment == "attempt":  # one attempt that outlives the test
        (tmp_path / "home/.config/safeshell/config.yaml").write_text("version: 1\nlocks: {timeout: 40s, within: 60m}\n")
        term.close()
        term = Console(server, tmp_path)
    term.line(ALTER)
    challenge = term.challenge()
    _until_shown(term, "times: off")
    term.send("r")
    _until_shown(term, "times: on")
    term.send(challenge + "\r")
    if moment == "attempt":
        _until_waits(server)
    else:
        term.until(r"attempt 9 of 500: waits")
    since = len(term.raw)
    term.send("\x03")
    told = term.until(PROMPT, since=since)
    assert "ERROR:" in told
    assert columns(server) == "id,customer,state"
    assert psql(server, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "0"
    assert "400" in term.line("select count(*) from orders;")
    holder.rollback()
    assert columns(server) == "id,customer,state"
    assert term.leave() == 0


def _until_waits(server) -> None:
    end = time.monotonic() + 20
    while psql(server, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'") != "1":
        assert time.monotonic() < end, "it never waited for the lock"


def test_without_the_key_it_runs_as_it_is(console, server, holder):
    """The key pressed twice is as if never pressed: one run that waits as long as it takes."""
    term = console(3)
    term.line(ALTER)
    choose(term)
    term.send("\x15rr")
    _until_shown(term, "times: on")
    term.send("r")
    _until_shown(term, "times: off")
    since = len(term.raw)
    term.send("shop@" + term.challenge().partition("@")[2] + "\r")
    _until_waits(server)
    holder.rollback()
    told = term.until(PROMPT, since=since)
    assert "attempt" not in told
    assert "ALTER TABLE" in told
    assert columns(server) == "id,customer,state,note"


@pytest.mark.parametrize(
    "text",
    [
        "create index concurrently i on orders (state);",
        "vacuum full orders;",
        "alter table orders add column note text \\; commit;",
        "alter table orders add column note text \\; delete from orders;",
    ],
)
def test_what_cannot_be_tried_again_has_no_offer(console, holder, text):
    """CONCURRENTLY, VACUUM, a message that ends transactions itself or changes rows: asked without the key."""
    term = console(3)
    seen = term.line(text)
    assert term.question
    assert "[r]" not in seen
    term.answer("\x1b")


def test_inside_a_transaction_there_is_no_offer(console, server, holder):
    """A transaction of the client's own can't be taken back and begun anew."""
    term = console(3)
    term.send("begin;\r").until(r"shop=\*# ?$")
    seen = term.line(ALTER)
    assert term.question == "full"
    assert "[r]" not in seen
    assert "SET lock_timeout" in seen


DRIVER = """
import psycopg
with psycopg.connect(autocommit=True) as client:
    for prepared in (True, False):
        try:
            client.execute("alter table orders add column note text", prepare=prepared)
            print("DONE", client.execute("select count(note) from orders").fetchone()[0], flush=True)
        except psycopg.Error as error:
            print("ERROR", error.sqlstate, flush=True)
    print("STILL", client.execute("select count(*) from orders").fetchone()[0], flush=True)
"""


def test_a_driver_that_prepares_gets_its_true_answer(console, server, holder, tmp_path):
    """Bind and Execute of a prepared statement are sent again as they were; the second time the column is there."""
    argv = (sys.executable, "-m", "tests.live.wire_child", str(server.directory), str(server.port), DRIVER)
    words = {"SAFESHELL_TIER": "production", "WIRE_DATABASE": "shop"}
    term = console(40, argv=argv, wait=False, **words)
    term.until(r"Esc to cancel: $")
    choose(term)
    term.send("\r")
    term.until(r"attempt 2 of 40: waits for pid \d+")
    holder.rollback()
    term.until("DONE 0")
    term.until(r"\[Esc\] no: $")
    time.sleep(0.4)
    term.send("o")
    term.until("ERROR 42701")
    term.until("STILL 400")
    assert columns(server) == "id,customer,state,note"
