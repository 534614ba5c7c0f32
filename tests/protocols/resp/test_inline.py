"""Inline commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.protocols.resp.inline import split


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"get a", [b"get", b"a"]),
        (b"  get\ta  ", [b"get", b"a"]),
        (b"set \"a b\" 'c d'", [b"set", b"a b", b"c d"]),
        (b"\"a\\x41\\n\\\"\" 'it\\'s'", [b'aA\n"', b"it's"]),
        (b'""', [b""]),
        (b'a"b"', [b"ab"]),
        (b'"a"b', None),
        (b'"a', None),
        (b"'a", None),
        (b"get a\0 flushall", [b"get", b"a"]),
        (b"", []),
    ],
)
def test_words(line, words):
    """Quotes, escapes, the C string's end."""
    assert split(line) == words


@given(st.binary(max_size=60))
def test_any_line(line):
    """No crash."""
    split(line)
