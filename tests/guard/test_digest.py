"""What a consent is bound to."""

from __future__ import annotations

import pytest

from safeshell.guard.digest import digest_of
from safeshell.model.effects import Effect, Tier
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.values import replace
from safeshell.policy.assess import assess
from tests.making import action, claim, environment, statement

SEEN = Preview("12 files", affected=12, exactness=Exactness.EXACT)


def assessed(**changes):
    return assess(replace(action("rm x"), **changes), (statement(claim(Effect.DESTROYS_DATA)),), {})


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "rm y"},
        {"environment": environment(Tier.PRODUCTION, "web-4")},
    ],
)
def test_another_action_is_another_digest(changes):
    """Text and target are bound."""
    assert digest_of(assessed(), SEEN) != digest_of(assessed(**changes), SEEN)


@pytest.mark.parametrize(
    "seen",
    [
        replace(SEEN, affected=13),
        replace(SEEN, summary="12 other files"),
        replace(SEEN, exactness=Exactness.AT_LEAST),
    ],
)
def test_another_preview_is_another_digest(seen):
    """What was shown is bound."""
    assert digest_of(assessed(), SEEN) != digest_of(assessed(), seen)


def test_the_time_is_not_bound():
    """The same action a minute later is the same action."""
    assert digest_of(assessed(), SEEN) == digest_of(assessed(submitted_at=9.0), SEEN)


def test_bytes_that_are_no_text_have_a_digest():
    """Eight-bit lines are bound like any other."""
    assert len(digest_of(assessed(text="rm \udcff"), SEEN)) == 64
