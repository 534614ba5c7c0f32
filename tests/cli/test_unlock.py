"""`safeshell unlock`: a request that only opens the question on the session's own terminal."""

from __future__ import annotations

import pytest


def test_without_a_session_there_is_nothing_to_unlock(person):
    """Exit 2, and how to get a session."""
    done = person.run("unlock")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not guarded" in done.stderr
    assert "start one: safeshell" in done.stderr


@pytest.mark.parametrize("word", ["x", "-5", "1.5", "9999999999999999999999h"])
def test_what_is_no_number_of_minutes_is_wrong_usage(person, word):
    """Exit 2 before anything is asked."""
    assert person.run("unlock", word).returncode == 2


def test_a_session_that_is_gone_is_told(person):
    """Its socket does not answer any more."""
    done = person.run("unlock", SAFESHELL_SESSION=str(person.home / "gone/control"))
    assert done.returncode == 2
    assert "does not answer" in done.stderr


def test_the_question_decides(operator):
    """Esc leaves it locked (exit 1); u unlocks, a plain write passes then, and the prompt says so."""
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("safeshell unlock; echo exit $((0 + $?))\r").until("[Esc] no:").rest(0.3).send("\x1b").until("exit 1")
    assert "writes stay locked" in terminal.text()
    terminal.send("safeshell unlock 5m; echo exit $((0 + $?))\r").until("[Esc] no:").rest(0.3)
    assert "unlock writes 5 min" in terminal.text()
    terminal.send("u").until("exit 0").until("rw ")
    terminal.send("clear; chmod 600 data/1; stat -c %a data/1\r").until("600")
    assert "[Esc]" not in terminal.text()


def test_more_than_the_policy_allows_is_cut(operator):
    """And what destroys is asked about all the same."""
    operator.write(".config/safeshell/config.yaml", "version: 1\nunlock: {max: 10m}\n")
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("safeshell unlock 50\r").until("[Esc] no:").rest(0.3).send("u").until("unlocked for 10 minutes")
    terminal.send("clear; rm -rf data\r").until("to run it, Esc to cancel:").rest(0.3).send("\x1b").until("refused")
    assert (operator.home / "data/1").exists()


def test_where_the_policy_forbids_unlocks_nothing_is_asked(operator):
    """Exit 1."""
    operator.write(".config/safeshell/config.yaml", "version: 1\nunlock: {max: 0}\n")
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("safeshell unlock; echo exit $((0 + $?))\r").until("exit 1")
    assert "does not let writes be unlocked" in terminal.text()


def test_a_background_job_can_only_open_the_question(operator):
    """Its answer comes from the person, not from the job's input."""
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("(yes u | safeshell unlock) > out 2>&1; cat out\r").until("[Esc] no:").rest(0.5)
    assert (operator.home / "out").read_text() == ""
    terminal.send("\x1b").until("writes stay locked")
