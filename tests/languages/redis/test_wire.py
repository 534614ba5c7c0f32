"""One command of the wire, read with what its server tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.redis.wire import HEAVY_MOST, read
from safeshell.model.facts import Ask, Question


def effect(text, facts=None):
    (statement,) = read(text, facts or {}).statements
    return statement.claims[0].effect.value


def test_a_key_that_is_new_is_only_written():
    """The server is asked whether it exists; without an answer it is overwritten."""
    (question,) = read("SET a 1", {}).questions
    assert question == Question(Ask.KEYS_ABSENT, "a")
    assert effect("SET a 1") == "destroys_rows"
    assert effect("SET a 1", {question: False}) == "destroys_rows"
    assert effect("SET a 1", {question: True}) == "writes"
    assert read('MSET a 1 "b c" 2', {}).questions == (Question(Ask.KEYS_ABSENT, 'a "b c"'),)
    assert read("SET a 1 NX", {}).questions == ()


def test_names_that_no_table_has_are_asked_for():
    """What the server lacks may be sent; a module's command is dangerous; a renamed one is what it was."""
    question = Question(Ask.SERVER_COMMAND, "XYZZY")
    assert read("xyzzy 1", {}).questions == (question,)
    assert effect("xyzzy 1") == "not_understood"
    assert effect("xyzzy 1", {question: None}) == "reads"
    assert effect("xyzzy 1", {question: "xyzzy;module write"}) == "not_understood"
    assert effect("xyzzy 1", {question: "flushall;write"}) == "destroys_data"
    assert effect("config frob", {Question(Ask.SERVER_COMMAND, "CONFIG|FROB"): None}) == "reads"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SMEMBERS s", ["SCARD s"]),
        ("LRANGE l 0 -1", ["LLEN l"]),
        ("LRANGE l 0 10", []),
        ("LRANGE l -10 -1", []),
        ("LRANGE l 0 99999999", ["LLEN l"]),
        ("ZRANGE z 0 -1 BYSCORE", ["ZCARD z"]),
        ("XRANGE x - + COUNT 5", []),
        ("XRANGE x - +", ["XLEN x"]),
        ("GET a", []),
        ("SORT l STORE d", []),
    ],
)
def test_heavy_reads_ask_for_the_size(text, asked):
    """Unless their own words bound them."""
    assert [question.subject for question in read(text, {}).questions if question.about is Ask.KEY_SIZE] == asked


def test_only_a_big_key_blocks_others():
    """A small set is read without a word."""
    question = Question(Ask.KEY_SIZE, "SCARD s")
    assert effect("SMEMBERS s") == "reads"
    assert effect("SMEMBERS s", {question: str(HEAVY_MOST)}) == "reads"
    assert effect("SMEMBERS s", {question: str(HEAVY_MOST + 1)}) == "blocks_others"


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    """No crash, one statement, at least one claim."""
    (statement,) = read(text, {}).statements
    assert statement.claims


def test_what_a_long_line_leaves_out_may_be_anything():
    """Any option, any key: the worse counts, and nothing is asked about keys that are not told."""
    cut = '"... 99801 more words, sha256 00"'
    assert effect(f"SORT k {cut}") == "destroys_rows"
    assert effect(f"BITFIELD k GET u8 0 {cut}") == "writes"
    assert effect(f"MGET a {cut}") == "reads"
    assert read(f"MSET a 1 {cut}", {}).questions == ()
    assert effect(f"DEL a {cut}") == "destroys_rows"
