"""The progress line: late, erased, cancellable, and honest about what was typed meanwhile."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
import time
import tty

import pyte
import pytest

from safeshell.dialogs.progress import Cancelled, Progress, progress


def drawn(data: bytes) -> list[str]:
    screen = pyte.Screen(40, 5)
    pyte.ByteStream(screen).feed(data)
    return [line.rstrip() for line in screen.display]


def test_a_short_wait_shows_nothing(pty_pair):
    """Below 150 ms not one byte is sent."""
    with progress(pty_pair.near) as show:
        show("1 file")
        show("2 files")
    assert pty_pair.read() == b""


def test_a_long_wait_shows_one_line_and_leaves_none(pty_pair):
    """The line stands below what was there, is redrawn in place, and is gone afterwards."""
    fcntl.ioctl(pty_pair.near, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 40, 0, 0))
    os.write(pty_pair.near, b"prompt$ rm -rf data")
    with progress(pty_pair.near) as show:
        show("nothing yet")
        time.sleep(0.2)
        show("1,204 files " + "x" * 60)
        first = drawn(pty_pair.read())
        time.sleep(0.12)
        show("2,408 files")
        second = drawn(pty_pair.read())
    assert first[0] == second[0] == "prompt$ rm -rf data"
    assert first[1].startswith("1,204 files")
    assert len(first[1]) == 39
    assert second[1] == "2,408 files  (Ctrl-C cancels)"
    assert drawn(pty_pair.read()) == ["prompt$ rm -rf data", "", "", "", ""]


def test_control_c_on_a_raw_terminal_cancels(pty_pair):
    """The byte of Ctrl-C raises Cancelled at the next news, and the line is erased."""
    tty.setraw(pty_pair.near)
    time.sleep(0.01)
    os.write(pty_pair.far, b"ls\x03")
    time.sleep(0.05)
    with pytest.raises(Cancelled), progress(pty_pair.near) as show:
        show("1 file")


def test_an_interrupt_on_a_cooked_terminal_cancels(pty_pair):
    """Where Ctrl-C is a signal, it is the same no."""
    with pytest.raises(Cancelled), progress(pty_pair.near):
        signal.raise_signal(signal.SIGINT)


def test_what_was_typed_meanwhile_is_kept(pty_pair):
    """On a raw terminal the type-ahead is the shell's, if nothing is asked after all."""
    tty.setraw(pty_pair.near)
    os.write(pty_pair.far, b"ls\r")
    time.sleep(0.05)
    with progress(pty_pair.near) as show:
        show("1 file")
    assert show.typed == b"ls\r"


def test_without_a_terminal_it_is_silent():
    """On a pipe it neither draws nor fails."""
    reading, writing = os.pipe()
    show = Progress(writing)
    time.sleep(0.16)
    show("1 file")
    show.clear()
    os.close(writing)
    assert os.read(reading, 10) == b""
    os.close(reading)
