"""Numbers, sizes and ages in words."""

from __future__ import annotations

import pytest

from safeshell.previews.telling import ago, count, listing, sentences, size, span


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (10 * 1024, "10 KiB"),
        (3 * 1024**3 + 2**28, "3.2 GiB"),
        (5 * 1024**6, "5120 PiB"),
    ],
)
def test_sizes(number, text):
    """Two significant digits, binary units, bytes in full."""
    assert size(number).replace(",", "") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than a minute"), (60, "1 minute"), (7300, "2 hours"), (86400 * 41, "1 month"), (86400 * 800, "2 years")],
)
def test_spans(seconds, text):
    """The biggest unit that fits, rounded down."""
    assert span(seconds) == text
    assert ago(seconds) == f"{text} ago"


def test_a_time_to_come_is_said_to_be_one():
    """A clock that was set back makes files of the future."""
    assert ago(-5) == "in the future"


def test_counts_and_lists():
    """Thousands are separated, one is singular, long lists end with a number, doubles are named once."""
    assert count(1, "file") == "1 file"
    assert count(1284, "file") == "1,284 files"
    assert count(2, "process", "processes") == "2 processes"
    assert listing(["a", "b", "a"]) == "a, b"
    assert listing(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert sentences("a", "", "b") == "a, b"
