"""Every refusal says why and what to do instead."""

from __future__ import annotations

import pytest

from safeshell.guard.sentences import named, notice, refusal
from safeshell.model.effects import Demand, Effect
from safeshell.model.judgement import Confirmation, Consent, Preview, Verdict
from safeshell.policy.assess import assess
from tests.making import action, claim, statement

ASSESSED = assess(action("rm x"), (statement(claim(Effect.DESTROYS_DATA, advice="count them first")),), {})
DECIDING = ASSESSED.findings[0]


def verdict(demand: Demand) -> Verdict:
    return Verdict(demand, "removes files", "", DECIDING)


def answer(how: Consent, request: str = "") -> Confirmation:
    return Confirmation("d", "ada", how, granted=False, at=1.0, request_id=request)


@pytest.mark.parametrize("demand", [Demand.CONFIRM, Demand.APPROVAL, Demand.DENY])
def test_refusals_begin_alike_and_name_the_place(demand):
    """A script can grep for it, a person can read it."""
    said = refusal(ASSESSED, verdict(demand), Preview("12 files"), None)
    assert said.startswith("safeshell: refused: this removes files on web-3 (PROD)")
    assert "12 files" in said


def test_a_request_ends_with_the_way_out():
    """Off a terminal the last words are the two commands to type."""
    said = refusal(ASSESSED, verdict(Demand.CONFIRM), None, answer(Consent.UNASKED, "ab-12"))
    assert said.endswith("safeshell approve --own ab-12, then run again with --guard-confirm ab-12")


def test_advice_is_given():
    """What to do instead stands at the end."""
    assert refusal(ASSESSED, verdict(Demand.CONFIRM), None, answer(Consent.DECLINED)).endswith("count them first")


def test_notices_begin_with_our_name():
    """Nobody wonders who spoke."""
    assert notice(ASSESSED, verdict(Demand.QUIET), Preview("p")).startswith("safeshell: this removes files")


def test_a_refusal_names_its_text():
    """Where the text is off the screen it stands in place of "this"; other refusals stay as they are."""
    said = "safeshell: refused: this removes files on web-3 (PROD); nothing was run"
    assert named(said, "rm -rf data") == (
        "safeshell: refused: `rm -rf data` removes files on web-3 (PROD); nothing was run"
    )
    other = "safeshell: refused: the audit cannot be written"
    assert named(other, "rm -rf data") == other
