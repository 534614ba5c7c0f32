"""What the guard asks of the client in another process: starts, looks, deadlines, the end."""

import socket
import threading
import time

import pytest

from safeshell.gateways.sshtalk import MOST, Asker, answer


@pytest.fixture
def talk():
    """Makes an Asker whose other end looks by the given function; and what it was told to start."""
    made, started = [], []

    def make(look):
        ours, theirs = socket.socketpair()
        worker = threading.Thread(target=answer, args=(theirs, started.append, look))
        worker.start()
        asker = Asker(ours)
        made.append((asker, worker, theirs))
        return asker, started

    yield make
    for asker, worker, theirs in made:
        asker.close()
        worker.join(5)
        assert not worker.is_alive()
        theirs.close()


def test_a_look_is_answered(talk):
    """Text and deadline arrive as they were given; the answer comes back, any bytes in it."""
    asked = []
    asker, started = talk(lambda text, deadline: asked.append((text, deadline)) or "a\nb\0ü")
    asker.start("zsh")
    assert asker.look('find "$@"\nwho', 2.5) == "a\nb\0ü"
    assert asked == [('find "$@"\nwho', 2.5)]
    assert started == ["zsh"]


def test_a_failed_or_endless_look_is_none(talk):
    """None there is None here; so is more than may be told."""
    asker, _ = talk(lambda text, _: {"bad": None, "much": "x" * (MOST + 1)}.get(text, "yes"))
    assert asker.look("bad", 2.0) is None
    assert asker.look("much", 5.0) is None
    assert asker.look("well", 2.0) == "yes"


def test_a_late_answer_is_nobody_s(talk):
    """After the deadline there is none, and the next look gets its own answer."""
    release = threading.Event()
    asker, _ = talk(lambda text, _: release.wait(10) and "late" if text == "slow" else "quick")
    begun = time.monotonic()
    assert asker.look("slow", 0.2) is None
    assert time.monotonic() - begun < 5
    release.set()
    assert asker.look("fast", 5.0) == "quick"


def test_a_client_that_is_gone(talk):
    """No answer, no error."""
    ours, theirs = socket.socketpair()
    theirs.close()
    asker = Asker(ours)
    assert asker.look("x", 1.0) is None
    asker.start("bash")
    asker.close()
