"""Changes of rows: what is overwritten or lost, and whether anything bounds it."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from tests.languages.postgres.asking import effects


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("insert into t values (1)", {"writes"}),
        ("insert into t values (1) on conflict do nothing", {"writes"}),
        ("insert into t values (1) on conflict (a) do update set b = 1", {"destroys_rows"}),
        ("update t set a = 1 where b = 2", {"destroys_rows"}),
        ("update t set a = 1", {"destroys_rows", "unbounded"}),
        ("delete from t where current of c", {"destroys_rows"}),
        ("delete from t using u where t.id = t.id", {"destroys_rows", "unbounded"}),
        ("merge into t using s on t.a = s.a when matched then delete", {"destroys_rows"}),
        ("merge into t using s on true when matched then delete", {"destroys_rows", "unbounded"}),
        ("merge into t using s on t.a = s.a when not matched by source then delete", {"destroys_rows", "unbounded"}),
    ],
)
def test_effects_of_changes(text: str, found: set[str]) -> None:
    """A condition that is true for every row bounds nothing."""
    assert effects(text) == found


def test_the_table_the_preview_and_the_advice() -> None:
    """What the road needs to show the damage."""
    (statement,) = read('delete from only "Shop".orders').statements
    (claim,) = statement.claims
    assert (claim.preview, claim.targets[0].value) == ("postgres.rows", '"Shop".orders')
    assert "WHERE" in claim.advice
    assert read("delete from t where a = 1").statements[0].claims[0].advice == ""
