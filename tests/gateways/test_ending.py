"""Every way out of a session leaves nothing behind and tells the truth about how it ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pexpect
import pytest

from tests.gateways.running import alive, session

pytestmark = pytest.mark.live


def shell_pid(child) -> int:
    child.send("echo pid-$$-end\r")
    child.expect(r"pid-(\d+)-end")
    return int(child.match.group(1))


@pytest.mark.parametrize("status", [0, 3, 255])
def test_exit_status_is_the_shells(tmp_path, status):
    """`exit N` ends the session with N."""
    child = session(tmp_path)
    child.send(f"exit {status}\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == status


def test_death_of_the_shell_by_signal(tmp_path):
    """A shell that was killed ends the session with 128 and the signal's number."""
    child = session(tmp_path)
    os.kill(shell_pid(child), signal.SIGKILL)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ending_the_guard_ends_the_shell(tmp_path, number):
    """Nothing goes on unguarded when the guard is told to end."""
    child = session(tmp_path)
    shell = shell_pid(child)
    os.kill(child.pid, number)
    child.expect(pexpect.EOF)
    child.close()
    deadline = time.monotonic() + 5
    while alive(shell) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(shell)


def test_the_private_directory_is_gone_afterwards(tmp_path):
    """Sockets and pipes of a session do not outlive it."""
    child = session(tmp_path)
    child.send("echo dir-$SAFESHELL_SESSION-end\r")
    child.expect(r"dir-(/\S+)/control-end")
    directory = child.match.group(1).decode()
    assert Path(directory).is_dir()
    child.send("exit\r")
    child.expect(pexpect.EOF)
    child.close()
    assert not Path(directory).exists()
