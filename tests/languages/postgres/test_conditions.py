"""Conditions that leave no row out."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres import trees
from safeshell.languages.postgres.conditions import leaves_none_out, truth

ALWAYS = """
true
1=1
1 = 1 or a = 2
id = id
t.id = t.id
id >= id
not false
not (1 = 2)
't'
1 < 2
a is null or a is not null
a = 1 or not a = 1
id is not null
id is not null or a = 3
name like '%'
name ilike '%'
name ~ '.*'
1 in (1, 2)
(a = 1) is not unknown or true
true is true
exists (select 1)
coalesce(true, false)
'a' = 'a'
a is not distinct from a
true::boolean
2 > 1 and 1 = 1
1 <> 2
""".strip().splitlines()
SOMETIMES = """
a = 1
a = b
deleted_at is not null
1 = 1 and a = 2
name like 'x%'
exists (select 1 from t)
a in (1, 2)
false
1 = 2
random() = random()
a is null
not a
a = $1
null
a is true
""".strip().splitlines()


def condition(text: str) -> trees.Tree:
    found = trees.parse(f"delete from t where {text}")
    assert isinstance(found, tuple)
    return found[0].node["whereClause"]


@pytest.mark.parametrize("text", ALWAYS)
def test_these_hold_for_every_row(text: str) -> None:
    """Whatever stands in the row."""
    assert leaves_none_out(condition(text))


@pytest.mark.parametrize("text", SOMETIMES)
def test_these_can_leave_rows_out(text: str) -> None:
    """Or let none through at all."""
    assert not leaves_none_out(condition(text))


def test_no_condition_leaves_none_out() -> None:
    """The plain case."""
    assert leaves_none_out(None)
    assert truth(None) is None
