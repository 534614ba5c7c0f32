"""The undo kit round the run of a confirmed statement, against a real server."""

# ruff: noqa: F811 - imported fixtures are arguments of tests

from __future__ import annotations

import time
from pathlib import Path

import pytest

from safeshell.cli.setting import load_setting
from safeshell.cli.undokeeping import Keeping, kits_of
from safeshell.model.effects import Demand
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Assessment, Conclusion, Exactness, Preview, Reversibility, Verdict
from safeshell.model.values import replace
from safeshell.state.undo import DONE, PENDING
from tests.making import action
from tests.previews.postgres.conftest import connect, link, server, template  # noqa: F401 - fixtures
from tests.previews.postgres.linking import Unit, rows_plan

TEXT = "DELETE FROM orders WHERE id < 11"
PREVIEW = Preview("10 rows of orders", 10, "rows", Exactness.EXACT, reversibility=Reversibility.UNDO_KIT)


@pytest.fixture
def keeping(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))

    def make(preview=PREVIEW, plan=None, limit=64 << 20, text=TEXT):
        loaded = load_setting()
        limits = replace(loaded.policy.limits, undo_bytes=limit)
        setting = replace(loaded, policy=replace(loaded.policy, limits=limits))
        end = Conclusion(True, Verdict(Demand.CONFIRM, "x"), Assessment(action(text), (), ()), preview=preview)
        chosen = plan or rows_plan("delete", "orders", "WHERE id < 11")
        return Keeping(setting, end, chosen, Unit(text), {"host": "/run", "dbname": "shop"})

    return make


def test_the_kit_is_on_disk_before_the_statement_runs(keeping, link):
    """Then it is kept, with everything that puts the rows back."""
    one = keeping()
    link.run("BEGIN")
    one.prepare(link, time.monotonic() + 20)
    (kit,) = kits_of(one.setting).listing()
    assert (kit.state, kit.rows, kit.target, kit.text) == (PENDING, 10, "web-3", TEXT)
    names = {path.name for path in Path(kits_of(one.setting).path(kit)).iterdir()}
    assert {"kit.json", "restore.sql", "restore.data", "1-orders.copy", "1-orders.csv"} <= names
    link.run(TEXT + "; COMMIT")
    assert one.keep(10) == f"safeshell: to take it back: safeshell undo {kit.id}"
    assert one.keep(12).endswith("(rows that came in between are missing: it holds 10 of 12)")
    assert kits_of(one.setting).find(kit.id).state == DONE
    csv = Path(kits_of(one.setting).path(kit), "1-orders.csv").read_text()
    assert csv.startswith("id,customer_id,status,total,placed\n1,2,open,1.50,")


def test_what_did_not_run_leaves_nothing(keeping, link):
    """The rows of production do not lie about for nothing."""
    one = keeping()
    link.run("BEGIN")
    one.prepare(link, time.monotonic() + 20)
    one.drop()
    assert kits_of(one.setting).listing() == []
    link.run("ROLLBACK")


def test_more_rows_than_confirmed_are_too_many(keeping):
    """Not one more up to a thousand, one in a hundred above; without a firm number nothing is held against it."""
    assert [keeping().exceeds(n) for n in (9, 10, 11)] == [False, False, True]
    many = keeping(replace(PREVIEW, affected=10_000))
    assert [many.exceeds(n) for n in (10_100, 10_101)] == [False, True]
    assert not keeping(replace(PREVIEW, exactness=Exactness.AT_LEAST)).exceeds(10**9)


def test_a_promise_that_cannot_be_kept_stops_the_statement(keeping, link):
    """The dialog said that it can be taken back: without the kit it does not run."""
    promised, unpromised = (
        keeping(limit=100),
        keeping(replace(PREVIEW, reversibility=Reversibility.IRREVERSIBLE), limit=100),
    )
    link.run("BEGIN")
    with pytest.raises(PreviewError, match=r"more than undo\.size"):
        promised.prepare(link, time.monotonic() + 20)
    unpromised.prepare(link, time.monotonic() + 20)
    assert "no undo kit was kept" in unpromised.keep(10)
    assert link.state == "T"
    link.run("ROLLBACK")
    assert kits_of(promised.setting).listing() == []


def test_secrets_of_the_statement_are_covered(keeping, link):
    """In the record and in the script's head."""
    one = keeping(text="DELETE FROM orders WHERE id < 11 AND password = 'hunter2hunter2'")
    link.run("BEGIN")
    one.prepare(link, time.monotonic() + 20)
    (kit,) = kits_of(one.setting).listing()
    for path in Path(kits_of(one.setting).path(kit)).iterdir():
        assert b"hunter2" not in path.read_bytes()
    link.run("ROLLBACK")
