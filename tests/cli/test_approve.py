"""`safeshell approve --own ID`: the full dialog for what was refused off a terminal."""

from __future__ import annotations

from tests.cli.test_oneshot import refused_id, waiting


def test_it_shows_the_full_dialog_with_a_fresh_preview_and_says_how_to_go_on(operator):
    """What it is, where, the damage; then the words that the caller needs."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    (operator.home / "data/0").unlink()
    terminal = operator.terminal("approve", "--own", id_).until("to run it, Esc to cancel:").rest(0.3)
    shown = terminal.words()
    assert "rm -rf data" in shown
    assert "2 files" in shown
    assert "PROD" in shown
    terminal.send(terminal.challenge()).rest(0.2).send("\r")
    assert terminal.end() == 0
    assert f"request {id_} is confirmed" in terminal.words()
    assert f"--guard-confirm {id_}" in terminal.words()
    assert (operator.home / "data/1").exists(), "confirming runs nothing"
    assert waiting(operator)[0]["confirmed_by"]


def test_declining_confirms_nothing(operator):
    """Esc, the end of input, and Enter alone: exit 1, and the request still waits."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    for key in ("\x1b", "\x04", "\x03"):
        terminal = operator.terminal("approve", "--own", id_).until("to run it, Esc to cancel:").rest(0.3).send(key)
        assert terminal.end() == 1
        assert "nothing was run" in terminal.words()
    assert waiting(operator)[0]["confirmed_by"] == ""
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data").returncode == 126


def test_a_one_key_request_is_confirmed_by_the_full_dialog_too(operator):
    """Nobody sees what the script was about to do, so the whole of it is shown."""
    id_ = refused_id(operator.run("-c", "chmod 600 data/1"))
    terminal = operator.terminal("approve", "--own", id_).until("to run it, Esc to cancel:").rest(0.3)
    terminal.send(terminal.challenge()).rest(0.2).send("\r")
    assert terminal.end() == 0
    assert operator.run("--guard-confirm", id_, "-c", "chmod 600 data/1").returncode == 0


def test_what_has_grown_beyond_the_request_is_not_confirmed(operator):
    """A new request is needed, which shows the new damage."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    operator.write("data/new", "x")
    terminal = operator.terminal("approve", "--own", id_)
    assert terminal.end() == 1
    assert "has grown beyond at most 3 files" in terminal.words()


def test_without_a_terminal_nobody_can_be_asked(operator):
    """Exit 2."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    done = operator.run("approve", "--own", id_)
    assert done.returncode == 2
    assert "needs a person at a terminal" in done.stderr


def test_an_unknown_id_and_somebody_elses_request(operator):
    """Exit 1 and 2, each with what to do."""
    done = operator.run("approve", "--own", "none-1")
    assert done.returncode == 1
    assert "safeshell requests lists" in done.stderr
    done = operator.run("approve", "none-1")
    assert done.returncode == 2
    assert "--own" in done.stderr
