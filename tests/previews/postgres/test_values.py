"""Names, constants, tables for a screen, parameters that only some questions use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.values import (
    Bound,
    ask_bound,
    cut,
    identifier,
    literal,
    number,
    qualified,
    spelled,
    tabulate,
)
from tests.previews.postgres.linking import Unit

NASTY = ["a'b", "a\\", "\\'; DROP TABLE orders; --", 'a"b', "'", "é\u202e", ""]


@pytest.mark.parametrize("setting", ["on", "off"])
def test_constants_and_names_come_back_as_they_were(link, setting):
    """Whatever standard_conforming_strings says."""
    link.run(f"SET standard_conforming_strings = {setting}; SET escape_string_warning = off")
    for text in NASTY:
        assert link.run(f"SELECT {literal(text)}") == ((text,),)
        if text:
            assert link.run(f"SELECT 1 AS {identifier(text)}") == (("1",),)


def test_tables_are_called_as_people_call_them():
    """The schema public goes without saying."""
    assert (spelled("public", "orders"), spelled("", "x"), spelled("a", "b")) == ("orders", "x", "a.b")
    assert (qualified("a", 'b"'), qualified("", "x")) == ('"a"."b"""', '"x"')
    assert (number("12"), number("1e3"), number(None)) == (12, 1000, 0)


def test_rows_stand_in_columns():
    """A header, aligned values, NULL as a word; one line each whatever is in a value."""
    lines = tabulate(("id", "said"), [("1", "a\nb"), ("22", None)])
    assert lines == ("id  said", "1   a b", "22  NULL")


@given(st.lists(st.text(max_size=80), min_size=1, max_size=30))
def test_no_row_is_wider_than_a_broad_screen(values):
    """What lies beyond is marked as left out."""
    names = [f"column_{index}" for index in range(len(values))]
    lines = tabulate(names, [values])
    assert all(len(line) <= 106 for line in lines)
    assert all("\n" not in line for line in lines)
    assert len(cut("x" * 99)) == 29


def test_parameters_that_a_question_does_not_use(link):
    """`$1` of an UPDATE stands in no count: the server would not know its type."""
    desk = Desk(link, 2.0)
    desk.open()
    unit = Unit("UPDATE orders SET status = $1 WHERE id < $2", (b"x", b"4"))
    for used in ((2,), (1, 2)):
        found = ask_bound(desk, "SELECT count(*) FROM orders WHERE id < $2", Bound.of(unit, used))
        assert found.rows == (("3",),)
    with pytest.raises(Refused, match="nowhere"):
        ask_bound(desk, "SELECT * FROM nowhere WHERE x = $2", Bound.of(unit, (2,)))
    assert ask_bound(desk, "SELECT 1", Bound()).rows == (("1",),)
    desk.close()


def test_binary_parameters_keep_their_form(link):
    """An int4 as four bytes, one format code for all."""
    desk = Desk(link, 2.0)
    desk.open()
    unit = Unit(
        "DELETE FROM orders WHERE id = $1 OR id = $2", ((7).to_bytes(4, "big"), (8).to_bytes(4, "big")), (1,), (23, 23)
    )
    found = ask_bound(desk, "SELECT id FROM orders WHERE id = $1 OR id = $2 ORDER BY 1", Bound.of(unit, (1, 2)))
    assert found.rows == (("7",), ("8",))
    desk.close()
