"""A person for tests of commands: a home of their own, commands run in it, with and without a terminal.

What must not live here: what a command should say.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.dialogs.screen import ROOT, Screen

ENTRY = [sys.executable, "-m", "safeshell.cli.main"]


class Terminal(Screen):
    """A command of the person in a terminal of `columns` x `rows`, drawn by pyte."""

    def __init__(self, argv: list[str], env: dict[str, str], cwd: Path, columns: int = 80, rows: int = 24) -> None:
        self.display = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.display)
        self.raw = b""
        self.child = pexpect.spawn(
            argv[0], argv[1:], dimensions=(rows, columns), env={**env, "TERM": "xterm-256color"}, cwd=cwd, timeout=15
        )
        self.child.delaybeforesend = None

    def words(self) -> str:
        """The screen with its line breaks taken away."""
        return " ".join(self.text().split())

    def end(self) -> int:
        """Wait until the command ends by itself; its exit status."""
        with contextlib.suppress(pexpect.EOF):
            while True:
                data = self.child.read_nonblocking(65536, timeout=15)
                self.raw += data
                self.stream.feed(data)
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + self.child.signalstatus

    def challenge(self) -> str:
        """What the full dialog on the screen wants to have typed."""
        return self.words().split('Type "')[-1].split('" to run it')[0]


class Person:
    """Somebody with a home directory, on a host of the given tier."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.terminals: list[Terminal] = []
        programs = home.parent / "bin"
        programs.mkdir()
        (programs / "safeshell").write_text(f'#!/bin/sh\nexec {shlex.join(ENTRY)} "$@"\n')
        (programs / "safeshell").chmod(0o755)
        self.environ = {
            "HOME": str(home),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }

    def run(self, *words: str, stdin: str = "", cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess:
        """`safeshell WORDS`, without a terminal."""
        return subprocess.run(
            [*ENTRY, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**self.environ, **env},
            cwd=cwd or self.home,
        )

    def terminal(self, *words: str, columns: int = 80, rows: int = 24, **env: str) -> Terminal:
        """`safeshell WORDS` in a terminal."""
        terminal = Terminal([*ENTRY, *words], {**self.environ, **env}, self.home, columns, rows)
        self.terminals.append(terminal)
        return terminal

    def write(self, name: str, text: str) -> Path:
        """A file in the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def person(tmp_path):
    """A person whose home holds nothing yet."""
    home = tmp_path / "home"
    home.mkdir()
    somebody = Person(home)
    yield somebody
    for terminal in somebody.terminals:
        terminal.close()


@pytest.fixture
def operator(person):
    """The same on a production host, with three files to lose in data/."""
    person.environ["SAFESHELL_TIER"] = "production"
    person.write(".bashrc", "PS1='P> '\n")
    for number in range(3):
        person.write(f"data/{number}", "x" * 100)
    return person
