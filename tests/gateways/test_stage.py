"""Lending the terminal: modes, type-ahead and background output, on real ptys."""

import os
import termios
import threading
import time

import pytest

from safeshell.gateways.pty import InnerTerminal, OuterTerminal
from safeshell.gateways.screen import Modes
from safeshell.gateways.stage import LIMIT, lend


@pytest.fixture
def world():
    """person (the outer master), outer, inner, program (the inner slave), shown."""
    person, outer_slave = os.openpty()
    master, program = os.openpty()
    outer, inner, shown = OuterTerminal(outer_slave, outer_slave), InnerTerminal(master), []
    outer.raw()
    yield person, outer, inner, program, shown
    for fd in (person, outer_slave, master, program):
        os.close(fd)


def test_a_dialog_gets_a_plain_terminal_and_leaves_it_raw(world):
    """Canonical while lent, raw afterwards, on an exception too; modes are left and entered."""
    person, outer, inner, _, shown = world
    modes = Modes()
    modes.see(b"\x1b[?1049h")

    def canonical() -> bool:
        return bool(termios.tcgetattr(outer.fd_in)[3] & termios.ICANON)

    def fail() -> None:
        with lend(outer, inner, modes, shown.append):
            assert canonical()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not canonical()
    left_and_entered = b"\x1b[?1049l\x1b[?1049h"
    seen = b""
    while len(seen) < len(left_and_entered):  # a terminal may hand over what two writes gave it in two parts
        seen += os.read(person, 100)
    assert seen == left_and_entered


def test_type_ahead_does_not_reach_the_dialog(world):
    """Typed before: dropped. Typed during: read."""
    person, outer, inner, _, shown = world
    os.write(person, b"yes\n")
    time.sleep(0.05)
    with lend(outer, inner, Modes(), shown.append) as stage:
        os.write(person, b"no\n")
        assert os.read(stage.fd_in, 100) == b"no\n"


def test_background_output_waits_and_is_bounded(world):
    """Output comes afterwards, at most LIMIT bytes; the rest stays with the program that writes it."""
    _, outer, inner, program, shown = world
    done = threading.Event()

    def write() -> None:
        sent = 0
        while sent < LIMIT + 400_000:
            sent += os.write(program, b"x" * 4096)
        done.set()

    thread = threading.Thread(target=write, daemon=True)
    with lend(outer, inner, Modes(), shown.append):
        thread.start()
        assert not done.wait(1.0)
    assert LIMIT <= len(shown[0]) < LIMIT + 200_000
    while not done.is_set():
        inner.read()
    thread.join()
