"""Reading YAML nodes by shapes: any document gives data or a ConfigError, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.errors import ConfigError
from safeshell.policy.packnodes import (
    Document,
    Either,
    Flag,
    ListOf,
    MapOf,
    Marked,
    Named,
    Number,
    Record,
    Text,
    compose,
    plain,
    read,
)
from safeshell.policy.packs import load_packs


def value(shape, text: str):
    return read(shape, compose(text, "x"), Document("x"))


def test_text_remembers_its_place() -> None:
    """Line and column from 1, and plain() forgets them."""
    data = value(MapOf(Text()), "a: b\nc:  d\n")
    assert data == {"a": "b", "c": "d"}
    assert (data["c"].line, data["c"].column) == (2, 5)
    assert isinstance(data["a"], Marked)
    assert {type(item) for item in plain(data).values()} == {str}


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        (Flag(), "true", True),
        (Number(), "12", 12),
        (Text(), "no", "no"),
        (ListOf(Text(), single=True), "a", ["a"]),
        (ListOf(Text()), "[a, 1]", ["a", "1"]),
        (Either(scalar=Flag(), sequence=ListOf(Text())), "[a]", ["a"]),
        (Record({"a": Number()}), "{a: 1}", {"a": 1}),
    ],
)
def test_shapes_read_what_fits(shape, text: str, expected) -> None:
    """Plain data comes out."""
    assert value(shape, text) == expected


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Flag(), "yes"),
        (Flag(), '"true"'),
        (Number(), "-1"),
        (Number(3), "2"),
        (Number(), "1.5"),
        (Text(), ""),
        (Text(), "[a]"),
        (Text(choices=("a", "b")), "c"),
        (ListOf(Text()), "a"),
        (ListOf(Text(), least=2), "[a]"),
        (MapOf(Text()), "[a]"),
        (MapOf(Text()), "{[a]: b}"),
        (MapOf(Text()), "{a: b, a: c}"),
        (Record({"a": Flag()}, required=("a",)), "{}"),
        (Record({"a": Flag(), "b": Flag()}, one_of=("a", "b")), "{a: true, b: true}"),
        (Either(scalar=Flag()), "[a]"),
        (Text(), "a: b: c"),
    ],
)
def test_shapes_refuse_what_does_not(shape, text: str) -> None:
    """With what was expected in the message."""
    with pytest.raises(ConfigError) as caught:
        value(shape, text)
    assert caught.value.expected


def test_a_document_that_contains_itself_ends() -> None:
    """An anchor inside its own node is a fault, not an endless walk."""
    shape = Named("x")
    shape.shape = ListOf(shape)
    with pytest.raises(ConfigError, match="too deep"):
        value(shape, "&a [*a]")


@given(st.text(max_size=60))
def test_any_text_gives_knowledge_or_a_fault(text: str) -> None:
    """No other exception comes out of a pack, whatever it holds."""
    try:
        load_packs({"x": text})
    except ConfigError as error:
        assert error.source == "x"


@given(
    st.recursive(
        st.sampled_from(["a", "rm", "-f", "true", "1", "pack", "commands"]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    [
                        "pack",
                        "version",
                        "commands",
                        "name",
                        "rules",
                        "when",
                        "options",
                        "subcommands",
                        "wraps",
                        "operands",
                        "any",
                    ]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=12,
    )
)
def test_any_structure_gives_knowledge_or_a_fault(data) -> None:
    """The same for documents that are YAML of the right words in the wrong places."""
    import yaml

    try:
        load_packs({"x": yaml.safe_dump(data)})
    except ConfigError as error:
        assert error.line > 0
