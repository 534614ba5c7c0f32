"""A guarded session in a private home, for tests of the gateway. What must not live here: assertions."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect

ROOT = Path(__file__).parent.parent.parent
PROMPT = "ready> "


def session(home: Path, *arguments: str, size: tuple[int, int] = (24, 80)) -> pexpect.spawn:
    """`safeshell` in a pty, at its first prompt."""
    (home / ".bashrc").write_text(f"PS1='{PROMPT}'\nHISTFILE=\n", encoding="utf-8")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    argv = ["-m", "safeshell.cli.main", *arguments]
    child = pexpect.spawn(sys.executable, argv, env=env, cwd=str(home), timeout=30, dimensions=size)
    child.expect_exact(PROMPT)
    return child


def alive(pid: int) -> bool:
    """True while a process (or its zombie's parent's claim) is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
