"""The replies that are a no."""

from __future__ import annotations

from safeshell.dialogs.answers import DECLINED, INTERRUPTED, UNASKED
from safeshell.model.judgement import Consent


def test_ready_made_answers_are_a_no():
    """Neither grants anything, and they tell a person who said no from nobody being there."""
    assert (DECLINED.granted, DECLINED.how, DECLINED.minutes) == (False, Consent.DECLINED, 0)
    assert (INTERRUPTED.granted, INTERRUPTED.how, INTERRUPTED.interrupted) == (False, Consent.DECLINED, True)
    assert (UNASKED.granted, UNASKED.how, UNASKED.minutes) == (False, Consent.UNASKED, 0)
