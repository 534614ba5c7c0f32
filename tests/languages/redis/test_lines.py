"""Lines of redis-cli and their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.redis.lines import quote_word, split_line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a \"b c\" 'd e'", ["a", "b c", "d e"]),
        ('"a\\"b" "\\n\\x41" \'it\\\'s\'', ['a"b', "\nA", "it's"]),
        ('""', [""]),
        ('"a"b', None),
        ('"a', None),
        ("  ", []),
    ],
)
def test_splitting_is_that_of_redis_cli(line: str, words) -> None:
    """Quotes with escapes, single quotes with one escape, no text right after a quote."""
    assert split_line(line) == words


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=12), min_size=1, max_size=5))
def test_quoting_is_the_inverse_of_splitting(words) -> None:
    """What the wire carried is what is read, whatever bytes it holds."""
    line = " ".join(map(quote_word, words))
    assert split_line(line) == words
    assert "\n" not in line
    assert line.isascii()
