"""Waiting that a key holds or ends, on a real pty."""

from __future__ import annotations

import os
import threading
import time
import tty

import pytest

from safeshell.cli.pausing import Pausing


@pytest.fixture
def keyboard():
    ours, theirs = os.openpty()
    tty.setcbreak(theirs)
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_without_keys_it_only_waits():
    """And makes up for what was waited too long."""
    wait = Pausing(None)
    began = time.monotonic()
    assert wait(0.05)
    time.sleep(0.1)
    assert wait(0.05)
    assert 0.14 <= time.monotonic() - began < 0.5


def test_q_ends_and_other_keys_do_nothing(keyboard):
    """The wait goes on behind other keys."""
    ours, theirs = keyboard
    wait = Pausing(theirs)
    os.write(ours, b"xyz")
    began = time.monotonic()
    assert wait(0.1)
    assert time.monotonic() - began >= 0.09
    os.write(ours, b"q")
    assert not wait(5)


def test_space_holds_the_clock(keyboard):
    """The time of the pause is not made up for afterwards."""
    ours, theirs = keyboard
    wait = Pausing(theirs)
    os.write(ours, b" ")
    threading.Timer(0.3, os.write, (ours, b" ")).start()
    began = time.monotonic()
    assert wait(0.1)
    assert time.monotonic() - began >= 0.39
