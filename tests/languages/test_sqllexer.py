"""Tokens of SQL: quotes, comments and client commands of both databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.sqllexer import statements, tokens, unquoted
from safeshell.model.statements import Language


def kinds(text: str, language: Language = Language.POSTGRES) -> list[str]:
    return [token.kind for token in tokens(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 'x''y' \"n\"\"m\"", ["word", "string", "name"]),
        ("e'\\'' E'a' n'x' U&'x'", ["string"] * 4),
        ("'a\\' b", ["string", "word"]),
        ("$$a$$ $x$ $$ $x$ $1", ["string", "string", "number"]),
        ("a$b 1.5e3 a.b", ["word", "number", "word", "op", "word"]),
        ("/* a /* b */ c */ x", ["word"]),
        ("-- c\nx", ["word"]),
        ("a::int :v :'v' :\"v\"", ["word", "op", "word", "variable", "string", "name"]),
        ("\\d x\nselect", ["meta", "word"]),
        ("\\x \\\\ select", ["meta", "word"]),
        ("'open", ["broken"]),
        ("/* open", ["broken"]),
        ("$$ open", ["broken"]),
    ],
)
def test_postgres_tokens(text: str, expected: list[str]) -> None:
    """By the rules of PostgreSQL and psql."""
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a\\'b' \"c\\\"d\" `e``f`", ["string", "string", "name"]),
        ("a # c\nb -- d\ne --f", ["word", "word", "word", "op", "op", "word"]),
        ("/* a /* b */ x", ["word"]),
        ("/*! x */ y /*!50000 z */", ["versioned", "word", "word", "versioned", "word"]),
        ("@a @@b", ["word", "word"]),
    ],
)
def test_mysql_tokens(text: str, expected: list[str]) -> None:
    """By the rules of MySQL: comments do not nest, versioned ones are code."""
    assert kinds(text, Language.MYSQL) == expected


@pytest.mark.parametrize(
    ("text", "inside"), [("'a''b'", "a'b"), ("$x$a'b$x$", "a'b"), ("E'a\\'b'", "a'b"), ('"a"', "a")]
)
def test_the_inside_of_a_quote(text: str, inside: str) -> None:
    """Doubled quotes and escapes undone."""
    (token,) = tokens(text, Language.MYSQL if text.startswith('"') else Language.POSTGRES)
    assert unquoted(token) == inside


def test_statements_end_at_semicolons_and_sending_commands() -> None:
    r"""`;`, `\;` and `\g` end what was collected; other commands stand alone."""
    groups = [[token.text for token in group] for group in statements("a ; b \\; c \\g\n \\d\n e", Language.POSTGRES)]
    assert groups == [["A"], ["B"], ["C"], ["\\g"], ["\\d"], ["E"]]


@given(st.text(max_size=60))
def test_tokens_tile_the_text_in_order(text: str) -> None:
    """They never overlap and never run past the end."""
    for language in (Language.POSTGRES, Language.MYSQL):
        end = 0
        for token in tokens(text, language):
            assert end <= token.start < token.end <= len(text)
            end = token.end
