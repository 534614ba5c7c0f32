"""Size, looks, queue and signals around a dialog."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import termios
import threading
import tty

import pytest

from safeshell.dialogs import terminal


def test_the_size_is_the_terminals_own(pty_pair):
    """As set; 80x24 where it is not known; never narrower than what can be drawn."""
    fcntl.ioctl(pty_pair.near, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    assert terminal.size(pty_pair.near) == (100, 30)
    fcntl.ioctl(pty_pair.near, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    assert terminal.size(pty_pair.near) == (80, 24)
    fcntl.ioctl(pty_pair.near, termios.TIOCSWINSZ, struct.pack("HHHH", 3, 4, 0, 0))
    assert terminal.size(pty_pair.near) == (10, 3)
    assert terminal.size(9999) == (80, 24)


@pytest.mark.parametrize(("term", "is_bare"), [("dumb", True), ("", True), ("unknown", True), ("xterm", False)])
def test_terminals_that_cannot_move_a_cursor(monkeypatch, term, is_bare):
    """By the name in TERM."""
    monkeypatch.setenv("TERM", term)
    assert terminal.bare() is is_bare


def test_no_color_is_respected_when_not_empty(monkeypatch):
    """As https://no-color.org says."""
    monkeypatch.setenv("NO_COLOR", "")
    assert terminal.coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.coloured()


def test_flushing_forgets_what_was_typed(pty_pair):
    """Nothing is left to read."""
    tty.setraw(pty_pair.near)
    os.write(pty_pair.far, b"yes\r")
    assert select.select([pty_pair.near], [], [], 2)[0]
    terminal.flush_input(pty_pair.near)
    assert not select.select([pty_pair.near], [], [], 0.05)[0]


def test_signals_are_held_and_handed_on():
    """While held they only stop the dialog; then the old handler is back and gets them; Ctrl-C ends here."""
    got, stops = [], []
    before = {number: signal.signal(number, lambda n, _f: got.append(n)) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with terminal.held_signals(lambda: stops.append(1)):
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            assert got == []
            assert len(stops) == 2
        assert got == [signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_another_thread_touches_no_handler():
    """Only the main thread may set handlers; elsewhere holding them does nothing and fails at nothing."""
    ran = []

    def body() -> None:
        with terminal.held_signals(lambda: None):
            ran.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert ran == [signal.getsignal(signal.SIGTERM)]
