"""Limits end a reading, never the reader."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.limits import MAX_STATEMENTS, MAX_STEPS, Budget, TooMuchError
from tests.languages.bash.lines import judge


def test_a_budget_runs_out():
    """Steps and statements are counted apart."""
    budget = Budget()
    budget.step(MAX_STEPS)
    with pytest.raises(TooMuchError):
        budget.step()
    for _ in range(MAX_STATEMENTS):
        budget.statement()
    with pytest.raises(TooMuchError):
        budget.statement()


def test_nested_loops_end_the_reading():
    """Fifty times fifty times fifty commands are not followed."""
    loop = "for a in {1..50}; do for b in {1..50}; do for c in {1..50}; do ls $a$b$c; done; done; done"
    (statement,) = judge(loop).statements
    assert not statement.understood
