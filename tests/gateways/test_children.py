"""Child processes: fed, read, reaped, cut off."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from safeshell.gateways.children import Child


def test_a_child_gets_its_input_and_gives_its_output():
    """More than a pipe holds goes through in both directions, and the status comes back."""
    child = Child(["/bin/sh", "-c", "cat; echo done >&2; exit 3"], environment={"PATH": os.defpath})
    data = b"x" * 300_000
    child.send(data)
    finished = child.finish(time.monotonic() + 10, most=10**7)
    assert (finished.status, finished.output, finished.errors) == (3, data, b"done\n")


def test_a_child_that_does_not_read_is_no_hang():
    """A closed standard input is not an error of ours."""
    child = Child(["/bin/sh", "-c", "exec <&-; echo ok"], environment={})
    time.sleep(0.1)
    child.send(b"x" * 300_000)
    assert child.finish(time.monotonic() + 10, most=1000).output == b"ok\n"


def test_a_child_past_its_deadline_is_killed():
    """`expired` is told, and the process is gone."""
    child = Child(["/bin/sleep", "30"], environment={})
    child.send(b"")
    finished = child.finish(time.monotonic() + 0.1, most=1000)
    assert finished.expired
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_too_much_output_is_cut_off():
    """`overflowed` is told, and the process is gone."""
    child = Child(["/bin/cat", "/dev/zero"], environment={})
    child.send(b"")
    assert child.finish(time.monotonic() + 10, most=1000).overflowed


def test_a_program_that_is_not_there_is_an_error():
    """And no pipe is left open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="No such file"):
        Child(["/nonexistent/program"], environment={})
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_child_has_a_process_group_of_its_own():
    """Ctrl-C on the terminal reaches the person's programs, not the parser."""
    child = Child(["/bin/sleep", "30"], environment={})
    assert os.getpgid(child.pid) == child.pid
    child.abandon(mine=True)


def test_an_abandoned_child_is_reaped():
    """No zombie is left, and asking again does no harm."""
    child = Child(["/bin/sleep", "30"], environment={})
    assert child.alive()
    child.abandon(mine=True)
    assert not child.alive()
    child.abandon(mine=True)
