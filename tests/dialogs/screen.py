"""A real terminal for live tests: a program in a pty whose output pyte draws.

What must not live here: assertions about any dialog.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15.0


class Screen:
    """One program in a terminal of `columns` x `rows`."""

    def __init__(self, argv: list[str], columns: int = 80, rows: int = 24, env: dict[str, str] | None = None) -> None:
        self.display = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.display)
        self.raw = b""
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(env or {})}
        environment.pop("NO_COLOR", None) if "NO_COLOR" not in (env or {}) else None
        self.child = pexpect.spawn(
            argv[0], argv[1:], dimensions=(rows, columns), env=environment, cwd=str(ROOT), timeout=PATIENCE
        )
        self.child.delaybeforesend = None

    def pump(self, seconds: float = 0.05) -> None:
        """Draw what arrives within this time."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            data = self.child.read_nonblocking(65536, timeout=seconds)
            self.raw += data
            self.stream.feed(data)

    def until(self, text: str) -> Screen:
        """Draw until the text stands on the screen; AssertionError with the screen otherwise."""
        end = time.monotonic() + PATIENCE
        while text not in self.text():
            assert time.monotonic() < end, f"{text!r} never came; the screen:\n{self.text()}"
            self.pump()
        return self

    def rest(self, seconds: float) -> Screen:
        """Keep drawing for this long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(0.02)
        return self

    def send(self, keys: str | bytes) -> Screen:
        self.child.send(keys)
        return self

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.display.display]

    def text(self) -> str:
        return "\n".join(self.lines()).rstrip("\n")

    def resize(self, columns: int, rows: int) -> None:
        self.display.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped line does."""
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True

    def close(self) -> None:
        self.child.close(force=True)


class Asked(Screen):
    """A sample question on such a terminal."""

    def __init__(self, name: str, folder: Path, *flags: str, columns: int = 80, rows: int = 24, env=None) -> None:
        self.result = folder / f"{name}.json"
        argv = [sys.executable, "-m", "tests.dialogs.asking", name, str(self.result), *flags]
        super().__init__(argv, columns, rows, env)

    def answer(self) -> dict[str, object]:
        """What the program was told, after it ended."""
        end = time.monotonic() + PATIENCE
        while not self.result.exists():
            assert time.monotonic() < end, f"no answer came; the screen:\n{self.text()}"
            self.pump()
        self.rest(0.2)
        return json.loads(self.result.read_text())
