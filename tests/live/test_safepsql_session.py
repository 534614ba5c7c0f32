"""A session of safe-psql: prompt, held statements, dialogs, interrupts, and everything that psql does itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psutil
import pytest

from tests.live.console import SAFE_PSQL, Console, environment, psql, shop_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]


@pytest.fixture(scope="module")
def server():
    with shop_server() as running:
        yield running


@pytest.fixture
def console(server, tmp_path):
    """Open consoles that end with the test."""
    opened: list[Console] = []

    def begin(*words: str, **options) -> Console:
        opened.append(Console(server, tmp_path, *words, **options))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def count(server) -> str:
    return psql(server, "select count(*) from orders")


def test_the_prompt_says_where_and_how(console, server):
    """Tier, database and host, mode; then the person's own prompt; reads are silent."""
    term = console()
    assert f"[PROD shop@{os.uname().nodename} ro] shop=#" in term.text()
    assert "100" in term.line("select count(*) from orders where state = 'stale';")
    assert not term.question
    assert term.leave() == 0


def test_a_delete_is_shown_and_refused(console, server):
    """Esc: the full dialog counted the rows, nothing is gone, the session goes on."""
    term = console()
    seen = term.line("delete from orders where state = 'stale';")
    assert term.question == "full"
    assert "100 rows" in seen
    assert "100" in term.challenge()
    seen = term.answer("\x1b")
    assert "ERROR:  safeshell: refused: " in seen
    assert count(server) == "400"
    assert "400" in term.line("select count(*) from orders;")
    assert term.leave() == 0


def test_a_delete_that_is_confirmed_runs_once(console, server):
    """The challenge typed: the rows are gone, and what psql says is what psql always says."""
    psql(server, "create table victims as select n from generate_series(1, 7) n")
    term = console()
    term.line("delete from victims where n > 4;")
    challenge = term.challenge()
    assert "3" in challenge
    seen = term.answer(challenge + "\r")
    assert "\nDELETE 3\n" in seen
    assert psql(server, "select count(*) from victims") == "4"
    psql(server, "drop table victims")


def test_ctrl_c_in_a_dialog_is_a_no(console, server):
    """The dialog takes it; psql lives on."""
    term = console()
    term.line("delete from orders;")
    assert term.question == "full"
    seen = term.answer("\x03")
    assert "safeshell: refused: " in seen
    assert count(server) == "400"
    assert "1 row" in term.line("select 1;")


