"""The two terminals, on real ptys."""

import os
import struct
import termios
import time

import pytest

from safeshell.gateways.pty import InnerTerminal, OuterTerminal


@pytest.fixture
def terminal():
    master, slave = os.openpty()
    yield master, slave
    for fd in (master, slave):
        try:
            os.close(fd)
        except OSError:
            continue


def test_raw_and_back(terminal):
    """Raw passes every byte; restore gives exactly the modes that were found."""
    master, slave = terminal
    found = termios.tcgetattr(slave)
    outer = OuterTerminal(slave, slave)
    outer.raw()
    os.write(master, b"\x03\x1a\x04\r")
    assert os.read(slave, 10) == b"\x03\x1a\x04\r"
    outer.write(b"a\nb")
    assert os.read(master, 10) == b"a\nb"
    outer.restore()
    assert termios.tcgetattr(slave) == found


def test_flushed_input_is_gone(terminal):
    """What was typed is dropped, and that something was is told."""
    master, slave = terminal
    outer = OuterTerminal(slave, slave)
    outer.raw()
    assert not outer.flush_input()
    os.write(master, b"yes\r")
    time.sleep(0.05)
    assert outer.flush_input()
    os.write(master, b"x")
    assert os.read(slave, 10) == b"x"


def test_a_terminal_that_is_gone(terminal):
    """Restore and size survive; writing raises OSError."""
    master, slave = terminal
    outer = OuterTerminal(slave, slave)
    outer.raw()
    os.close(master)
    outer.restore()
    assert not outer.flush_input()
    with pytest.raises(OSError, match="error"):
        outer.write(b"x")


def test_the_inner_terminal_keeps_what_does_not_fit(terminal):
    """A program that doesn't read makes typing wait, not the session."""
    master, slave = terminal
    inner = InnerTerminal(master)
    modes = termios.tcgetattr(slave)
    modes[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    inner.write(b"x" * 200_000)
    assert inner.pending
    got = 0
    while got < 200_000:
        got += len(os.read(slave, 65536))
        inner.write()
    assert not inner.pending


def test_reading_until_empty_and_until_the_end(terminal):
    """All there is, b"" when there is nothing, None when every slave is closed."""
    master, slave = terminal
    inner = InnerTerminal(master)
    assert inner.read() == b""
    os.write(slave, b"hello")
    assert inner.read() == b"hello"
    os.close(slave)
    assert inner.read() is None


def test_size_and_modes(terminal):
    """The size is passed on; a line editor's modes are recognized."""
    master, slave = terminal
    inner = InnerTerminal(master)
    inner.resize(struct.pack("HHHH", 31, 97, 0, 0))
    assert os.get_terminal_size(slave) == (97, 31)
    assert not inner.reads_lines_itself()
    modes = termios.tcgetattr(slave)
    modes[3] &= ~termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    assert inner.reads_lines_itself()
