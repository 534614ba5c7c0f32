"""Shapes: texts that differ in constants only share one, and a shape never clears what its texts do not."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from safeshell.languages.postgres.shapes import shape
from safeshell.model.effects import HARMLESS


def harmless(text: str) -> bool:
    found = read(text)
    return not found.questions and all(
        one.understood and set(one.effects) <= HARMLESS for statement in found.statements for one in statement.walk()
    )


def test_texts_that_differ_in_constants_share_a_shape():
    """Numbers and strings; names, functions and tables make another one."""
    one = shape("select x from t where id = 5 and n = 'a'")
    assert one == shape("select x from t where id = 77 and n = 'it''s'")
    assert one != shape("select x from u where id = 5 and n = 'a'")
    assert one != shape("select f(x) from t where id = 5 and n = 'a'")


@pytest.mark.parametrize(
    "text",
    [
        "select set_config('search_path', 'x', false)",
        "select query_to_xml('select 1', true, true, '')",
        "select nextval('s')",
        "do $$ begin null; end $$",
        "select dblink('select 1')",
        "select pg_terminate_backend(5)",
        "copy t to '/tmp/x'",
        "set role 'x'",
        "select 1; delete from t",
        "with x as (delete from t returning 1) select 2 from x",
    ],
)
def test_what_depends_on_its_constants_is_not_cleared_by_its_shape(text):
    """The reader does not know a parameter's value, so it holds what a value could make dangerous."""
    found = shape(text)
    assert found is None or not harmless(found)


@pytest.mark.parametrize(
    "text",
    ["select 1", "select * from t where a = 'x' limit 5", "select count(*) from t group by 1 having count(*) > 3"],
)
def test_plain_reads_have_a_harmless_shape(text):
    """So that the next of its kind costs microseconds."""
    assert harmless(shape(text))


def test_a_text_that_the_grammar_may_cut_otherwise_has_no_shape():
    """Backslashes without standard strings, foreign encodings, NUL, what does not parse, what is long."""
    off = {"standard_conforming_strings": "off"}
    assert shape(r"select 'a\'", server=off) is None
    assert shape("select 1", server=off) is not None
    assert shape("select 'é'") is None
    assert shape("select 1\x00") is None
    assert shape("selekt 1") is None
    assert shape("select " + "1," * 5000 + "1") is None
