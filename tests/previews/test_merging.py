"""Several looks as one preview."""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.merging import merge

ONE = Preview("3 files", 3, "files", Exactness.EXACT, ("a",), Reversibility.REVERSIBLE, ("x",), 0.1)
TWO = Preview(
    "at least 4 files",
    4,
    "files",
    Exactness.AT_LEAST,
    ("b",),
    Reversibility.IRREVERSIBLE,
    ("x", "y"),
    0.3,
    Demand.CONFIRM,
)
THREE = Preview("2 processes", 2, "processes", Exactness.UNKNOWN)


def test_nothing_and_one():
    """No look is an empty preview that raises nothing; one look stays as it is."""
    assert merge([]) == Preview("")
    assert merge([ONE]) is ONE


def test_the_weakest_counts():
    """Numbers of one unit add up; exactness, way back and demand are the worst of all."""
    both = merge([ONE, TWO])
    assert (both.affected, both.unit, both.exactness) == (7, "files", Exactness.AT_LEAST)
    assert both.summary == "3 files; at least 4 files"
    assert both.sample == ("a", "b")
    assert both.caveats == ("x", "y")
    assert both.reversibility is Reversibility.IRREVERSIBLE
    assert both.raises is Demand.CONFIRM


def test_other_units_are_not_added():
    """Files and processes are no sum: the first unit counts."""
    both = merge([ONE, THREE])
    assert (both.affected, both.unit, both.exactness) == (3, "files", Exactness.UNKNOWN)
