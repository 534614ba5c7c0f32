"""Trees become text again, and the trees that are built here are valid SQL."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres import deparsing as sql
from safeshell.languages.postgres.trees import second_opinion
from tests.languages.postgres.test_rowplans import STATEMENTS


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_survives_the_way_back(text: str) -> None:
    """Its text parses to the same tree again, but for the places of its parts."""
    from safeshell.languages.postgres.conditions import plain

    (first,) = second_opinion(text)
    (again,) = second_opinion(sql.sql(first.kind, first.node))
    assert plain(again.node) == plain(first.node)


def test_queries_built_of_parts() -> None:
    """As they are put together by the plans."""
    one = sql.select([sql.number(1)], [{"RangeVar": {"relname": "t", "inh": True, "relpersistence": "p"}}])
    inside = sql.select([sql.column("s", "*")], [sql.subquery(one, "s")])
    assert sql.sql("SelectStmt", inside) == "SELECT s.* FROM (SELECT 1 FROM t) s"
    assert sql.sql("SelectStmt", sql.union_all(one, one)) == "SELECT 1 FROM t UNION ALL SELECT 1 FROM t"
    assert sql.expression(sql.negated(sql.exists(one))) == "NOT EXISTS (SELECT 1 FROM t)"
    assert sql.expression(sql.all_of(sql.column("a"), None, sql.column("b", "c"))) == "a AND b.c"
    assert sql.any_of(None, None) is None
    assert sql.expression(sql.text("it's")) == "'it''s'"
    named = sql.select([sql.number(0)], names=["Odd (new)"], limit=3)
    assert sql.sql("SelectStmt", named) == 'SELECT 0 AS "Odd (new)" LIMIT 3'


def test_the_first_case_that_holds_decides() -> None:
    """As WHEN clauses of a MERGE do."""
    cases = [(sql.column("a"), True), (sql.column("b"), False)]
    assert sql.expression(sql.first_true(cases)) == "CASE WHEN a THEN 1 WHEN b THEN 0 ELSE 0 END = 1"


def test_types_as_text() -> None:
    """With their modifiers."""
    (made,) = second_opinion("select 1::numeric(10,2)")
    cast = made.node["targetList"][0]["ResTarget"]["val"]["TypeCast"]
    assert sql.type_name(cast["typeName"]) == "numeric(10, 2)"


def test_parameters_are_found_and_parts_left_out() -> None:
    """Anywhere in a tree."""
    (made,) = second_opinion("select $2 from t where a = $1 or b in (select $2 for update)")
    assert sql.parameters(made.node) == (1, 2)
    assert "lockingClause" not in str(sql.without(made.node, "lockingClause"))


def test_what_is_no_statement_is_a_value_error() -> None:
    """Not a protobuf error of some kind."""
    with pytest.raises(ValueError, match="no statement"):
        sql.sql("NoSuchStmt", {})
