"""The terminal and the signals around a dialog: its size, its looks, its queue, what interrupts it.

What must not live here: what is said (text), what keys mean (talk), prompt_toolkit.
"""

from __future__ import annotations

import os
import signal
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

QUIET = 0.15
"""Seconds after a question appeared in which keys are dropped: nobody has read it yet."""

QUIET_MOST = 1.5
"""Keys that keep coming prolong the quiet time up to this, then it ends whatever comes."""

_DEFAULT_SIZE = (80, 24)
_LEAST_COLUMNS = 10
_STOPPING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_FORWARDED = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_KEPT = (*_STOPPING, signal.SIGWINCH)
_BARE_TERMINALS = frozenset({"", "dumb", "unknown"})


def size(tty_fd: int) -> tuple[int, int]:
    """Columns and rows; 80x24 where the terminal does not know."""
    try:
        columns, rows = os.get_terminal_size(tty_fd)
    except OSError:
        return _DEFAULT_SIZE
    return max(columns, _LEAST_COLUMNS) if columns else _DEFAULT_SIZE[0], rows or _DEFAULT_SIZE[1]


def coloured() -> bool:
    """False where the person asked for no colour (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def bare() -> bool:
    """True for terminals that cannot move a cursor."""
    return os.environ.get("TERM", "") in _BARE_TERMINALS


def flush_input(tty_fd: int) -> None:
    """Forget what was typed before the question: type-ahead is never an answer."""
    with suppress(termios.error, OSError):
        termios.tcflush(tty_fd, termios.TCIFLUSH)


def write(tty_fd: int, text: str) -> None:
    """Write all of it; OSError when the terminal is gone."""
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(tty_fd, data) :]


@contextmanager
def held_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` when a signal would end the process, and hand the signal on after the dialog.

    Everything that was installed before is there again afterwards: handlers (SIGWINCH too, which
    prompt_toolkit leaves at its default) and the wake-up descriptor, which asyncio takes away.
    Outside the main thread Python handles no signals, and nothing is touched.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        stop()

    before = {number: signal.getsignal(number) for number in _KEPT}
    wakeup = signal.set_wakeup_fd(-1)
    try:
        for number in _STOPPING:
            signal.signal(number, on_signal)
        yield
    finally:
        for kept, handler in before.items():
            if handler is not None:
                signal.signal(kept, handler)
        signal.set_wakeup_fd(wakeup)
        for stopping in dict.fromkeys(caught):
            if stopping in _FORWARDED:
                signal.raise_signal(stopping)
