"""The prompt_toolkit driver on a pty of this process; the screens are in tests/live/test_dialogs.py."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import termios

import pytest

from safeshell.dialogs.full import FullTalk
from safeshell.dialogs.inline import converse
from safeshell.dialogs.onekey import KeyTalk
from safeshell.model.effects import Tier
from tests.dialogs.samples import SAMPLES


def test_terminal_loop_and_handlers_are_given_back(pty_pair):
    """Settings of the terminal, signal handlers and the wake-up descriptor are as before; no loop is left."""
    before = termios.tcgetattr(pty_pair.near)
    handler = signal.signal(signal.SIGWINCH, lambda *_: None)
    mine = signal.getsignal(signal.SIGWINCH)
    try:
        pty_pair.types(b"o", after=b"no: ")
        assert converse(KeyTalk(SAMPLES["key"]), pty_pair.near, Tier.PRODUCTION).granted
        assert signal.getsignal(signal.SIGWINCH) is mine
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGWINCH, handler)
    assert termios.tcgetattr(pty_pair.near) == before
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_a_signal_before_the_first_draw_is_a_no(pty_pair):
    """A talk that is answered already is not drawn."""
    talk = FullTalk(SAMPLES["rm"])
    talk.key("escape")
    assert not converse(talk, pty_pair.near, Tier.PRODUCTION).granted
    assert b"PROD" not in pty_pair.read()


def test_nothing_heavy_is_imported_before_the_first_question():
    """Importing the door to dialogs loads neither prompt_toolkit nor asyncio."""
    code = "import sys, safeshell.dialogs.ask, safeshell.dialogs.inline, safeshell.dialogs.warm, safeshell.dialogs.progress;"
    code += "print(sorted({'prompt_toolkit', 'asyncio', 'logging', 'subprocess', 'hashlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
