"""Tracking of the terminal's modes and titles in the output stream."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.gateways.screen import Modes

STREAM = b"text\x1b[?1049h\x1b[?2004h\x1b[?1000;1006h\x1b[?25lmore\x1b]0;my title\x07\x1b[31mred\x1b]2;other\x1b\\end\x1b[?2004l"


def seen(*parts: bytes) -> Modes:
    modes = Modes()
    for part in parts:
        modes.see(part)
    return modes


def test_modes_are_left_and_entered_again():
    """Leaving switches off what is on, enters the main screen and shows the cursor; entering undoes it."""
    modes = seen(STREAM)
    assert modes.alternate
    assert modes.leave() == b"\x1b[?1000l\x1b[?1006l\x1b[?1049l\x1b[?25h"
    assert modes.enter() == b"\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?25l"
    assert modes.title == "other"


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_any_cut_gives_the_same_modes(cuts):
    """Sequences may be cut anywhere."""
    at = sorted({0, len(STREAM), *cuts})
    modes = seen(*[STREAM[a:b] for a, b in pairwise(at)])
    assert (modes.leave(), modes.title, modes.between) == (seen(STREAM).leave(), "other", True)


def test_a_plain_stream_has_nothing_to_leave():
    """Nothing set, nothing sent."""
    assert seen(b"hello \x1b[31mworld").leave() == b""
    assert seen(b"hello").enter() == b""


@pytest.mark.parametrize("reset", [b"\x1bc", b"\x1b[!p"])
def test_resets_clear_everything(reset):
    """RIS and DECSTR end all modes."""
    assert seen(b"\x1b[?1049h\x1b[?25l", reset).leave() == b""


@pytest.mark.parametrize("tail", [b"\x1b", b"\x1b[", b"\x1b[?20", b"\x1b]0;half", b"\x1b]2;half\x1b"])
def test_an_unfinished_sequence_is_no_place_to_write(tail):
    """`between` is false until the sequence ends."""
    assert not seen(b"x" + tail).between
    assert seen(b"x" + tail, b"q\x07 z\x1b[0m!").between


@given(st.lists(st.binary(max_size=3000), max_size=10))
def test_random_output_never_crashes_and_keeps_little(parts):
    """The tail that is kept is bounded."""
    modes = seen(*parts)
    assert len(modes._tail) < 1200
