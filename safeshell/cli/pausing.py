"""Waiting that a key can hold and end, for `safeshell replay`.

What must not live here: what is shown meanwhile, the terminal's modes.
"""

from __future__ import annotations

import os
import select
from time import monotonic, sleep

_LEAST = 0.0005  # seconds; shorter waits are not worth a call


class Pausing:
    """Call it with seconds: it waits, and returns False once the person wants to quit.

    Time that was waited too long is made up for, so that a long recording keeps its length.
    """

    def __init__(self, keyboard: int | None) -> None:
        """`keyboard` is a terminal's descriptor that gives single keys, None for no keys."""
        self._keyboard = keyboard
        self._due = monotonic()

    def __call__(self, seconds: float) -> bool:
        """Wait until `seconds` after the moment that was due last."""
        self._due += seconds
        while True:
            left = self._due - monotonic()
            if self._keyboard is None:
                if left > _LEAST:
                    sleep(left)
                return True
            ready, _, _ = select.select([self._keyboard], [], [], max(left, 0))
            if not ready:
                return True
            if not self._key(os.read(self._keyboard, 1)):
                return False

    def _key(self, key: bytes) -> bool:
        """Space holds until the next space; q, and the end of the keyboard, quit."""
        if key == b" ":
            held = monotonic()
            while key != b"q" and (key := os.read(self._keyboard or 0, 1)) not in (b" ", b"q", b""):
                pass
            self._due += monotonic() - held
        return key not in (b"q", b"Q", b"")
