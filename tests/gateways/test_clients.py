"""The child of a wire: started on our terminal, signalled as a shell would, ended as it ended."""

import os
import signal
import subprocess
import sys
import time

import pytest

from safeshell.gateways.clients import Client, spawn

pytestmark = pytest.mark.live


def ran(*argv: str, **env: str) -> int:
    client = Client(spawn(argv, {**os.environ, **env}, watched=False))
    try:
        client.begin()
        return client.wait()
    finally:
        client.restore_signals()


def python(code: str, *, send: int = 0, after: float = 0.5) -> subprocess.CompletedProcess:
    """Our own parent process in a process of its own, signalled after a while."""
    started = subprocess.Popen(
        [sys.executable, "-c", "from safeshell.gateways.clients import *\nimport os, sys, time\n" + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if send:
        time.sleep(after)
        os.kill(started.pid, send)
    out, err = started.communicate(timeout=20)
    return subprocess.CompletedProcess([], started.returncode, out, err)


BEGIN = "c = Client(spawn({argv!r}, dict(os.environ), watched=False)); c.begin(); s = c.wait(); sys.exit(exit_like(s))"


def test_exit_codes_are_the_childs():
    """0, 3 and a signal."""
    assert ran("sh", "-c", "exit 0") == 0
    assert ran("sh", "-c", "exit 3") == 3
    assert ran("sh", "-c", "kill -TERM $$") == -signal.SIGTERM


def test_a_program_that_is_missing(capfd):
    """127 and a sentence, as a shell has it."""
    assert ran("no-such-client-of-ours") == 127
    assert "no-such-client-of-ours: command not found" in capfd.readouterr().err


def test_nothing_runs_before_begin(tmp_path):
    """An abandoned child never became the program."""
    mark = tmp_path / "mark"
    client = Client(spawn(["touch", str(mark)], dict(os.environ), watched=False))
    client.abandon()
    assert not mark.exists()


def test_the_child_gets_the_environment_and_default_signals(capfd):
    """SIGPIPE ends it, as `psql --csv | head` needs; Python itself ignores it."""
    assert ran("sh", "-c", 'echo "$MARK"; kill -PIPE $$; echo survived', MARK="there") == -signal.SIGPIPE
    assert capfd.readouterr().out == "there\n"


def test_we_die_of_the_signal_that_the_child_died_of():
    """A caller sees the same death as without us."""
    assert python(BEGIN.format(argv=["sh", "-c", "kill -TERM $$"])).returncode == -signal.SIGTERM
    assert python(BEGIN.format(argv=["sh", "-c", "exit 3"])).returncode == 3


def test_a_signal_to_us_alone_reaches_the_child():
    """SIGTERM to the guard is the child's to handle."""
    argv = ["sh", "-c", "trap 'echo got; exit 5' TERM; while :; do sleep 0.05; done"]
    done = python(BEGIN.format(argv=argv), send=signal.SIGTERM)
    assert (done.returncode, done.stdout) == (5, "got\n")


def test_an_interrupt_is_the_childs_business():
    """SIGINT to us changes nothing: the terminal sends it to the child as well."""
    done = python(BEGIN.format(argv=["sh", "-c", "sleep 1; echo done"]), send=signal.SIGINT)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_a_killed_guard_takes_the_child_along(tmp_path):
    """SIGKILL of the guard: the child gets SIGHUP."""
    mark = tmp_path / "mark"
    argv = ["sh", "-c", f"trap 'echo hup > {mark}; exit' HUP; while :; do sleep 0.05; done"]
    python(BEGIN.format(argv=argv), send=signal.SIGKILL)
    deadline = time.monotonic() + 5
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mark.exists()


def test_a_stopped_child_stops_us():
    """Ctrl-Z: the shell that started us sees its job stopped; SIGCONT lets both go on."""
    code = BEGIN.format(argv=["sh", "-c", "kill -STOP $$; exit 4"])
    started = subprocess.Popen(
        [sys.executable, "-c", "from safeshell.gateways.clients import *\nimport os, sys\n" + code]
    )
    pid, status = os.waitpid(started.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(pid, signal.SIGCONT)
    assert started.wait(10) == 4
