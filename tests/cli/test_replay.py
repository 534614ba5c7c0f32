"""`safeshell replay`, played into pipes and into a real pty."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time

import pexpect
import pytest

from safeshell.records.asciicast import Event, Header, Reader, Writer, header_line

ARGV = [sys.executable, "-m", "safeshell.cli.main", "replay"]


@pytest.fixture
def cast(tmp_path):
    """Three seconds and a long pause: `one`, 0.3 s later `two`, 60 s later `three`."""
    writer = Writer(3)
    events = [
        Event(0.0, "o", "one\r\n"),
        Event(0.3, "o", "tw\u00f6\r\n"),
        Event(60.3, "o", "three\r\n"),
        Event(60.3, "x", "0"),
    ]
    path = tmp_path / "s.cast"
    path.write_text(header_line(Header(cols=80, rows=24)) + "".join(map(writer.line, events)))
    return path


def replay(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*ARGV, *words], capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_playing_keeps_the_times_and_the_idle_limit_shortens_pauses(cast):
    """Bytes come out as they were recorded, nothing is added off a terminal."""
    began = time.monotonic()
    done = replay("--idle-limit", "0.5", str(cast))
    took = time.monotonic() - began
    assert (done.returncode, done.stdout) == (0, "one\r\ntw\u00f6\r\nthree\r\n".encode())
    assert 0.8 <= took < 10


def test_speed_divides_the_times(cast):
    """A hundred times as fast."""
    began = time.monotonic()
    assert replay("--speed", "100", str(cast)).returncode == 0
    assert 0.6 <= time.monotonic() - began < 10


def test_space_pauses_and_q_quits(cast):
    """In a real terminal, which gets its modes back."""
    child = pexpect.spawn(ARGV[0], [*ARGV[1:], str(cast)], timeout=20, encoding="utf-8")
    try:
        child.expect("one")
        child.send(" ")
        with pytest.raises(pexpect.TIMEOUT):
            child.expect("tw\u00f6", timeout=1)
        child.send(" ")
        child.expect("tw\u00f6")
        child.send("q")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
        assert "three" not in child.before
        assert "\x1b[?25h" in child.before
    finally:
        child.close(force=True)


@pytest.mark.parametrize("version", [2, 3])
def test_converting_writes_a_private_file_of_that_version(cast, tmp_path, version):
    """Never over an existing one."""
    out = tmp_path / "out.cast"
    assert replay(str(cast), "--to", f"v{version}", str(out)).returncode == 0
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    first = json.loads(out.read_text().splitlines()[0])
    assert first["version"] == version
    with open(out, encoding="utf-8") as source:
        events = [(round(event.at, 3), event.data) for event in Reader(source).events() if event.code == "o"]
    assert events == [(0.0, "one\r\n"), (0.3, "tw\u00f6\r\n"), (60.3, "three\r\n")]
    done = replay(str(cast), "--to", f"v{version}", str(out))
    assert (done.returncode, b"File exists" in done.stderr) == (1, True)
    assert replay(str(cast), "--to", f"v{version}", "-").stdout == out.read_bytes()


def test_what_is_no_recording_is_said(tmp_path):
    """Missing, empty, binary, wrong version."""
    (tmp_path / "x").write_bytes(os.urandom(1000))
    assert b"no recording" in replay(str(tmp_path / "x")).stderr
    assert replay(str(tmp_path / "x")).returncode == 1
    done = replay(str(tmp_path / "missing"))
    assert (done.returncode, b"No such file" in done.stderr) == (1, True)
    assert replay(str(tmp_path / "x"), "--to", "v1", "y").returncode == 2
    assert replay("--speed", "0", str(tmp_path / "x")).returncode == 2


def test_damage_inside_is_passed_over_and_told(cast):
    """The rest is played."""
    cast.write_text(cast.read_text().replace("[0.3", "[[[0.3"))
    done = replay("--speed", "1000", str(cast))
    assert done.stdout == b"one\r\nthree\r\n"
    assert b"1 damaged line" in done.stderr
