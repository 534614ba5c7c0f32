"""The question behind `safeshell unlock`."""

from __future__ import annotations

from safeshell.cli.unlocking import unlock_question
from safeshell.model.effects import Demand, Effect, Mode
from tests.making import environment


def test_it_is_a_one_key_question_about_plain_writes_in_that_place():
    """Never a typed challenge; unlocking is what it offers."""
    where = environment()
    question = unlock_question(where, 7, False, 100.0)
    assert (question.verdict.demand, question.verdict.challenge) == (Demand.KEY, "")
    assert (question.unlockable, question.unlock_minutes, question.mode) == (True, 7, Mode.READ_ONLY)
    assert question.verdict.deciding.environment is where
    assert [finding.effect for finding in question.assessment.findings] == [Effect.WRITES]
    assert "7 minutes" in question.verdict.reason


def test_a_policy_that_wants_a_reason_gets_the_question_for_it():
    """The dialog asks for it then."""
    assert unlock_question(environment(), 7, True, 100.0).reason_required
    assert not unlock_question(environment(), 7, False, 100.0).reason_required


def test_its_digest_binds_the_minutes():
    """A confirmation of five minutes is none of fifty."""
    five, fifty = (unlock_question(environment(), minutes, False, 100.0) for minutes in (5, 50))
    assert five.digest != fifty.digest
