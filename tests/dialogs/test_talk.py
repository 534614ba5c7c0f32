"""The field of text that questions share."""

from __future__ import annotations

import pytest

from safeshell.dialogs.talk import BACKSPACE, CLEAR, WORD, Field


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("abc", "abc"),
        (["a", BACKSPACE, BACKSPACE, "b"], "b"),
        ([*"two words", WORD], "two"),
        ([*"one", CLEAR, "x"], "x"),
        (["a", "\x01", "", "f1", "é", "注"], "aé注"),
        ("x" * 1000, "x" * 400),
    ],
)
def test_a_field_takes_text_and_edits(keys, text):
    """Printable characters stay, in bounds; editing keys edit; everything else leaves no trace."""
    field = Field()
    for key in keys:
        field.key(key)
    assert field.text == text
