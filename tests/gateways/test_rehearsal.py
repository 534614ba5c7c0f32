"""A program in a real pty: typed at, read, and ended."""

from __future__ import annotations

import os
import time

import pytest

from safeshell.gateways.rehearsal import Rehearsal

SH = ["/bin/sh", "-c", "stty -echo; echo ready; read a; echo got-$a-end; sleep 60"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_types_and_sees(tmp_path):
    """What is typed reaches the program, what it says is seen."""
    with Rehearsal(SH, dict(os.environ), str(tmp_path)) as pty:
        assert pty.see("ready", 10)
        pty.type("x\r")
        assert pty.see("got-x-end", 10)
        assert pty.between("got-", "-end") == "x"


def test_what_was_matched_is_not_matched_again(tmp_path):
    """An old prompt is no answer to a new line."""
    with Rehearsal(SH, dict(os.environ), str(tmp_path)) as pty:
        assert pty.see("ready", 10)
        assert not pty.see("ready", 0.2)


def test_nothing_stays_behind(tmp_path):
    """The program is gone when the block ends, even one that ignores the hangup."""
    stubborn = ["/bin/sh", "-c", "trap '' HUP; echo ready; while :; do sleep 1; done"]
    with Rehearsal(stubborn, dict(os.environ), str(tmp_path)) as pty:
        assert pty.see("ready", 10)
        pid = pty._pid
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_a_program_that_cannot_start_is_not_seen(tmp_path):
    """No program, no sight: False, not a hang."""
    with Rehearsal(["/nonexistent/program"], dict(os.environ), str(tmp_path)) as pty:
        assert not pty.see("ready", 2)


@pytest.mark.parametrize("quiet", [0.05, 0.2])
def test_settle_reads_until_it_is_quiet(tmp_path, quiet):
    """Settling ends although the program goes on to live."""
    with Rehearsal(SH, dict(os.environ), str(tmp_path)) as pty:
        begun = time.monotonic()
        pty.settle(quiet, 5)
        assert time.monotonic() - begun < 5
        assert b"ready" in pty.output
