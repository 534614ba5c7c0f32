"""The place in a fish text."""

import pytest

from safeshell.languages.fish.text import MOST_DEPTH, FishError, Text


def test_offsets_are_bytes():
    """A node's place counts bytes, whatever characters stand before it."""
    assert Text("ab").node(1, 2)["Pos"] == {"Offset": 1}
    assert Text("é€b").node(2, 3) == {"Pos": {"Offset": 5}, "End": {"Offset": 6}}
    assert Text("\udcffb").node(1, 2)["Pos"] == {"Offset": 1}


def test_blanks_comments_and_continued_lines():
    """All of them are nothing between words."""
    text = Text("  \\\n # remark\nx")
    text.blanks()
    assert text.peek() == "\n"
    text.separators()
    assert text.peek() == "x"


def test_depth_has_an_end():
    """A text that nests without end is given up."""
    text = Text("")
    for _ in range(MOST_DEPTH):
        text.enter()
    with pytest.raises(FishError, match="deeper"):
        text.enter()
