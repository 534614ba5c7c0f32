"""Ctrl-C at a question of a client in which nobody types: it ends the whole run, as it would without a question.

A loop of `safe-psql -c` is left by one Ctrl-C, not by one for each of its questions. What must not live here:
what the keys of a question are (dialogs).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress


class Interrupt:
    """Called where a question was answered by Ctrl-C.

    `for_good`: the client is none that goes on after it, so from then on nothing is worth asking (`over`).
    """

    def __init__(self, *, for_good: bool = True) -> None:
        self.came = False
        self._for_good = for_good

    @property
    def over(self) -> bool:
        """Whether all that is still to come is a no."""
        return self.came and self._for_good

    def __call__(self) -> None:
        """Do what the terminal does for the key: SIGINT for the job in its foreground, if that is ours."""
        self.came = True
        with suppress(OSError):
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                if os.tcgetpgrp(terminal) == os.getpgrp():
                    os.killpg(os.getpgrp(), signal.SIGINT)
            finally:
                os.close(terminal)

    def status(self, status: int) -> int:
        """What a run ends with: a shell leaves a loop only when its command died of the signal."""
        return -signal.SIGINT if self.came and status else status
