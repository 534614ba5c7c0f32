"""A terminal inside the test's own process: both ends of a pty."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time

import pytest

from safeshell.model.values import dataclass, field


@dataclass
class Pty:
    """`near` is the program's end, `far` the person's."""

    near: int
    far: int
    seen: bytes = b""
    _threads: list[threading.Thread] = field(default_factory=list)

    def types(self, keys: bytes, after: bytes = b"") -> None:
        """Type, from another thread, once `after` was shown."""
        thread = threading.Thread(target=self._type, args=(keys, after), daemon=True)
        thread.start()
        self._threads.append(thread)

    def _type(self, keys: bytes, after: bytes) -> None:
        end = time.monotonic() + 10
        while after not in self.seen and time.monotonic() < end:
            self.read(0.05)
        os.write(self.far, keys)

    def read(self, seconds: float = 0.1) -> bytes:
        """Everything shown so far."""
        while select.select([self.far], [], [], seconds)[0]:
            self.seen += os.read(self.far, 65536)
        return self.seen

    def close(self) -> None:
        for thread in self._threads:
            thread.join(10)
        for end in (self.near, self.far):
            with contextlib.suppress(OSError):
                os.close(end)


@pytest.fixture
def pty_pair(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    far, near = os.openpty()
    pair = Pty(near, far)
    yield pair
    pair.close()
