"""Marks in the first output of a remote start; the session itself: tests/live/test_ssh_follow."""

import pytest

from safeshell.gateways.sshsession import Marks

OUTPUT = b"motd\r\n\x1b]7748;ready;12ab;bash\x07more\x1b]7748;follows\x07prompt"


@pytest.mark.parametrize("size", range(1, len(OUTPUT) + 1))
def test_marks_are_taken_out_at_every_cut(size):
    """However the output is cut, the marks are heard and nothing of them is shown."""
    marks, shown = Marks("12ab"), b""
    for start in range(0, len(OUTPUT), size):
        shown += marks.feed(OUTPUT[start : start + size])
    assert shown + marks.rest() == b"motd\r\nmoreprompt"
    assert (marks.ready, marks.said) == ("bash", "follows")


def test_another_number_starts_nothing():
    """A mark of some other call, or one that a server's banner forges, is a sentence and no start."""
    marks = Marks("12ab")
    assert marks.feed(b"\x1b]7748;ready;99zz;bash\x07x") == b"x"
    assert not marks.ready
    marks = Marks("12ab")
    assert marks.feed(b"\x1b]7748;ready;12ab;csh\x07") == b""
    assert not marks.ready


def test_after_the_last_word_everything_passes():
    """What programs print later is theirs, marks of their own too."""
    marks = Marks("12ab")
    marks.feed(b"\x1b]7748;follows\x07")
    assert marks.feed(b"\x1b]7748;other;x\x07") == b"\x1b]7748;other;x\x07"
    assert marks.said == "follows"


def test_other_sequences_pass():
    """Titles and colours are shown at once; a lone escape waits and comes by `rest`."""
    marks = Marks("12ab")
    assert marks.feed(b"\x1b]2;title\x07\x1b[31mred\x1b") == b"\x1b]2;title\x07\x1b[31mred"
    assert marks.waiting
    assert marks.rest() == b"\x1b"


def test_an_endless_mark_is_none():
    """What never ends is shown."""
    marks = Marks("12ab")
    text = b"\x1b]7748;" + b"x" * 300
    assert marks.feed(text) == text
