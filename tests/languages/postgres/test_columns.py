"""Types that hold the same values in the same form."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.columns import add_constraint, constraints, fits, rewriting, steady, type_of
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.trees import second_opinion
from safeshell.model.facts import Ask, Question


@pytest.mark.parametrize(
    ("old", "new", "zone", "same"),
    [
        (("varchar", (5,)), ("varchar", (9,)), "", True),
        (("varchar", (9,)), ("varchar", (5,)), "", False),
        (("varchar", (9,)), ("varchar", ()), "", True),
        (("varchar", ()), ("varchar", (9,)), "", False),
        (("varchar", (9,)), ("text", ()), "", True),
        (("text", ()), ("varchar", ()), "", True),
        (("text", ()), ("varchar", (9,)), "", False),
        (("numeric", (10, 2)), ("numeric", (12, 2)), "", True),
        (("numeric", (10, 2)), ("numeric", (12, 3)), "", False),
        (("numeric", (10,)), ("numeric", (12, 0)), "", True),
        (("numeric", ()), ("numeric", (12, 2)), "", False),
        (("timestamp", ()), ("timestamptz", ()), "UTC", True),
        (("timestamp", ()), ("timestamptz", ()), "Europe/Berlin", False),
        (("timestamp", (3,)), ("timestamp", ()), "", True),
        (("int4", ()), ("int8", ()), "", False),
        (("cidr", ()), ("inet", ()), "", True),
        (("bpchar", (5,)), ("bpchar", (9,)), "", False),
    ],
)
def test_which_changes_of_type_are_instant(old, new, zone: str, same: bool) -> None:
    """By the facts of the releases 12 to 18."""
    assert fits(old, new, zone) is same


def column(text: str):
    (made,) = second_opinion(f"alter table t add column {text}")
    return made.node["cmds"][0]["AlterTableCmd"]["def"]["ColumnDef"]


def test_what_a_column_is_made_of() -> None:
    """Constraints by their type, the type's last name."""
    found = column("x app.kind not null default 3")
    assert set(constraints(found)) == {"CONSTR_NOTNULL", "CONSTR_DEFAULT"}
    assert type_of(found) == "kind"


def test_a_default_is_steady_or_every_row_is_written() -> None:
    """Functions of somebody's own are asked about."""
    assert not rewriting(column("x timestamptz default current_timestamp"), Scope())
    assert rewriting(column("x timestamptz default clock_timestamp()"), Scope())
    own = column("x int default app.next()")
    assert rewriting(own, Scope())
    assert not rewriting(own, Scope(facts={Question(Ask.ROUTINE, "app.next"): "stable"}))
    assert steady(None, Scope())


def test_foreign_keys_lock_both_tables() -> None:
    """The one they are on, and the one they refer to."""
    (made,) = second_opinion("alter table t add foreign key (a) references s.p not valid")
    item = made.node["cmds"][0]["AlterTableCmd"]["def"]["Constraint"]
    old = add_constraint(item, Scope(server={"server_version_num": "150000"}))
    assert old.also == (("s.p", "ShareRowExclusiveLock"),)
    assert old.caveats
    assert not add_constraint(item, Scope(server={"server_version_num": "180000"})).caveats
