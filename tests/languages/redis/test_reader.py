"""Redis commands by name, as words and as lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.redis import read, read_words
from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.effects import HARMLESS, Effect
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Span


def judge(text: str):
    return read(text, Knowledge()).statements


HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def effects(text: str) -> set[Effect]:
    return {effect for statement in judge(text) for effect in statement.effects}


@pytest.mark.parametrize("text", lines("holds_manual.txt"))
def test_what_does_something_is_held(text: str) -> None:
    """Every command and subcommand that writes, whatever its options and its case."""
    assert not effects(text) <= HARMLESS


@pytest.mark.parametrize("text", lines("reads_manual.txt"))
def test_what_looks_passes(text: str) -> None:
    """Every form that only reads, at the server, the data or the connection."""
    assert effects(text) <= HARMLESS


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("GET a", "reads"),
        ("scan 0 match x* count 100", "reads"),
        ("info", "reads"),
        ("Config Get maxmemory", "reads"),
        ("client list", "reads"),
        ("eval_ro 'return 1' 0", "reads"),
        ("sort list", "reads"),
        ("command", "reads"),
        ("incr n", "writes"),
        ("config set save ''", "stops_service"),
        ("config set hz 20", "writes"),
        ("config set loglevel debug requirepass x", "revokes_access"),
        ("config set maxmemory 1gb", "destroys_rows"),
        ("config set port 1", "cuts_network"),
        ("config set who.knows 1", "stops_service"),
        ("connect other 6379", "leaves_guard"),
        ("set a b nx", "writes"),
        ("copy a b", "writes"),
        ("set a b", "destroys_rows"),
        ("DEL a b", "destroys_rows"),
        ("sort list store x", "destroys_rows"),
        ("copy a b replace", "destroys_rows"),
        ("set a b nx get", "destroys_rows"),
        ("hset h f v", "destroys_rows"),
        ("flushall", "destroys_data"),
        ("FLUSHDB async", "destroys_data"),
        ("cluster reset", "destroys_data"),
        ("function flush", "destroys_data"),
        ("shutdown nosave", "stops_service"),
        ("client kill id 1", "stops_service"),
        ("script flush", "stops_service"),
        ("replicaof no one", "stops_service"),
        ("debug segfault", "stops_service"),
        ("keys *", "blocks_others"),
        ("monitor", "blocks_others"),
        ("debug sleep 5", "blocks_others"),
        ("acl setuser x on", "revokes_access"),
        ("eval 'x' 0", "runs_opaque_code"),
        ("module load x", "runs_opaque_code"),
        ("json.set a $ 1", "not_understood"),
        ("client", "not_understood"),
        ("debug frob", "not_understood"),
        ("3 incr n", "writes"),
        ('"flu\\x73hall"', "destroys_data"),
        ("'open", "not_understood"),
    ],
)
def test_commands(text: str, effect: str) -> None:
    """Whatever the case, with subcommands, options that matter and repeat counts."""
    (statement,) = judge(text)
    assert [claim.effect.value for claim in statement.claims] == [effect]
    assert statement.understood is (effect != "not_understood")


def test_keys_are_targets() -> None:
    """All of DEL, the first word elsewhere, none of FLUSHALL."""
    assert [target.value for target in judge("del a b c")[0].targets] == ["a", "b", "c"]
    assert [target.value for target in judge("set k v")[0].targets] == ["k"]
    assert judge("flushall async")[0].targets == ()


def test_unknown_words() -> None:
    """A command that only running tells is not understood, a key that only running tells is unbounded."""
    unknown = Word((Piece(PieceKind.VARIABLE, "K"),), "$K", Span(0, 2))
    assert not read_words([unknown, literal_word("a")]).understood
    assert read_words([literal_word("del"), unknown]).claims[0].unbounded
    assert not read_words([literal_word("get"), unknown]).claims[0].unbounded
    assert read_words([literal_word("sort"), literal_word("a"), unknown]).claims[0].effect.value == "destroys_rows"
    assert not read_words([]).understood


def test_lines_are_statements_with_spans() -> None:
    """Empty lines and comments are nothing."""
    text = "get é\n\n# x\nflushall\n"
    first, second = judge(text)
    assert text.encode()[second.span.start : second.span.end] == b"flushall\n"
    assert first.verb == "get"


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    """No crash, and every statement claims something."""
    assert all(statement.claims for statement in judge(text))


def test_unknown_parts_may_be_any_option():
    """So a command whose options could make it write is not a read then."""
    assert judge("get safeshell_unknown")[0].claims[0].effect.value == "reads"
    assert judge("sort k safeshell_unknown")[0].claims[0].effect.value == "destroys_rows"
    assert not judge("safeshell_unknown k")[0].understood
