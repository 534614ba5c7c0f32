"""The loop forwards bytes, sizes and requests."""

from __future__ import annotations

import os
import sys
import threading
import time

import pexpect
import pytest

from tests.gateways.running import PROMPT, session

pytestmark = pytest.mark.live


def test_sizes_reach_the_shell(tmp_path):
    """The inner terminal has the outer one's size, from the start and after a resize."""
    child = session(tmp_path, size=(30, 90))
    child.send("stty size\r")
    child.expect_exact("30 90")
    child.setwinsize(20, 60)
    child.expect_exact(PROMPT)
    child.send("stty size\r")
    child.expect_exact("20 60")


def test_output_is_eight_bit_clean(tmp_path):
    """Every byte value that a program writes arrives, in order."""
    child = session(tmp_path)
    child.send("stty -opost; printf '<'; printf '\\\\%03o' {128..255} | xargs -0 printf; printf '>'; stty opost\r")
    child.expect(rb"<([\x80-\xff]+)>")
    assert child.match.group(1) == bytes(range(128, 256))


def test_status_is_asked_of_the_session_itself(tmp_path):
    """Inside a session `safeshell status` tells that it is guarded, and by which session."""
    child = session(tmp_path, "--guard-tier", "production")
    child.send(f"{sys.executable} -m safeshell.cli.main status\r")
    child.expect_exact("[Esc] no: ")  # code that safeshell does not read: one key
    child.send("o")
    child.expect_exact("guarded   yes, session ")
    child.send("exit\r")
    child.expect(pexpect.EOF)


def test_type_ahead_is_kept(tmp_path):
    """What is typed while a command runs is there at the next prompt."""
    child = session(tmp_path)
    child.send("sleep 0.5\r")
    child.send("echo ahead-$((40+2))\r")
    child.expect_exact("ahead-42")


def test_what_a_program_does_not_read_yet_waits_for_it(tmp_path):
    """More than the session holds, typed while a program waits for something else: it arrives once it reads."""
    child = session(tmp_path)
    os.mkfifo(tmp_path / "gate")
    child.send("stty -echo; echo begin-$((1+1)); read -r _ <gate; cat >taken; stty echo\r")
    child.expect_exact("begin-2")
    data = b"".join(b"%063d\n" % number for number in range(4096))
    typing = threading.Thread(target=lambda: os.write(child.child_fd, data), daemon=True)
    typing.start()
    with (tmp_path / "gate").open("w") as gate:
        gate.write("go\n")
    end = time.monotonic() + 30
    while not (tmp_path / "taken").exists() or (tmp_path / "taken").stat().st_size < len(data):
        assert time.monotonic() < end, "typing came to a standstill"
        time.sleep(0.02)
    typing.join(30)
    child.send("\x04")
    child.expect_exact(PROMPT)
    assert (tmp_path / "taken").read_bytes() == data
