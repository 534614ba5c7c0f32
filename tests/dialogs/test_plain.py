"""The form by whole lines, on a pty of this process."""

from __future__ import annotations

import termios
import tty

import pytest

from safeshell.dialogs.full import FullTalk
from safeshell.dialogs.onekey import KeyTalk
from safeshell.dialogs.plain import converse_plain
from tests.dialogs.samples import SAMPLES


def test_a_raw_terminal_is_cooked_for_the_question_and_raw_again(pty_pair):
    """The gateway's raw terminal edits lines while it asks; afterwards it is as it was."""
    tty.setraw(pty_pair.near)
    before = termios.tcgetattr(pty_pair.near)
    pty_pair.types(b"web-prod-34\x7f\n", after=b"cancel: ")
    assert converse_plain(FullTalk(SAMPLES["rm"]), pty_pair.near).granted
    assert termios.tcgetattr(pty_pair.near) == before


@pytest.mark.parametrize(
    "line", [b"web-prod-3\x1b", b"web-prod-3\x03", b"web-prod-3\x04", b"\x1b[200~web-prod-3\x1b[201~\n"]
)
def test_a_line_with_a_cancelling_key_is_a_no(pty_pair, line):
    """Esc, Ctrl-C and Ctrl-D refuse, also after the right words; so does a marked paste."""
    pty_pair.types(line, after=b"cancel: ")
    answer = converse_plain(FullTalk(SAMPLES["rm"]), pty_pair.near)
    assert (answer.granted, answer.interrupted) == (False, line.endswith(b"\x03"))


def test_a_whole_word_is_not_a_key(pty_pair):
    """`once` is not `o` but a no: the next line of a paste must not get to answer."""
    pty_pair.types(b"once\no\n", after=b"no: ")
    assert not converse_plain(KeyTalk(SAMPLES["key"]), pty_pair.near).granted
