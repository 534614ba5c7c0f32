"""Whether there will be an undo kit, and why not."""

from __future__ import annotations

import pytest

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.model.values import replace
from safeshell.previews.postgres.counting import Count
from safeshell.previews.postgres.link import Limits
from safeshell.previews.postgres.relations import Facts
from safeshell.previews.postgres.room import Room, least_hope, room_for, weight
from tests.previews.postgres.linking import Plan, rows_plan

ORDERS = Facts(1, "public", "orders", "r", False, 1000, 1 << 20, 0, 1, (1,), False, True, False, "")
TEN = Count(10, Exactness.EXACT)


@pytest.mark.parametrize(
    ("plan", "facts", "limits", "why"),
    [
        (rows_plan("delete", "orders"), ORDERS, Limits(), ""),
        (rows_plan("delete", "orders"), ORDERS, Limits(undo_bytes=0), "undo.size is 0"),
        (rows_plan("delete", "orders"), ORDERS, Limits(undo_bytes=100), "more than undo.size"),
        (rows_plan("delete", "orders", undo_select=None), ORDERS, Limits(), "cannot be selected"),
        (rows_plan("delete", "orders"), None, Limits(), "not known"),
        (rows_plan("delete", "orders"), replace(ORDERS, kind="v"), Limits(), "no plain table"),
        (rows_plan("delete", "orders"), replace(ORDERS, tree=(1, 2)), Limits(), "inheritance"),
        (Plan("truncate", "truncate"), ORDERS, Limits(), ""),
    ],
)
def test_why_there_is_no_kit(plan, facts, limits, why):
    """Each reason is said; without one the rows are kept."""
    room = room_for(plan, facts, TEN, limits)
    if why:
        assert room.reversibility is Reversibility.IRREVERSIBLE
        assert why in room.caveats[0]
    else:
        assert room.reversibility is Reversibility.UNDO_KIT


def test_new_rows_need_none():
    """An INSERT overwrites nothing; a MERGE may add rows besides."""
    assert room_for(rows_plan("insert", "orders", undo_select=None), ORDERS, TEN, Limits()).caveats == ()
    assert "adds" in room_for(rows_plan("merge", "orders"), ORDERS, TEN, Limits()).caveats[0]


def test_weights():
    """By the average row; the whole table where nothing is known."""
    assert weight(ORDERS, Count(500, Exactness.EXACT)) == 1 << 19
    assert weight(ORDERS, Count(None, Exactness.UNKNOWN)) == 1 << 20
    assert weight(replace(ORDERS, rows=-1), Count(2, Exactness.EXACT)) == 2048


def test_the_least_hope_counts():
    """One table that cannot be kept is enough."""
    kept, lost = Room(Reversibility.UNDO_KIT), Room(Reversibility.IRREVERSIBLE)
    assert least_hope([kept, lost]) is Reversibility.IRREVERSIBLE
    assert least_hope([kept]) is Reversibility.UNDO_KIT
    assert least_hope([]) is Reversibility.UNKNOWN
