"""Which question is asked in which form, and what a fault comes to."""

from __future__ import annotations

import os
import sys

import pytest

from safeshell.dialogs import text
from safeshell.dialogs.answers import DECLINED, UNASKED
from safeshell.dialogs.ask import ask
from safeshell.dialogs.progress import Progress
from safeshell.model.judgement import Consent
from tests.dialogs.samples import SAMPLES


def test_without_a_terminal_nobody_is_asked():
    """A pipe is no terminal: the answer says that nobody could be asked."""
    reading, writing = os.pipe()
    try:
        assert ask(SAMPLES["rm"], tty_fd=reading) == UNASKED
    finally:
        os.close(reading)
        os.close(writing)


def test_a_closed_descriptor_is_no_terminal():
    """Not even open: nobody could be asked."""
    assert ask(SAMPLES["rm"], tty_fd=9999) == UNASKED


@pytest.mark.parametrize("plain", [False, True])
def test_a_fault_while_asking_is_a_no(pty_pair, monkeypatch, plain):
    """A dialog that crashes while it draws grants nothing and raises nothing."""
    monkeypatch.setattr(text, "_header", lambda *_: 1 / 0)
    pty_pair.types(b"web-prod-3\r")
    assert ask(SAMPLES["rm"], tty_fd=pty_pair.near, plain=plain) == DECLINED


def test_without_prompt_toolkit_the_plain_form_asks(pty_pair, monkeypatch):
    """Where it cannot be imported, the same question is asked by lines."""
    monkeypatch.setitem(sys.modules, "prompt_toolkit.application", None)
    pty_pair.types(b"web-prod-3\n", after=b"cancel: ")
    assert ask(SAMPLES["rm"], tty_fd=pty_pair.near).how is Consent.TYPED
    assert b"press Enter" in pty_pair.read()


def test_a_progress_line_is_erased_first(pty_pair, monkeypatch):
    """A line still shown is gone before the question appears."""
    monkeypatch.setattr("safeshell.dialogs.progress.DELAY", 0.0)
    show = Progress(pty_pair.near)
    show("1,204 files")
    pty_pair.types(b"\x1b", after=b"no: ")
    assert ask(SAMPLES["key"], tty_fd=pty_pair.near, progress=show) == DECLINED
    seen = pty_pair.read()
    assert seen.index(b"1,204 files") < seen.index(b"\r\x1b[K\x1b[A") < seen.index(b"/etc/motd")


def test_a_second_question_starts_afresh(pty_pair):
    """Keys that the first question left unread do not answer the second."""
    pty_pair.types(b"web-prod-3\ro", after=b"cancel: ")
    assert ask(SAMPLES["rm"], tty_fd=pty_pair.near).granted
    pty_pair.seen = b""
    pty_pair.types(b"\x1b", after=b"no: ")
    assert ask(SAMPLES["key"], tty_fd=pty_pair.near) == DECLINED


def test_on_an_empty_line_no_line_is_skipped(pty_pair):
    """`below=False` draws where the cursor is."""
    pty_pair.types(b"\x1b", after=b"no: ")
    ask(SAMPLES["key"], tty_fd=pty_pair.near, below=False)
    assert b"\n" not in pty_pair.read().split(b"PROD")[0]
