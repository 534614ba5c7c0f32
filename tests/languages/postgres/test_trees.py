"""Parsing: both parsers give the same shape, and nothing that is thrown at them crashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.postgres import trees
from safeshell.languages.postgres.trees import Parsed, Unparsed

TEXTS = [
    "select 1",
    "with x as (delete from t where a = 1 returning *) select * from x",
    "alter table s.t add column c int default random() not null",
    "select f(a, 'x') over (order by b) from lateral g(1) as t(a int)",
    "copy (select 1) to program 'x'",
]


@pytest.mark.parametrize("text", TEXTS)
def test_both_parsers_give_the_same_statements(text: str) -> None:
    """One walker reads the trees of either."""
    first, second = trees.parse(text), trees.second_opinion(text)
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert [(item.kind, item.start) for item in first] == [(item.kind, item.start) for item in second]


@pytest.mark.parametrize(
    "text",
    ["select \x00 1", "select '\ud800'", "(" * 100_000, "select " + "1+" * 20_000 + "1", "select 'open", "frobnicate"],
    ids=["nul", "surrogate", "brackets", "operators", "open", "word"],
)
def test_what_no_parser_takes_is_told_as_such(text: str) -> None:
    """Not a crash, and never an empty list of statements."""
    assert isinstance(trees.parse(text), Unparsed)
    assert isinstance(trees.second_opinion(text), Unparsed)


def test_size_is_bounded_by_tokens_not_by_characters() -> None:
    """One long string costs little; a million values would cost gigabytes."""
    assert isinstance(trees.parse("select '" + "x" * 3_000_000 + "'"), tuple)
    assert isinstance(trees.parse("insert into t values " + ",".join(["(1)"] * 200_000)), Unparsed)


def test_offsets_are_bytes() -> None:
    """As the server counts them."""
    found = trees.parse("select 'é'; select 2")
    assert isinstance(found, tuple)
    assert found[1] == Parsed("SelectStmt", found[1].node, 12, 21)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("orders", "orders"),
        ("Orders", '"Orders"'),
        ("select", '"select"'),
        ('a"b', '"a""b"'),
        ("é", '"é"'),
        ("1a", '"1a"'),
    ],
)
def test_names_are_quoted_where_they_have_to_be(name: str, written: str) -> None:
    """Capitals, key words, quotes and anything beyond ASCII."""
    assert trees.quoted(name) == written


@given(st.text(max_size=60))
def test_parsing_is_total(text: str) -> None:
    """Whatever the text: statements, or why there are none."""
    assert isinstance(trees.parse(text), tuple | Unparsed)


@given(
    st.recursive(
        st.integers() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)
    )
)
def test_every_dict_is_met_once(tree: object) -> None:
    """The walk leaves no part of a tree out."""

    def count(item: object) -> int:
        parts = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        return isinstance(item, dict) + sum(count(part) for part in parts)

    assert len(list(trees.every(tree))) == count(tree)


def test_comments_are_blanked_as_the_lexer_sees_them() -> None:
    """What only looks like one, in a string or a dollar quote, stays; offsets do too."""
    text = "select '--', $$ /* $$, \"/*\" /* é /* b */ */ where a not -- x\n in (1)"
    bare = trees.without_comments(text)
    assert bare is not None
    assert len(bare.encode()) == len(text.encode())
    assert " ".join(bare.split()) == "select '--', $$ /* $$, \"/*\" where a not in (1)"
    assert isinstance(trees.parse(text), Unparsed)
    assert isinstance(trees.parse(bare), tuple)
    assert trees.without_comments("select 1") is None
    assert trees.without_comments("select 'open --") is None
