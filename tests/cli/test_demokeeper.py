"""The keeper of a demo acts when its demo ends, also by a kill."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from safeshell.cli.demokeeper import keeper, remove


def _clear(directory, wait):
    wait()
    remove(directory)


def test_it_waits_until_it_is_let_go(tmp_path):
    """As long as the descriptor is open nothing happens; then the directory goes."""
    top = tmp_path / "top"
    (top / "below").mkdir(parents=True)
    pid, lease = keeper(partial(_clear, str(top)))
    time.sleep(0.2)
    assert top.exists()
    os.close(lease)
    os.waitpid(pid, 0)
    assert not top.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_demo_that_is_killed_is_cleared_up(tmp_path, number):
    """Nobody can close anything after a kill: the kernel does, and the keeper wakes."""
    top = tmp_path / "top"
    top.mkdir()
    demo = os.fork()
    if demo == 0:
        keeper(partial(_clear, str(top)))
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        Path(tmp_path, "ready").touch()
        time.sleep(30)
        os._exit(0)
    until = time.monotonic() + 10
    while not Path(tmp_path, "ready").exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(demo, number)
    os.waitpid(demo, 0)
    while top.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not top.exists()
