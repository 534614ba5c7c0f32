"""A second look before a loop sleeps: what follows upon what was just done comes within microseconds.

What must not live here: what the loops do with it.
"""

from __future__ import annotations

import os
import select
import time


def look_again(poll: select.poll, seconds: float) -> list[tuple[int, int]]:
    """What is ready within so many seconds, as `poll` tells it; waking up from a sleep costs as many microseconds."""
    ready, until = poll.poll, time.monotonic() + seconds
    while not (found := ready(0)) and time.monotonic() < until:
        os.sched_yield()  # what is awaited may need this very processor
    return found
