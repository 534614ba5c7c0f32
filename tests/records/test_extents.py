"""How far values reach."""

from __future__ import annotations

import pytest

from safeshell.records.extents import PATIENCE, Extents, occurs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abc def", "abc"),
        ("'a b' c", "'a b'"),
        ('"a \\" b" c', '"a \\" b"'),
        ("a\\ b c", "a\\ b"),
        ("a'b c'\"d e\"f g", "a'b c'\"d e\"f"),
        ("$(cat f; echo x) y", "$(cat f; echo x)"),
        ("$'a\\'b' c", "$'a\\'b'"),
        ("a;b", "a"),
        ("a&b=c", "a"),
        ("'never closed", "'never closed"),
    ],
)
def test_words_end_where_a_shell_ends_them(text, value):
    """Quotes are looked into, and an unclosed one reaches to the end."""
    assert text[: Extents(text).word_end(0, ";|<>()&")] == value


def test_a_word_inside_quotes_ends_with_them():
    """The closing quote belongs to what was opened before the word began."""
    text = 'psql "host=h password=abc" -c "x"'
    start = text.index("abc")
    assert text[start : Extents(text).word_end(start, ";")] == "abc"


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("'a'", "a"),
        ('\\"a b\\"', "a b"),
        ("'\\''a b'\\''", "a b"),
        ("$$a$b$$", "a$b"),
        ("E'a\\'b'", "a\\'b"),
        ("x", None),
    ],
)
def test_literals_in_every_kind_of_quotes(text, inner):
    """Shell, JSON in a shell, the '\\'' idiom, dollar quotes and E'' of PostgreSQL."""
    span = Extents(text).literal(0)
    assert (text[span[0] : span[1]] if span else None) == inner


def test_a_text_without_end_of_quotes_is_given_up_for_good():
    """After too many steps every value reaches to the end, so nothing is left uncovered."""
    extents = Extents("'x'" * (PATIENCE + 1) + " tail")
    for _ in range(PATIENCE):
        extents.exhausted()
    assert extents.word_end(0, "") == len(extents.text)


def test_occurs_finds_any_of_the_words():
    """A plain membership test."""
    assert occurs(("a", "bc"), "xbcx")
    assert not occurs(("a", "bc"), "xbx")
