"""Which processes a signal would reach, on real processes of this test."""

from __future__ import annotations

import os
import shutil

import psutil
import pytest

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.previews.processes import look
from tests.previews.making import finding, last, subject, target


def of(line: str, *values: str | None):
    targets = [target(value, TargetKind.PROCESS) for value in values]
    return last(look, subject(line, finding("processes", *targets, effect=Effect.STOPS_SERVICE)))


@pytest.fixture
def program(tmp_path, started):
    """Starts `sleep` under a name of its own, so that nothing else of this machine matches."""

    def start(name: str):
        path = tmp_path / name
        if not path.exists():
            shutil.copy(shutil.which("sleep"), path)
        return started(str(path), "300")

    return start


def test_a_number_is_described(program):
    """User, age and command of the very process."""
    child = program("guardtest-a")
    seen = of(f"kill -9 {child.pid}", str(child.pid))
    assert seen.summary.startswith("1 process of ")
    assert seen.summary.endswith(": guardtest-a")
    assert (seen.affected, seen.unit, seen.exactness) == (1, "processes", Exactness.EXACT)
    assert seen.sample[0].split()[0] == str(child.pid)
    assert "guardtest-a 300" in seen.sample[0]
    assert seen.reversibility is Reversibility.IRREVERSIBLE


def test_a_number_that_is_gone_is_said(program):
    """No such process: exactly none, and it is named."""
    child = program("guardtest-a")
    child.kill()
    child.wait()
    seen = of(f"kill {child.pid}", str(child.pid))
    assert (seen.summary, seen.affected) == ("no process matches", 0)
    assert f"there is no process {child.pid}" in seen.caveats


def test_a_number_that_only_running_tells(program):
    """`kill $(cat app.pid)` claims nothing, beside a known one too."""
    child = program("guardtest-a")
    assert of("kill x", None).exactness is Exactness.UNKNOWN
    both = of("kill x", None, str(child.pid))
    assert (both.affected, both.exactness) == (None, Exactness.UNKNOWN)
    assert "guardtest-a" in both.summary


def test_a_group_is_all_of_it(started):
    """A negative number is a process group: the leader and its children."""
    leader = started("sh", "-c", "sleep 300 & sleep 301 & wait", start_new_session=True)
    while len(psutil.Process(leader.pid).children()) < 2:
        pass
    assert of(f"kill -- -{leader.pid}", f"-{leader.pid}").affected == 3
    os.killpg(leader.pid, 9)


def test_minus_one_is_everything():
    """`kill -9 -1` reaches every process that one may signal."""
    seen = of("kill -9 -1", "-1")
    assert seen.affected >= 1
    assert "every process that you may signal" in seen.caveats


def test_a_pattern_hits_what_pgrep_finds(program):
    """Two of one name by a part of it; the signal in any spelling is not part of the pattern."""
    first, second = program("guardtest-web"), program("guardtest-web")
    program("guardtest-db")
    for line in (
        "pkill guardtest-w",
        "pkill -9 guardtest-w",
        "pkill -KILL guardtest-w",
        "pkill --signal TERM guardtest-w",
        "pkill -e guardtest-w",
    ):
        seen = of(line, "guardtest-w")
        assert (seen.affected, seen.exactness) == (2, Exactness.EXACT), line
    assert {row.split()[0] for row in seen.sample} == {str(first.pid), str(second.pid)}


def test_the_options_of_a_pattern_count(program):
    """-x wants the whole name, -f looks at the whole command, -n takes the newest, -u the user."""
    program("guardtest-web")
    newest = program("guardtest-web")
    assert of("pkill -x guardtest-w", "guardtest-w").affected == 0
    assert of("pkill -x guardtest-web", "guardtest-web").affected == 2
    assert of("pkill -f guardtest-web.300", "guardtest-web.300").affected == 2
    assert of("pkill -n guardtest-web", "guardtest-web").sample[0].split()[0] == str(newest.pid)
    assert of("pkill -u nobody guardtest-web", "guardtest-web").affected == 0


def test_a_pattern_that_pgrep_cannot_read():
    """A broken expression is unknown, with pgrep's own words."""
    seen = of("pkill guardtest[", "guardtest[")
    assert seen.exactness is Exactness.UNKNOWN
    assert seen.caveats[0].startswith("pgrep could not tell: ")


def test_without_pgrep_it_is_an_estimate(program, monkeypatch):
    """Where procps is missing, the pattern is matched here, and said to be an estimate."""
    program("guardtest-web")
    monkeypatch.setenv("PATH", "/nonexistent")
    seen = of("pkill guardtest-w", "guardtest-w")
    assert (seen.affected, seen.exactness) == (1, Exactness.ESTIMATE)


def test_names_are_exact_for_killall(program):
    """A whole name, a pattern with -r, case with -I, a path; a part of a name is none."""
    program("guardtest-web")
    path = program("guardtest-web").args[0]
    assert of("killall guardtest-web", "guardtest-web").affected == 2
    assert of("killall -9 -q guardtest-web", "guardtest-web").affected == 2
    assert of("killall guardtest", "guardtest").affected == 0
    assert of("killall -r guardtest-w", "guardtest-w").affected == 2
    assert of("killall -I GUARDTEST-WEB", "GUARDTEST-WEB").affected == 2
    assert of("killall -u nobody guardtest-web", "guardtest-web").affected == 0
    assert of(f"killall {path}", path).affected == 2
    assert of("killall -o 1h guardtest-web", "guardtest-web").exactness is Exactness.AT_MOST


def test_children_are_counted(started):
    """What hangs below a process is told."""
    parent = started("sh", "-c", "sleep 300 & sleep 301 & wait", start_new_session=True)
    while len(psutil.Process(parent.pid).children()) < 2:
        pass
    seen = of(f"kill {parent.pid}", str(parent.pid))
    assert seen.summary.endswith("with 2 child processes")
    assert "(+2 children)" in seen.sample[0]
    os.killpg(parent.pid, 9)


def test_your_own_session_is_flagged(program):
    """The guard, what it runs in, and its own children are not just any process."""
    child = program("guardtest-a")
    seen = of(f"kill {os.getpid()} {os.getppid()} {child.pid}", str(os.getpid()), str(os.getppid()), str(child.pid))
    said = "\n".join(seen.caveats)
    assert f"{os.getpid()} " in said
    assert "this is the guard of your own shell" in said
    assert "your own session runs in it" in said
    assert f"{child.pid} guardtest-a: this is your own shell, or a job of it" in said


def test_a_job_of_the_shell_is_not_known_here():
    """`%1` is the shell's to know."""
    seen = of("kill %1", "%1")
    assert seen.exactness is Exactness.UNKNOWN
    assert "%1 is a job of this shell" in seen.caveats


def test_other_commands_name_processes_too(program):
    """A command without a row of its own: numbers are processes; without any nothing is claimed."""
    child = program("guardtest-a")
    assert of(f"renice -n 10 -p {child.pid}", str(child.pid)).affected == 1
    assert of("fuser -k 8080/tcp").exactness is Exactness.UNKNOWN
