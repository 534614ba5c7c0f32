"""The session's judging: the whole way from a typed line to the audit, in a real bash."""

from __future__ import annotations

import json
import shutil

import pytest


def events(operator, *kinds: str) -> list[dict]:
    logs = sorted((operator.home / ".local/state/safeshell/audit").glob("*.jsonl"))
    found = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    return [event for event in found if not kinds or event["kind"] in kinds]


@pytest.fixture
def shell(operator):
    """A guarded production bash at its first prompt."""
    return operator.terminal(columns=100).until("P>")


def test_what_reads_runs_and_is_only_counted(operator, shell):
    """No question; one line at the end says how many."""
    shell.send("ls data; echo $((40 + 2))\r").until("42").send("exit\r")
    assert shell.end() == 0
    kinds = [event["kind"] for event in events(operator)]
    assert kinds == ["session_start", "session_end"]
    assert events(operator, "session_end")[0]["detail"]["passed_silently"] >= 1


def test_a_refused_deletion_leaves_everything_and_is_recorded(operator, shell):
    """And it stands in the shell's history, so that nobody retypes it."""
    shell.send("rm -rf data\r").until("to run it, Esc to cancel:").rest(0.3).send("\x1b").until("safeshell: refused: ")
    assert len(list((operator.home / "data").iterdir())) == 3
    refused = events(operator, "refused")[0]["detail"]
    assert (refused["text"], refused["tier"], refused["effects"]) == ("rm -rf data", "production", ["destroys_data"])
    shell.send("clear; history | tail -2\r").until("rm -rf data")


def test_a_confirmed_deletion_runs_with_its_intent_before_and_its_outcome_after(operator, shell):
    """The typed challenge is what the preview counted."""
    shell.send("rm -rf data\r").until("to run it, Esc to cancel:").rest(0.3)
    assert shell.challenge() == "data 3"
    shell.send("data 3").rest(0.2).send("\r").until("P>").rest(0.5)
    assert not (operator.home / "data").exists()
    shell.send("exit\r")
    shell.end()
    intent, outcome = events(operator, "intent", "outcome")
    assert intent["action"] == outcome["action"]
    assert outcome["detail"]["exit"] == 0


def test_an_unlock_given_with_an_answer_counts_for_the_next_line(operator, shell):
    """And is recorded with its minutes."""
    shell.send("chmod 600 data/1\r").until("[Esc] no:").rest(0.3).send("u").until(" rw ")
    shell.send("clear; chmod 640 data/1; stat -c %a data/1\r").until("640")
    assert events(operator, "unlock")[0]["detail"]["minutes"] == 15


def test_once_is_once(operator, shell):
    """The next plain write asks again."""
    shell.send("chmod 600 data/1\r").until("[Esc] no:").rest(0.3).send("o").until(" ro] P>").rest(0.4)
    assert (operator.home / "data/1").stat().st_mode & 0o777 == 0o600
    shell.send("clear\r").rest(0.4).send("chmod 640 data/1\r").until("[Esc] no:").rest(0.3).send("\x1b").until(
        "refused"
    )
    assert (operator.home / "data/1").stat().st_mode & 0o777 == 0o600


def test_aliases_functions_and_variables_are_those_of_the_shell(operator, shell):
    """What the line says is not what counts."""
    shell.send("alias gone='rm -rf data'; D=data; cleanup() { rm -rf \"$1\"; }\r").rest(0.7)
    for line in ("gone", 'rm -rf "$D"', "cleanup data"):
        shell.send("clear\r").rest(0.3).send(line + "\r").until("to run it, Esc to cancel:").rest(0.3)
        shell.send("\x1b").until("refused").rest(0.3)
        assert len(list((operator.home / "data").iterdir())) == 3


def test_a_remembered_program_is_not_asked_about_again(operator, shell):
    """By its path and contents; once it is changed it is asked about again."""
    tool = operator.home / "tool"
    shutil.copy("/bin/echo", tool)
    shell.send("./tool said\r").until("[Esc]").rest(0.3)
    assert "remember" in shell.text()
    shell.send("r").until("P>").rest(0.4)
    shell.send("clear; ./tool once more\r").rest(0.5)
    assert "\nonce more" in "\n" + shell.text()
    assert "[Esc]" not in shell.text()
    shutil.copy("/bin/cat", tool)
    shell.send("clear\r").rest(0.4).send("./tool /etc/hosts\r").until("[Esc]").send("\x1b").until("refused")


def test_an_audit_that_cannot_be_written_refuses_what_destroys_and_no_read(operator):
    """A file stands where the audit's directory should be."""
    operator.write(".local/state/safeshell/audit", "in the way")
    terminal = operator.terminal(columns=100).until("P>")
    terminal.send("ls data\r").until("0  1  2")
    terminal.send("clear; rm -rf data\r").rest(1)
    if "to run it" in terminal.text():
        terminal.send(terminal.challenge()).rest(0.2).send("\r")
    terminal.until("safeshell: refused: ").rest(0.3)
    assert (operator.home / "data/1").exists()
