"""A poll loop: descriptors, timers, and work that other threads post to it.

What must not live here: sockets, databases.
"""

from __future__ import annotations

import heapq
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from safeshell.gateways.eager import look_again

R = TypeVar("R")
IN, OUT = select.POLLIN, select.POLLOUT
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)
RDHUP = getattr(select, "POLLRDHUP", 0)
"""Asked for while nothing is read, so that a client that goes away is noticed all the same."""


_SETTLING = 0.02
_EAGER = 0.00005
"""Seconds that the loop looks again and again after it did something, before it sleeps: an answer, or the next
statement, comes within microseconds, and waking up costs as many."""


class Timer:
    """Something that will be done, unless it is cancelled before."""

    __slots__ = ("work",)

    def __init__(self, work: Callable[[], None]) -> None:
        self.work: Callable[[], None] | None = work

    def cancel(self) -> None:
        """Do not do it."""
        self.work = None


class Loop:
    """One thread's loop; `post` and `call` are for all the others. Implements wireports.Hub."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._posted: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._awake = False
        self._working: set[object] = set()
        self._closed = False
        self._busy = False
        self.watch(self._wake_read, IN, self._on_wake)

    def watch(self, descriptor: int, events: int, handler: Callable[[int], None]) -> None:
        """Call `handler` with the poll events of a descriptor."""
        self._handlers[descriptor] = handler
        self._poll.register(descriptor, events)

    def change(self, descriptor: int, events: int) -> None:
        """Other events from now on."""
        self._poll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Watch it no longer."""
        if self._handlers.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def later(self, seconds: float, work: Callable[[], None]) -> Timer:
        """Do `work` after a while; loop's thread only."""
        timer = Timer(work)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), timer))
        return timer

    def post(self, work: Callable[[], None]) -> None:
        """Have `work` done in the loop's thread, soon."""
        self._posted.append(work)
        if not self._awake and not self._closed:
            self._awake = True
            try:
                os.write(self._wake_write, b"x")
            except OSError:
                return  # the pipe is full, so the loop wakes up anyway; or the loop has ended

    def call(self, work: Callable[[], R], patience: float = 30.0) -> R:
        """Have `work` done in the loop's thread; its result, or what it raised."""
        done = threading.Event()
        found: list[Any] = [None, None]

        def run() -> None:
            try:
                found[0] = work()
            except Exception as fault:  # noqa: BLE001 - handed to the caller's thread
                found[1] = fault
            done.set()

        self.post(run)
        if not done.wait(patience):
            raise TimeoutError("the wire did not answer")
        if found[1] is not None:
            raise found[1]
        result: R = found[0]
        return result

    def work(self, job: Callable[[], None], name: str = "") -> None:
        """Run `job` in a daemon thread: one that never comes back does not keep the process."""

        def run() -> None:
            try:
                job()
            finally:
                self._working.discard(token)

        token = object()
        self._working.add(token)
        try:
            threading.Thread(target=run, name=f"safeshell-{name or 'work'}", daemon=True).start()
        except RuntimeError:
            self._working.discard(token)
            raise

    def settle(self, patience: float) -> None:
        """Turn until no worker is left, for at most `patience` seconds: a question may have to be taken off a screen."""
        until = time.monotonic() + patience
        while self._working and time.monotonic() < until:
            self.later(_SETTLING, lambda: None)
            self.turn()

    def run(self, over: Callable[[], bool]) -> None:
        """Turn until `over` says so."""
        while not over():
            self.turn()

    def turn(self) -> None:
        """Wait for what comes next and handle it."""
        for descriptor, events in self._soon() or self._poll.poll(self._timeout()):
            handler = self._handlers.get(descriptor)
            if handler is not None:
                self._busy = True
                try:
                    handler(events)
                except Exception as fault:  # noqa: BLE001 - whatever it is, the other descriptors are served
                    _tell(fault)
        if self._timers:
            self._ring()

    def _soon(self) -> list[tuple[int, int]]:
        """What happens right after what was just done; empty when nothing does, or nothing was done."""
        if not self._busy:
            return []
        self._busy = False
        return look_again(self._poll, _EAGER)

    def close(self) -> None:
        """Give the pipe back; posted work is dropped."""
        if self._closed:
            return
        self._closed = True
        self._posted.clear()
        self.forget(self._wake_read)
        os.close(self._wake_read)
        os.close(self._wake_write)

    @staticmethod
    def _safely(work: Callable[[], None]) -> None:
        """A fault of one piece of work is told, and the loop serves the others."""
        try:
            work()
        except Exception as fault:  # noqa: BLE001 - the same
            _tell(fault)

    def _timeout(self) -> int | None:
        if not self._timers:
            return None
        return max(0, int((self._timers[0][0] - time.monotonic()) * 1000) + 1)

    def _ring(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.work is not None:
                self._safely(timer.work)

    def _on_wake(self, _events: int) -> None:
        os.read(self._wake_read, 4096)
        self._awake = False
        for _ in range(len(self._posted)):  # what this posts in turn waits for the next turn, behind the sockets
            self._safely(self._posted.popleft())


def _tell(fault: Exception) -> None:
    sys.stderr.write(f"safeshell: a fault of safeshell's own: {fault!r}\n")
