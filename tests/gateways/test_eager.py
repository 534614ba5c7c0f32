"""The second look."""

from __future__ import annotations

import os
import select
import threading
import time

from safeshell.gateways.eager import look_again


def test_what_comes_at_once_is_found():
    """Written by another thread while we look."""
    end, other = os.pipe()
    poll = select.poll()
    poll.register(end, select.POLLIN)
    writer = threading.Timer(0.05, os.write, (other, b"x"))
    writer.start()
    assert look_again(poll, 30) == [(end, select.POLLIN)]
    writer.join()
    os.close(end)
    os.close(other)


def test_nothing_is_not_waited_for_longer():
    """The time is kept."""
    begun = time.monotonic()
    assert look_again(select.poll(), 0.02) == []
    assert time.monotonic() - begun >= 0.02
