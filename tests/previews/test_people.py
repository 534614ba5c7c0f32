"""Who is here, and how this session came in."""

from __future__ import annotations

import os
import pty
import sys
import time

from safeshell.previews.people import Login, logins, own_ssh, own_terminal


def test_a_login_is_one_line():
    """Name, terminal, origin, since when."""
    line = Login("ada", "pts/9", "10.2.0.7", time.time() - 7300).line()
    assert line.split() == ["ada", "pts/9", "from", "10.2.0.7,", "for", "2", "hours"]
    assert "on the console" in Login("ada", "tty1", "", time.time()).line()


def test_ssh_is_read_from_its_variable(monkeypatch):
    """Client and server address; anything else is no ssh."""
    monkeypatch.setenv("SSH_CONNECTION", "10.2.0.7 50123 10.2.0.5 22")
    assert own_ssh() == ("10.2.0.7", "10.2.0.5")
    for odd in ("", "10.2.0.7", "a b c"):
        monkeypatch.setenv("SSH_CONNECTION", odd)
        assert own_ssh() is None


def test_the_own_terminal_is_found():
    """In a child on a pty of its own: that pty's name."""
    reading, writing = os.pipe()
    child, far = pty.fork()
    if child == 0:
        os.write(writing, own_terminal().encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 100).decode()
    os.waitpid(child, 0)
    os.close(far)
    os.close(reading)
    assert said.startswith("pts/")
    assert sys.platform == "linux"


def test_logins_are_what_utmp_says():
    """As many as psutil tells on this machine, each with a name."""
    import psutil

    assert [login.user for login in logins()] == [user.name for user in psutil.users()]
