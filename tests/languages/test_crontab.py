"""Crontab texts: each line installs something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.crontab import read
from safeshell.model.knowledge import Knowledge


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("0 3 * * * rm -rf /var/tmp/x", "writes"),
        ("*/5 0-4,8 1 jan mon-fri cmd", "writes"),
        ("@reboot start", "writes"),
        ("MAILTO=me@x", "writes"),
        ('"PATH" = /bin', "writes"),
        ("@daily", "not_understood"),
        ("0 3 * *", "not_understood"),
        ("* * * * *", "not_understood"),
        ("a;b 1 2 3 4 x", "not_understood"),
    ],
)
def test_lines(line: str, effect: str) -> None:
    """Jobs and settings are writes; what cron would not take is not understood."""
    (statement,) = read(line, Knowledge()).statements
    assert [claim.effect.value for claim in statement.claims] == [effect]


def test_comments_and_empty_lines_are_nothing() -> None:
    """And spans count bytes."""
    text = "# é\n\n0 3 * * * x\n"
    (statement,) = read(text, Knowledge()).statements
    assert text.encode()[statement.span.start : statement.span.end] == b"0 3 * * * x\n"


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    """No crash, and always a claim."""
    assert all(statement.claims for statement in read(text, Knowledge()).statements)
