"""Ctrl-C at a question, before a job in the foreground of a terminal of its own."""

from __future__ import annotations

import signal
import sys

import pexpect
import pytest

from safeshell.cli.interrupts import Interrupt
from tests.dialogs.screen import ROOT

PROGRAM = """
import signal, subprocess, sys, time
from safeshell.cli.interrupts import Interrupt
child = subprocess.Popen(["sleep", "60"], start_new_session=sys.argv[1] == "elsewhere")
signal.signal(signal.SIGINT, lambda *_: print("came", flush=True))
interrupt = Interrupt(for_good=sys.argv[1] != "goes-on")
assert not interrupt.over
interrupt()
print(child.wait(5) if sys.argv[1] != "elsewhere" else child.poll(), interrupt.over, interrupt.status(1), interrupt.status(0))
child.kill()
"""


@pytest.mark.parametrize(
    ("how", "told"), [("ends", "-2 True -2 0"), ("goes-on", "-2 False -2 0"), ("elsewhere", "None True -2 0")]
)
def test_the_whole_job_gets_the_signal(how, told):
    """As the terminal sends it for the key: to every process of the job, to no other; we go on to tell its end."""
    running = pexpect.spawn(sys.executable, ["-c", PROGRAM, how], cwd=str(ROOT), encoding="utf-8", timeout=20)
    running.expect_exact("came")
    running.expect_exact(told)
    running.close()


def test_without_a_terminal_only_the_flag_is_kept(monkeypatch):
    """Nobody could have pressed it there; nothing breaks, and no signal is sent."""
    monkeypatch.setattr("os.open", lambda *_words: (_ for _ in ()).throw(OSError("no terminal")))
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        interrupt = Interrupt()
        assert interrupt.status(3) == 3
        interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert (interrupt.came, heard) == (True, [])
