"""`safeshell lock`: read-only again, at once."""

from __future__ import annotations


def test_without_a_session_there_is_nothing_to_lock(person):
    """Exit 2."""
    done = person.run("lock")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not guarded" in done.stderr


def test_it_takes_an_unlock_back(operator):
    """Without a question; the next plain write asks again."""
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("safeshell unlock\r").until("[Esc] no:").rest(0.3).send("u").until("unlocked for 15 minutes")
    terminal.send("clear; safeshell lock; echo exit $((0 + $?))\r").until("exit 0")
    assert "read-only again" in terminal.text()
    terminal.until("[PROD").until(" ro] P>")
    terminal.send("chmod 600 data/1\r").until("[Esc] no:").rest(0.3).send("\x1b").until("refused")
    assert (operator.home / "data/1").stat().st_mode & 0o777 == 0o644
