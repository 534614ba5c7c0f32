"""Numbers under a deadline: exact, or an honest bound."""

from __future__ import annotations

import time

import pytest

from safeshell.model.judgement import Exactness
from safeshell.previews.postgres.counting import count_rows
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import Bound


@pytest.fixture
def desk(link):
    made = Desk(link, 1.0)
    made.open()
    yield made
    made.close()
    assert link.state == "I"


def test_rows_are_exact(desk):
    """One row of the SELECT for each row."""
    found = count_rows(desk, "SELECT 1 FROM orders", Bound(), within=0.5)
    assert (found.number, found.exactness) == (3000, Exactness.EXACT)


def test_time_running_out_leaves_a_lower_bound(desk):
    """Rows that come slowly: what was moved over counts, within the share of the time."""
    began = time.monotonic()
    slow = "SELECT pg_sleep(0.0001) FROM orders, generate_series(1, 1000)"
    found = count_rows(desk, slow, Bound(), within=0.5)
    assert time.monotonic() - began < 0.8
    assert found.exactness is Exactness.AT_LEAST
    assert 100 <= found.number < 3_000_000


def test_without_a_single_row_the_planner_is_asked(desk):
    """Labelled as its estimate."""
    slow = "SELECT 1 FROM orders WHERE pg_sleep(0.01) IS NULL"
    found = count_rows(desk, slow, Bound(), within=0.5)
    assert found.exactness is Exactness.ESTIMATE
    assert found.number > 0
    assert "planner" in found.why


def test_what_cannot_be_asked_is_unknown(desk):
    """With the server's own words, and the desk goes on."""
    found = count_rows(desk, "SELECT 1 FROM nowhere", Bound(), within=0.5)
    assert (found.number, found.exactness) == (None, Exactness.UNKNOWN)
    assert "nowhere" in found.why
    assert count_rows(desk, "SELECT 1 FROM refunds", Bound(), within=0.5).number == 1
