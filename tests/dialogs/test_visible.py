"""Texts that strangers wrote cannot move a cursor, and wrapping loses nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.dialogs.visible import cells, clip, one_line, visible, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[2J", "^[[2J"),
        ("a\rb", "a^Mb"),
        ("a\x7fb", "a^?b"),
        ("a\tb", "a    b"),
        ("a\nb", "a\nb"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u00a0b", "a\\xa0b"),
        ("a\u2028b", "a\\u2028b"),
        ("\U000e0041", "\\U000e0041"),
        ("\udc80", "\\udc80"),
        ("naïve 注文", "naïve 注文"),
    ],
)
def test_what_cannot_be_seen_is_spelled(text, shown):
    """Control, format, private and unassigned characters are shown by name, letters of any script stay."""
    assert visible(text) == shown


@given(st.text())
def test_nothing_reaches_a_terminal_that_acts(text):
    """After `one_line` only printable characters are left, whatever came in."""
    for char in one_line(text):
        assert unicodedata.category(char)[0] != "C"
        assert char == " " or not char.isspace()


@given(st.text(alphabet=st.sampled_from("ab c注é "), max_size=80), st.integers(2, 30))
def test_wrapping_keeps_every_character(text, width):
    """Lines fit the width, and joined again they are the text but for the spaces at which it broke."""
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet=st.sampled_from("ab c注é"), max_size=40), st.integers(1, 20))
def test_clipped_text_fits(text, width):
    """A clipped text fits, and is the text itself where that fits."""
    cut = clip(text, width)
    assert cells(cut) <= width
    assert cut == text if cells(text) <= width else cut.endswith("…")
