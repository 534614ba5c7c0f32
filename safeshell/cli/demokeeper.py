"""A process that takes a demo down when the demo ends, however it ends, even by a kill.

What must not live here: what is taken down, beyond the demo's own directory.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

TRIES = 25
"""How often a directory is removed in which something may still write for a moment, 0.2 seconds apart."""


def keeper(work: Callable[[Callable[[], object]], None]) -> tuple[int, int]:
    """Run `work(wait)` in a process of its own: (its pid, the descriptor that we hold open).

    `wait()` returns when that descriptor is closed, which the kernel does for us where nobody else can.
    """
    end, lease = os.pipe()
    pid = os.fork()
    if pid:
        os.close(end)
        return pid, lease
    try:
        os.close(lease)
        os.setsid()
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        work(lambda: os.read(end, 1))
    finally:
        os._exit(0)


def remove(directory: str) -> None:
    """Away with it; what still runs in there may write for a moment."""
    import shutil
    from time import sleep

    for _ in range(TRIES):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.lexists(directory):
            return
        sleep(0.2)
