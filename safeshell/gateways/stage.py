"""The person's terminal lent to a dialog: entered clean, left as it was.

What must not live here: what is asked. Laws: type-ahead never reaches a dialog; output of background
programs waits (1 MB, then the programs wait); whatever happens, the terminal goes back to raw.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import contextmanager

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from safeshell.gateways.pty import InnerTerminal, OuterTerminal
    from safeshell.gateways.screen import Modes

LIMIT = 1024 * 1024


class Stage:
    """One terminal lent; implements ports.Screen."""

    def __init__(self, outer: OuterTerminal) -> None:
        self._outer = outer
        self.fd_in = outer.fd_in
        self.fd_out = outer.fd_out

    def write(self, text: str) -> None:
        """Put text on the terminal."""
        self._outer.write(text.encode("utf-8", "replace"))

    def flush_input(self) -> None:
        """Drop what was typed so far."""
        self._outer.flush_input()


class Backlog:
    """Reads the inner terminal in a thread while a dialog runs, up to LIMIT bytes."""

    def __init__(self, inner: InnerTerminal) -> None:
        self._inner = inner
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.data = bytearray()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> bytes:
        """End, and give what was written meanwhile."""
        os.write(self._stop_write, b"x")
        self._thread.join()
        os.close(self._stop_read)
        os.close(self._stop_write)
        return bytes(self.data)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._stop_read, select.POLLIN)
        poll.register(self._inner.master, select.POLLIN)
        while len(self.data) < LIMIT:
            ready = [fd for fd, _ in poll.poll()]
            if self._stop_read in ready:
                return
            part = self._inner.read(LIMIT - len(self.data))
            if part is None:
                return
            self.data += part


@contextmanager
def lend(
    outer: OuterTerminal,
    inner: InnerTerminal,
    modes: Modes,
    shown: Callable[[bytes], None],
    returned: Callable[[], None] = lambda: None,
) -> Iterator[Stage]:
    """The terminal for a dialog; `shown` gets the output that waited meanwhile, `returned` is called at the end."""
    try:
        outer.write(modes.leave())
        outer.restore()
        outer.flush_input()
        backlog = Backlog(inner)
        backlog.start()
        try:
            yield Stage(outer)
        finally:
            waited = backlog.stop()
            outer.flush_input()
            outer.raw()
            outer.write(modes.enter())
            shown(waited)
    finally:
        returned()
