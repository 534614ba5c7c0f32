"""`safeshell demo postgres` in a terminal: a held statement within a minute, and nothing left."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from safeshell.cli.demopostgres import intro
from safeshell.cli.demoserver import find_binaries


@pytest.fixture
def place(person):
    """Where its directories come to lie."""
    path = Path(tempfile.mkdtemp(prefix="ssd.", dir="/tmp"))
    path.chmod(0o755)
    person.environ["TMPDIR"] = str(path)
    yield path
    path.rmdir()


def gone(place):
    until = time.monotonic() + 20
    while any(place.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(place.iterdir())


@pytest.mark.skipif(find_binaries() is None, reason="no PostgreSQL server is installed")
def test_a_newcomer_sees_a_held_delete_and_alter(person, place):
    """Counted, with its cascades; the ALTER names who is in the way; leaving takes all of it away."""
    began = time.monotonic()
    demo = person.terminal("demo", "postgres", columns=100, rows=40)
    demo.patience = 60
    while "shop=#" not in demo.text() and time.monotonic() < began + 60:
        demo.pump()
    demo.send("SELECT 6 * 7 AS answer;\r").until("42")
    demo.send("DELETE FROM orders WHERE status = 'cancelled';\r").until("Esc to cancel")
    assert time.monotonic() - began < 60
    assert "rows of orders" in demo.words()
    assert "rows of order_items go too (ON DELETE CASCADE)" in demo.words()  # a slow machine counts at least so many
    demo.rest(0.6).send("\x1b").until("refused").rest(0.3)
    demo.send("ALTER TABLE orders ALTER id TYPE bigint;\r").until("Esc to cancel")
    assert "nightly-report, idle in transaction" in demo.words()
    demo.rest(0.6).send("\x1b").rest(1.0)
    demo.send("\\q\r")
    assert demo.end() == 0
    assert gone(place)


@pytest.mark.skipif(find_binaries() is None, reason="no PostgreSQL server is installed")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_from_outside_it_leaves_nothing(person, place, number):
    """The server, the shop, the home."""
    demo = person.terminal("demo", "postgres", columns=100, rows=40)
    until = time.monotonic() + 60
    while "shop=#" not in demo.text() and time.monotonic() < until:
        demo.pump()
    demo.rest(0.5)
    os.kill(demo.child.pid, number)
    assert gone(place)


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_welcome_fits(columns):
    """No line is broken by the terminal."""
    lines = list(intro(columns))
    assert any("DELETE FROM orders" in line for line in lines)
    assert all(len(line) < max(columns, 56) for line in lines)


def test_without_a_terminal_there_is_no_demo(person):
    """It says so."""
    done = person.run("demo", "postgres")
    assert (done.returncode, done.stderr) == (2, "safeshell: the demo needs a terminal\n")
