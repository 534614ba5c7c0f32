"""A channel's two ends, and the token that a dead process took along."""

import contextlib
import os
import select
import socket
import subprocess

import pytest

from safeshell.gateways.channel import Channel, Token, running
from safeshell.protocols.hook import Hello

NONCE = "n" * 32


@pytest.fixture
def pair():
    """Descriptors of both ends of a socket, closed at the end by whoever still holds them."""
    made = []

    def make() -> tuple[int, int]:
        ends = tuple(end.detach() for end in socket.socketpair())
        made.extend(ends)
        return ends

    yield make
    for fd in made:
        with contextlib.suppress(OSError):
            os.close(fd)


def test_frames_in_answers_out(pair):
    """What arrives becomes events; the end of the peer is the end of the channel."""
    ours, theirs = pair()
    channel = Channel(ours, ours, NONCE, Token(pair()[0], placed=True))
    os.write(theirs, f"{NONCE} H\0007\0005.2\0".encode())
    assert channel.receive()
    assert channel.next_events() == [Hello(7, "5.2", "bash")]
    os.close(theirs)
    assert not channel.receive()
    channel.close()


def test_a_broken_peer_ends_the_channel(pair):
    """Garbage is an end too: the owner closes, and the hook reads an end of file."""
    ours, theirs = pair()
    channel = Channel(ours, ours, NONCE, Token(pair()[0], placed=True))
    os.write(theirs, b"garbage\0")
    assert not channel.receive()
    channel.close()
    assert os.read(theirs, 1) == b""


def named_pipe(directory) -> tuple[int, int]:
    """Both sides of a named pipe, each open for reading and writing, as shells inside have it."""
    os.mkfifo(directory / "t")
    return tuple(os.open(directory / "t", os.O_RDWR | os.O_NONBLOCK) for _ in range(2))


@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_a_lost_token_comes_back(pair, tmp_path, kind):
    """Taken by a process that died after or before asking: put again. Taken by a living one: not."""
    ours, theirs = pair() if kind == "socket" else named_pipe(tmp_path)
    token = Token(ours, placed=False)
    assert os.read(theirs, 5) == b"t"
    token.holder = os.getpid()
    token.recover(1.0)
    assert not waiting(theirs)
    dead = subprocess.Popen(["true"])
    dead.wait()
    token.holder = dead.pid
    token.recover(2.0)
    assert os.read(theirs, 5) == b"t"
    token.recover(3.0)
    token.recover(3.5)
    assert not waiting(theirs)
    token.recover(4.1)
    assert os.read(theirs, 5) == b"t"


def test_a_token_that_lies_there_is_not_doubled(pair):
    """Nobody asks for hours: still one token."""
    ours, theirs = pair()
    token = Token(ours, placed=False)
    for now in range(1, 20):
        token.recover(float(now))
    assert os.read(theirs, 5) == b"t"


def waiting(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


def test_running():
    """A process id that ran and ended is not running."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert running(os.getpid())
    assert not running(gone.pid)
