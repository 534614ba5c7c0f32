"""The calls of ssh that make one connection with sessions beside it; run for real in tests/live/test_ssh_follow."""

from pathlib import Path

import pytest

from safeshell.gateways.sshargs import read_call
from safeshell.gateways.sshfollow import Connection
from safeshell.gateways.sshtarget import SshTarget


@pytest.fixture
def connect():
    made = []

    def make(*words: str, **settings: tuple[str, ...]) -> Connection:
        call = read_call(words)
        made.append(Connection("/usr/bin/ssh", call, SshTarget(call.destination, settings)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_master_of_our_own_asks_first(connect):
    """The person's options go to the master, which may ask for passwords; the session goes over it and forwards nothing again."""
    connection = connect("-L", "1:a:2", "-A", "box")
    program, flag, text = connection.terminal_argv()
    assert (program, flag) == ("/bin/sh", "-c")
    master, session = text.split(" || exit; exec ")
    assert master.startswith("/usr/bin/ssh -M -N -f -S ")
    assert master.endswith("-L 1:a:2 -A box")
    assert " -o ControlPersist=10 " in master
    assert "ClearAllForwardings=yes" in session
    assert " -A box " in session


def test_the_socket_is_private_and_short(connect):
    """A directory of our own, 0700, and a path that a socket address holds."""
    connection = connect("box")
    assert Path(connection.socket).parent.stat().st_mode & 0o777 == 0o700
    assert len(connection.socket) < 80
    connection.close()
    assert not Path(connection.socket).parent.exists()


def test_sides_never_connect_anew(connect):
    """Without the master a session beside it fails; nobody is asked for a password behind the person's back."""
    words = connect("-p", "22", "box").side_argv("true")
    assert "ProxyCommand=false" in words
    assert "BatchMode=yes" in words
    assert "-p" not in words


def test_a_shared_connection_is_left_to_its_owner(connect):
    """No master of ours, no -S: ssh finds the person's own by their configuration; closing ends nothing."""
    connection = connect("-p", "22", "box", controlpath=("/tmp/x",), controlmaster=("auto",))
    assert connection.terminal_argv()[:2] == ["/usr/bin/ssh", "-t"]
    assert "-S" not in connection.side_argv("true")
    assert connection.side_argv("true")[-2:] == ["box", "true"]


def test_a_probe_without_a_connection_is_none(connect):
    """Nothing came of it."""
    assert connect("box").probe("echo x", 5.0) is None


def test_plain_ssh_is_the_call_as_it_was(connect):
    """Options and destination, and no word of ours where no connection stands."""
    assert connect("-p", "22", "box").plain_argv() == ["/usr/bin/ssh", "-p", "22", "box"]
