"""Drafts become statements."""

from __future__ import annotations

from safeshell.languages.bash.call import Draft
from safeshell.model.effects import Effect


def test_a_lost_draft_is_dynamic_and_says_why():
    """What is not understood must be watched while it runs."""
    draft = Draft("x")
    draft.lost("because")
    assert (draft.understood, draft.dynamic, draft.detail["why"]) == (False, True, "because")


def test_an_opaque_draft_claims_it():
    """Code that nobody can read is a claim of its own."""
    draft = Draft("x")
    draft.opaque("because")
    assert [(claim.effect, claim.reason) for claim in draft.claims] == [(Effect.RUNS_OPAQUE_CODE, "because")]
    assert draft.dynamic
