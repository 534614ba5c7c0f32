"""`safeshell demo` in a terminal: what it shows, what it lets in, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest


@pytest.fixture
def place(person, tmp_path):
    """Where the throwaway directory comes to lie."""
    path = tmp_path / "t"
    path.mkdir()
    person.environ["TMPDIR"] = str(path)
    return path


def gone(place: Path) -> bool:
    """Everything in the place has vanished, within a while."""
    deadline = time.monotonic() + 10
    while any(place.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(place.iterdir())


@pytest.mark.parametrize("columns", [80, 40])
def test_the_welcome_fits_the_screen_with_the_prompt_below_it(person, place, columns):
    """From its first line to the prompt, no line broken by the terminal."""
    demo = person.terminal("demo", columns=columns).until("[PROD")
    lines = demo.lines()
    assert lines[1].startswith("This bash is guarded")
    assert any(line.startswith("  rm -rf data/ ") for line in lines)
    assert any(line.startswith("  exit ") for line in lines)
    assert len([line for line in lines if line.startswith("[PROD")]) == 1
    assert all(len(line) < columns for line in lines)


def test_it_holds_a_deletion_counts_it_and_lets_it_through_when_typed(person, place):
    """As on a production host; afterwards the files are gone."""
    demo = person.terminal("demo").until("[PROD").rest(0.3)
    home = next(place.iterdir())
    demo.send("clear; ls data\r").until("customers.csv  orders")
    demo.send("rm -rf data/\r").until("to run it, Esc to cancel:").rest(0.3)
    assert "401 files" in demo.text()
    demo.send("\x1b").until("safeshell: refused: ").rest(0.3)
    assert (home / "data/customers.csv").exists()
    demo.send("clear\r").rest(0.3).send("rm -rf data/\r").until("to run it, Esc to cancel:").rest(0.3)
    demo.send(demo.challenge()).rest(0.2).send("\r").rest(1)
    assert not (home / "data").exists()


def test_saying_yes_to_a_shutdown_runs_the_stand_in(person, place):
    """Behind sudo too."""
    demo = person.terminal("demo").until("[PROD").rest(0.3)
    for line in ("shutdown -h now", "sudo shutdown -h now"):
        demo.send("clear\r").rest(0.3).send(line + "\r").until("to run it, Esc to cancel:").rest(0.3)
        demo.send(demo.challenge()).rest(0.2).send("\r").until(f"demo: {line}: here ")


def test_its_own_new_files_are_scratch_and_the_rest_of_the_host_is_not(person, place):
    """The directory lies below a scratch root and counts as a home all the same."""
    demo = person.terminal("demo").until("[PROD").rest(0.3)
    demo.send("clear; touch notes.txt; ls notes.txt\r").until("notes.txt\n[PROD")
    demo.send("clear\r").rest(0.3).send("touch /etc/safeshell-demo-test\r").until("[Esc] no:").rest(0.3).send("\x1b")
    demo.until("refused")
    assert not os.path.lexists("/etc/safeshell-demo-test")


def test_safeshell_is_there_and_knows_the_session(person, place):
    """status and explain, without any PATH of ours."""
    person.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    demo = person.terminal("demo", columns=100).until("[PROD").rest(0.3)
    demo.send("clear; safeshell status\r").until("guarded   yes, session ")
    demo.send("clear\r").rest(0.3).send("rm -rf logs\r").until("Esc to cancel:").rest(0.3).send("\x1b").until("refused")
    demo.send("clear; safeshell explain\r").until("text      rm -rf logs")


def test_nothing_that_names_a_real_server_or_key_gets_in(person, place):
    """Nor a configuration or a history of the person."""
    person.write(".config/safeshell/config.yaml", "version: 1\ntint: perhaps\n")
    secrets = {
        "KUBECONFIG": "/k", "AWS_PROFILE": "live", "DATABASE_URL": "postgres://db", "SSH_AUTH_SOCK": "/s",
        "GIT_DIR": "/g", "BASH_ENV": "/b", "XDG_CONFIG_HOME": "/c", "SAFESHELL_CONFIG": "/none", "PROMPT_COMMAND": "echo hi",
    }  # fmt: skip
    demo = person.terminal("demo", columns=100, rows=50, **secrets).until("[PROD").rest(0.3)
    assert "none" not in demo.text()
    demo.send("clear; env | cut -d= -f1 | sort | tr '\\n' ' '; echo END\r").until("END\n")
    assert not set(secrets) & set(demo.words().split())
    demo.send("exit\r")
    demo.end()
    assert not (person.home / ".bash_history").exists()


@pytest.mark.parametrize("way", ["exit", "hangup", "term", "kill"])
def test_nothing_stays_behind_however_it_ends(person, place, way):
    """The shell's exit, a dropped line, SIGTERM, and a kill that leaves no time for anything."""
    demo = person.terminal("demo").until("[PROD").rest(0.3)
    assert len(list(place.iterdir())) == 1
    if way == "exit":
        demo.send("exit 5\r")
        assert demo.end() == 5
    elif way == "hangup":
        demo.hang_up()
    else:
        os.kill(demo.child.pid, signal.SIGTERM if way == "term" else signal.SIGKILL)
    assert gone(place)
    assert [path.name for path in person.home.iterdir()] == []


def test_when_it_has_ended_the_directory_is_gone_already(person, place):
    """Not some time later: whoever looks finds nothing."""
    demo = person.terminal("demo").until("[PROD").rest(0.3).send("exit\r")
    demo.end()
    assert not any(place.iterdir())


def test_without_a_terminal_it_says_so_and_makes_nothing(person, place):
    """Exit 2."""
    done = person.run("demo")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert not any(place.iterdir())