def test_a_killed_guard_in_the_question_runs_nothing(console, server):
    """SIGKILL while it asks: no row is gone, and psql ends too."""
    term = console()
    term.line("delete from orders;")
    children = psutil.Process(term.pty.pid).children(recursive=True)
    os.kill(term.pty.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [child for child in alive if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    time.sleep(0.3)
    assert count(server) == "400"


def test_a_write_is_one_key_and_an_unlock_shows_in_the_prompt(console, server):
    """u: writes for some minutes, which every prompt counts; another write passes, a DELETE is asked all the same."""
    psql(server, "create table notes (t text)")
    term = console()
    term.line("insert into notes values ('x');")
    assert term.question == "key"
    assert "INSERT 0 1" in term.answer("u")
    assert " rw 15m] " in term.text().splitlines()[-1] + " "
    assert "INSERT 0 1" in term.line("insert into notes values ('y');")
    term.line("delete from notes;")
    assert term.question == "full"
    term.answer("\x1b")
    assert term.leave() == 0
    assert psql(server, "select count(*) from notes; drop table notes") == "2"


def test_one_write_alone_leaves_the_rest_locked(console, server):
    """o: this once; the prompt says ro before and after, and the next write is asked again."""
    psql(server, "create table notes (t text)")
    term = console()
    term.line("insert into notes values ('x');")
    assert "INSERT 0 1" in term.answer("o")
    assert " ro] " in term.text().splitlines()[-1] + " "
    term.line("insert into notes values ('y');")
    assert term.question == "key"
    term.answer("\x1b")
    assert psql(server, "select count(*) from notes; drop table notes") == "1"


def test_ways_out_are_asked_about_on_the_terminal(console, server):
    """`\\!` that writes: one key, Esc; `\\c` to another server: refused with the guarded spelling; psql lives on."""
    term = console()
    term.line("\\! touch /etc/nothing-of-ours")
    assert term.question == "key"
    assert "safeshell: refused: `touch /etc/nothing-of-ours`" in term.answer("\x1b")
    seen = term.line("\\c - - 127.0.0.1 1")
    assert "safe-psql -h 127.0.0.1 -p 1" in seen
    assert "1 row" in term.line("select 1;")
    assert "hello" in term.line("\\! echo hello")


def test_a_guard_below_a_guard_says_what_it_cannot_watch(console, server, tmp_path):
    """The kernel allows one watch: the inner prompt says so, its statements are guarded all the same."""
    inner = tmp_path / "inner"
    inner.write_text("#!/bin/sh\nexec " + " ".join([*SAFE_PSQL, "--guard-tier", "production"]) + "\n")
    inner.chmod(0o755)
    term = console()
    term.line(f"\\! {inner}")
    assert term.question == "key"  # a script that no pack knows
    seen = term.answer("o")
    assert "is not: the kernel refused the exec watch" in seen
    assert ", shell UNGUARDED]" in term.text().splitlines()[-1], term.text()
    term.line("delete from orders;")
    assert term.question == "full"
    term.answer("\x1b")
    assert count(server) == "400"


def test_a_running_query_is_cancelled_by_ctrl_c(console, server):
    """At the server: the sleep ends at once with the server's own words."""
    term = console()
    since = len(term.raw)
    term.send("select pg_sleep(30);\r")
    time.sleep(1.0)
    started = time.monotonic()
    term.send("\x03")
    seen = term.until(r"canceling statement due to user request[\s\S]*# $", since=since)
    assert time.monotonic() - started < 5
    assert "safeshell" not in seen.split("\n", 1)[1].split("[PROD")[0]


def test_ctrl_c_at_the_prompt_gives_a_new_one(console):
    """As psql does; half a statement is forgotten."""
    term = console()
    term.line("select 1;")
    since = len(term.raw)
    term.send("select half")
    term.send("\x03")
    term.until(r"\] shop=# $", since=since)
    assert "1 row" in term.line("select 2;")


def test_ctrl_z_and_fg(server, tmp_path):
    """The shell sees its job stopped and gets the terminal; fg brings psql back where it was."""
    argv = ("bash", "--norc", "-i")
    term = Console(server, tmp_path, argv=argv, wait=False, PS1="sh$ ", PROMPT_COMMAND="")
    try:
        term.until(r"sh\$ $")
        since = len(term.raw)
        term.send(" ".join([*SAFE_PSQL, "--guard-tier", "production"]) + "\r")
        term.until(r"shop=# $", since=since)
        since = len(term.raw)
        term.send("\x1a")
        assert "Stopped" in term.until(r"sh\$ $", since=since)
        since = len(term.raw)
        term.send("fg\r")
        time.sleep(0.5)
        term.send("\r")
        term.until(r"shop=# $", since=since)
        assert "1 row" in term.line("select 1;")
        since = len(term.raw)
        term.send("\\q\r")
        term.until(r"sh\$ $", since=since)
        since = len(term.raw)
        term.send("echo st=$?; stty -a | grep -o ' echo '\r")
        seen = term.until(r"sh\$ $", since=since)
        assert "st=0" in seen
    finally:
        term.close()


def test_the_persons_own_start_file_prompt_and_history(console, server):
    """.psqlrc is read, its prompt follows ours, HISTFILE by host and port still makes sense."""
    rc = "\\set PROMPT1 'P> '\n\\set QUIET on\n\\set HISTFILE ~/hist-:DBNAME\n\\pset null NIL\n"
    term = console(rc=rc)
    assert term.text().splitlines()[-1].endswith(" ro] P>")
    assert "NIL" in term.line("select null;")
    assert term.leave() == 0
    assert "select null;" in (term.home / "hist-shop").read_text()


def test_the_pager_is_not_asked_about(console):
    """A long result goes to less, q comes back."""
    term = console(PAGER="less", LESS="")
    since = len(term.raw)
    term.send("select * from generate_series(1, 200);\r")
    term.until(r"\n:\s?$", since=since)
    term.send("q")
    assert "1 row" in term.line("select 1;")


def test_the_editor_is_not_asked_about_and_what_it_writes_is_judged(console, server, tmp_path):
    """\\e: the text from the editor is a statement like any other."""
    editor = tmp_path / "ed"
    editor.write_text("#!/bin/sh\necho 'delete from orders;' > \"$1\"\n")
    editor.chmod(0o755)
    term = console(EDITOR=str(editor))
    term.line("\\e")
    if not term.question:
        term.line("")
    assert term.question == "full"
    term.answer("\x1b")
    assert count(server) == "400"


def test_watch_gexec_and_include(console, server, tmp_path):
    """Each statement that they send is judged as it comes."""
    (tmp_path / "two.sql").write_text("select 'from file';\ndelete from orders;\n")
    term = console()
    since = len(term.raw)
    term.send("select 'tick' \\watch 0.3\r")
    term.until(r"(tick[\s\S]*){3}", since=since)
    term.send("\x03")
    term.until(r"shop=# $", since=since)
    assert "from file" in term.line(f"\\i {tmp_path}/two.sql")
    assert term.question == "full"
    term.answer("\x1b")
    term.line("select 'delete from orders' \\gexec")
    assert term.question == "full"
    term.answer("\x1b")
    assert count(server) == "400"


def test_an_unlock_at_the_start(console, server):
    """--guard-write asks before psql starts; u unlocks, and the prompt says so."""
    term = console("--guard-write", "--guard-reason", "because", wait=False)
    term.until(r"\[Esc\] no: ?$")
    term.answer("u")
    assert " rw 1" in term.text().splitlines()[-1]


def test_without_a_terminal_guard_write_is_wrong_usage(server, tmp_path):
    """Exit 2, and the reason."""
    done = subprocess.run(
        [*SAFE_PSQL, "--guard-write", "-c", "select 1"],
        env=environment(server, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--guard-write asks on a terminal" in done.stderr
