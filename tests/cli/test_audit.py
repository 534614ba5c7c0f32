"""`safeshell audit`, run as the command that people run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from safeshell.model.audit import AuditEvent, EventKind
from safeshell.records.audit import Audit, log_names


def safeshell(state, *words: str, zone: str = "UTC") -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(state), "SAFESHELL_STATE_DIR": str(state), "TZ": zone}
    argv = [sys.executable, "-m", "safeshell.cli.main", "audit", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=env)


@pytest.fixture
def state(tmp_path):
    audit = Audit(str(tmp_path / "audit"))
    rows = [
        ("", EventKind.SESSION_START, {"host": "web-3"}),
        ("a1", EventKind.INTENT, {"text": "rm -rf data/", "effects": ["destroys_data"], "target": "web-3", "reason": "deletes data/", "answer": "typed"}),
        ("a1", EventKind.OUTCOME, {"exit": 1}),
        ("a2", EventKind.REFUSED, {"text": "reboot\x1b[2J\nnow", "effects": ["halts_host"], "target": "web-3"}),
    ]  # fmt: skip
    for number, (action, kind, detail) in enumerate(rows):
        audit.write(AuditEvent(1_700_000_000.0 + number * 60, "s1", action, kind, detail))
    audit.close()
    return tmp_path


def log(state):
    return state / "audit" / log_names(str(state / "audit"))[0]


def test_verify_exits_0_while_the_chain_holds(state):
    """And says how much was looked at."""
    done = safeshell(state, "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "the chain holds: 4 lines in 1 file\n", "")
    assert safeshell(state, "verify", str(log(state))).returncode == 0
    found = json.loads(safeshell(state, "verify", "--json").stdout)
    assert found == {"holds": True, "files": 1, "lines": 4, "problems": []}


def test_verify_exits_1_and_names_file_and_line_when_it_is_broken(state):
    """The exact place, for words and for JSON."""
    log(state).write_bytes(log(state).read_bytes().replace(b"rm -rf data/", b"rm -rf date/"))
    done = safeshell(state, "verify")
    assert done.returncode == 1
    assert f"broken: {log(state)}:2: the line was changed after it was written" in done.stdout
    assert "BROKEN" in done.stdout
    done = safeshell(state, "verify", "--json", str(log(state)))
    assert done.returncode == 1
    problem = json.loads(done.stdout)["problems"][0]
    assert (problem["file"], problem["line"], problem["broken"]) == (str(log(state)), 2, True)


def test_verify_notices_a_cut_end(state):
    """The head file knows."""
    log(state).write_bytes(b"".join(log(state).read_bytes().splitlines(keepends=True)[:-1]))
    done = safeshell(state, "verify")
    assert done.returncode == 1
    assert "1 line at the end of the audit removed" in done.stdout


def test_verify_of_nothing_holds_and_of_a_missing_file_is_wrong_usage(tmp_path):
    """0 and 2."""
    done = safeshell(tmp_path, "verify")
    assert (done.returncode, "nothing has been recorded" in done.stdout) == (0, True)
    done = safeshell(tmp_path, "verify", str(tmp_path / "missing"))
    assert (done.returncode, "cannot be read: No such file" in done.stderr) == (2, True)


def test_search_finds_by_every_option(state):
    """One line each; times are local; nothing in a text steers the terminal."""
    assert len(safeshell(state, "search").stdout.splitlines()) == 4
    (refused,) = safeshell(state, "search", "--refused", zone="Europe/Berlin").stdout.splitlines()
    assert refused.startswith("2023-11-14 23:16:20 CET  refused")
    assert refused.endswith("a2  reboot^[[2J^Jnow")
    for options in (["--effect", "destroys_data"], ["--text", "RM -RF"], ["--kind", "intent"]):
        (line,) = safeshell(state, "search", *options).stdout.splitlines()
        assert line.endswith("a1  rm -rf data/")
    assert safeshell(state, "search", "--session", "s2").stdout == ""
    assert len(safeshell(state, "search", "--since", "2023-11-14 22:15").stdout.splitlines()) == 2
    assert len(safeshell(state, "search", "--until", "2023-11-14T22:14:20.000Z").stdout.splitlines()) == 1
    assert safeshell(state, "search", "--since", "1h").stdout == ""


def test_search_gives_the_lines_as_they_stand_in_the_audit(state):
    """For other programs."""
    lines = [json.loads(line) for line in safeshell(state, "search", "--json").stdout.splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert lines == [json.loads(line) for line in log(state).read_text().splitlines()]


def test_search_with_a_time_that_is_none_is_wrong_usage(state):
    """And says what a time looks like."""
    done = safeshell(state, "search", "--since", "yesterday-ish")
    assert done.returncode == 2
    assert "write 2h, 3d, 2026-11-22" in done.stderr


def test_show_tells_an_action_with_its_intent_answer_and_outcome(state):
    """For a person: what, where, why, the answer, how it ended."""
    done = safeshell(state, "show", "a1")
    assert done.returncode == 0
    for said in (
        "rm -rf data/",
        "web-3",
        "deletes data/",
        "typed",
        "released",
        "ended, exit status 1",
        "destroys_data",
    ):
        assert said in done.stdout
    refused = safeshell(state, "show", "--last", "1").stdout
    assert "refused: it did not run" in refused
    assert "reboot^[[2J^Jnow" in refused
    assert safeshell(state, "show").stdout == refused
    told = [json.loads(line) for line in safeshell(state, "show", "--last", "5", "--json").stdout.splitlines()]
    assert [(one["action"], len(one["lines"])) for one in told] == [("a1", 2), ("a2", 1)]


def test_show_of_an_unknown_action_exits_1(state, tmp_path):
    """And says where to look."""
    done = safeshell(state, "show", "nope")
    assert done.returncode == 1
    assert "no action nope" in done.stderr


def test_damaged_lines_are_counted_and_pointed_at(state):
    """Searching still works; verify names them."""
    log(state).write_bytes(log(state).read_bytes() + b"garbage\n")
    done = safeshell(state, "search")
    assert len(done.stdout.splitlines()) == 4
    assert "1 damaged line passed over: safeshell audit verify names them" in done.stderr


def test_output_into_a_closed_pipe_ends_quietly(state):
    """`safeshell audit search | head -1`."""
    command = f"{sys.executable} -m safeshell.cli.main audit search | head -1"
    env = {"PATH": os.environ["PATH"], "HOME": str(state), "SAFESHELL_STATE_DIR": str(state)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, check=True, env=env)
    assert done.stderr == ""
