"""Texts as the server gets them: what passes, what is held, and what nothing may hide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.postgres import reader, trees
from safeshell.languages.postgres.keywords import listed
from safeshell.languages.postgres.reader import read
from safeshell.languages.postgres.trees import Unparsed
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from tests.languages.postgres.asking import effects, held


def test_a_plain_read_needs_the_cheap_parser_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one takes four times as long to import."""
    monkeypatch.setattr(trees, "second_opinion", lambda _text: pytest.fail("was asked"))
    assert effects("select a, lower(b) from t where c = 1") == {"reads"}


def test_the_stricter_of_two_opinions_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second parser that fails, or sees more, never makes a statement smaller."""
    monkeypatch.setattr(trees, "second_opinion", lambda _text: Unparsed("is broken"))
    assert effects("insert into t values (1)") == {"writes", "not_understood"}
    monkeypatch.setattr(trees, "second_opinion", lambda _text: trees.parse("delete from t"))
    assert effects("insert into t values (1)") == {"writes", "destroys_rows", "unbounded"}


def test_what_only_the_newer_grammar_knows_is_judged_but_never_cleared() -> None:
    """Virtual columns came with 18."""
    assert effects("create table t (a int, b int generated always as (a + 1) virtual)") == {"changes_schema"}


def test_the_server_s_state_counts() -> None:
    """Backslashes end strings or not; some encodings hide quotes."""
    text = "select 'a\\', 1"
    off = read(text, server={"standard_conforming_strings": "off"}).statements
    assert [item.understood for item in off] == [False]
    assert read("select 'a'", server={"standard_conforming_strings": "off"}).statements[0].understood
    sjis = read("select 'é'", server={"client_encoding": "SJIS"}).statements
    assert [item.understood for item in sjis] == [False]


def test_functions_of_somebody_s_own_are_asked_about() -> None:
    """STABLE and IMMUTABLE ones read; all others may write."""
    text = 'select shop.total(1), "Odd"(2) from t where a @+@ b'
    reading = read(text)
    total = Question(Ask.ROUTINE, "shop.total")
    odd, plus = Question(Ask.ROUTINE, '"Odd"'), Question(Ask.OPERATOR, "@+@")
    assert set(reading.questions) == {total, odd, plus}
    calm = read(text, facts={total: "stable", odd: "immutable", plus: "stable"})
    assert {effect for item in calm.statements for effect in item.effects} == {Effect.READS}
    for answer in ("volatile", None):
        found = read(text, facts={total: answer, odd: "immutable", plus: "stable"})
        assert {effect for item in found.statements for effect in item.effects} == {Effect.WRITES}


@pytest.mark.parametrize(
    ("prepared", "effect"),
    [
        ("prepare p as delete from t where a = $1", Effect.DESTROYS_ROWS),
        ("select 1; prepare p as update t set a = 1; prepare q as select 1", Effect.DESTROYS_ROWS),
        ("select $1", Effect.READS),
        ("insert into t values ($1)", Effect.WRITES),
        (None, Effect.RUNS_OPAQUE_CODE),
        ("frobnicate", Effect.NOT_UNDERSTOOD),
    ],
)
def test_execute_is_what_was_prepared(prepared: str | None, effect: Effect) -> None:
    """Known by the session's prepared statements, opaque where nobody knows."""
    reading = read("execute p", facts={Question(Ask.PREPARED, "p"): prepared})
    assert effect in reading.statements[0].effects
    assert read("execute p").questions == (Question(Ask.PREPARED, "p"),)


def test_spans_are_those_of_the_statements() -> None:
    """In bytes, without the blanks around."""
    text = "  select 'é' ;\n delete from t where a = 1 ; "
    parts = [text.encode()[item.span.start : item.span.end].decode() for item in read(text).statements]
    assert parts == ["select 'é'", "delete from t where a = 1"]
    assert read("").statements == read(" ; -- x").statements == ()


def test_too_many_statements_are_not_read() -> None:
    """A message of thousands of statements is no message of a person."""
    assert not read("select 1;" * 6_000).statements[0].understood


@pytest.mark.parametrize(
    "text",
    [
        "select " + "||".join(["'a'"] * 200),
        "select * from t where " + " or ".join(f"a = {n}" for n in range(3_000)),
        " union all ".join(["select 1"] * 500),
        "select " + "(" * 400 + "1" + ")" * 400,
    ],
    ids=["concatenation", "conditions", "unions", "brackets"],
)
def test_what_mappers_write_is_understood(text: str) -> None:
    """Long chains that programs make are reads like any other."""
    assert effects(text) == {"reads"}


@pytest.mark.parametrize(
    "text",
    [
        "delete from t where x = " + "||".join(["'a'"] * 330),
        "delete from t where " + "not " * 350 + "a",
        "select * from " + "(select * from " * 2_000 + "t" + ") x" * 2_000,
        "select " + "lower(" * 5_000 + "'x'" + ")" * 5_000,
    ],
    ids=["concatenation", "not", "queries", "calls"],
)
def test_what_is_nested_too_deep_is_held(text: str) -> None:
    """A limit that is hit is no crash."""
    assert held(text)


def test_texts_inside_texts_end_somewhere() -> None:
    """DO in DO in DO."""
    text = "delete from t"
    for depth in range(8):
        text = f"do $a{depth}$ begin execute $b{depth}${text}$b{depth}$; end $a{depth}$"
    assert "runs_opaque_code" in effects(text)


WORDS = st.sampled_from(
    sorted(
        listed(
            "select delete from t where ( ) , ; ' \" $$ -- /* */ with as update set = 1 f( ::int union all explain analyze "
            "begin commit do copy to program e'\\' U&\"d\\0061t\" returning * into for values insert prepare execute"
        )
    )
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=20).map(" ".join)))
def test_reading_is_total_and_never_silent_about_what_does_not_parse(text: str) -> None:
    """Either it parses, or it is held."""
    statements = read(text).statements
    assert all(statement.claims for statement in statements)
    if isinstance(trees.parse(text), Unparsed):
        assert held(text)


@given(st.lists(WORDS, max_size=10).map(" ".join))
def test_a_delete_behind_any_text_is_seen(text: str) -> None:
    """As a statement of its own, or because the whole does not parse."""
    if not any(mark in text for mark in ("--", "/*", "'", '"', "$$")):
        assert held(f"{text}\n; delete from victims")


def test_claims_inside_are_claims() -> None:
    """What the other modules ask of this one."""
    scope = reader.Scope()
    assert [item.effect for item in reader.claims_inside("select 1; truncate t", scope)][1] is Effect.DESTROYS_DATA
    assert scope.depth == 0


def test_a_slip_of_the_keyboard_is_the_servers_to_refuse() -> None:
    """Only a server that said so itself makes a text that does not parse harmless; else it is held."""
    server = {"server_version_num": "150004"}
    asked = read("selec 1", server=server)
    (question,) = asked.questions
    assert (question.about, question.subject) == (Ask.REJECTED, "selec 1")
    assert not asked.statements[0].understood
    (refused,) = read("selec 1", server=server, facts={question: True}).statements
    assert (refused.effects, refused.understood) == ((Effect.READS,), True)
    for facts in ({question: False}, {}):
        assert not read("selec 1", server=server, facts=facts).statements[0].understood
    assert read("selec 1").questions == ()
    assert read("select 1", server=server).questions == ()
