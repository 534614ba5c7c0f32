"""A recorded session can be read back; one that cannot be recorded goes on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent.parent


def session(home: Path, config: str) -> pexpect.spawn:
    (home / "config.yaml").write_text(config, encoding="utf-8")
    (home / ".bashrc").write_text("PS1='ready> '\n", encoding="utf-8")
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    env["SAFESHELL_CONFIG"] = str(home / "config.yaml")
    child = pexpect.spawn(sys.executable, ["-m", "safeshell.cli.main"], env=env, cwd=str(home), timeout=30)
    child.expect_exact("ready> ")
    return child


@pytest.mark.live
def test_output_and_exit_are_on_the_tape(tmp_path):
    """What was seen and how it ended stand in one private asciicast file."""
    child = session(tmp_path, f"version: 1\nrecord: {{sessions: true, directory: {tmp_path}/tapes}}\n")
    child.send("echo on-$((40+2))-tape\r")
    child.expect_exact("on-42-tape")
    child.send("exit 3\r")
    child.expect(pexpect.EOF)
    [tape] = (tmp_path / "tapes").iterdir()
    header, *events = (json.loads(line) for line in tape.read_text(encoding="utf-8").splitlines())
    assert header["version"] == 3
    assert "on-42-tape" in "".join(data for _, code, data in events if code == "o")
    assert events[-1][1:] == ["x", "3"]
    assert tape.stat().st_mode & 0o077 == 0


@pytest.mark.live
def test_nothing_is_recorded_unless_asked(tmp_path):
    """Recordings are off by default."""
    child = session(tmp_path, "version: 1\n")
    child.send("exit\r")
    child.expect(pexpect.EOF)
    assert not list(tmp_path.rglob("*.cast"))


@pytest.mark.live
def test_a_session_that_cannot_be_recorded_goes_on(tmp_path):
    """One notice, and the shell is there."""
    (tmp_path / "blocked").write_text("", encoding="utf-8")
    child = session(tmp_path, f"version: 1\nrecord: {{sessions: true, directory: {tmp_path}/blocked/tapes}}\n")
    child.send("echo still-$((1+1))-here\r")
    child.expect_exact("still-2-here")
    child.send("exit\r")
    child.expect(pexpect.EOF)
