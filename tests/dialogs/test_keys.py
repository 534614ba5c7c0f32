"""One key out of a few."""

from __future__ import annotations

import os
import pty
import termios
import threading
import time

import pytest

from safeshell.dialogs.keys import one_key


def pressed(key: bytes, early: bytes = b"") -> tuple[str, bytes]:
    ours, theirs = pty.openpty()
    os.write(ours, early)
    threading.Timer(0.4, lambda: os.write(ours, key)).start()
    try:
        before = termios.tcgetattr(theirs)
        found = one_key(theirs, "[s] save: ", "sg")
        assert termios.tcgetattr(theirs) == before
        return found, os.read(ours, 100)
    finally:
        time.sleep(0.05)
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("key", "found"), [(b"s", "s"), (b"g", "g"), (b"x", ""), (b"\x1b", ""), (b"\x03", ""), (b"\r", "")]
)
def test_keys(key, found):
    """Everything but the keys that are offered is none of them; the terminal is as before."""
    assert pressed(key)[0] == found


def test_what_was_typed_before_counts_for_nothing():
    """Nobody had read the line yet."""
    found, shown = pressed(b"g", early=b"s")
    assert found == "g"
    assert b"[s] save: " in shown


def test_no_terminal():
    """None of the keys."""
    read, write = os.pipe()
    assert one_key(read, "x", "s") == ""
    os.close(read)
    os.close(write)
