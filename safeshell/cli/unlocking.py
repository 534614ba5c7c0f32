"""The question that unlocks writes by itself, without an action behind it.

What must not live here: granting (guard.unlocks), drawing (dialogs).
"""

from __future__ import annotations

from safeshell.guard.digest import digest_of
from safeshell.guard.requests import AskOperator
from safeshell.model.effects import Demand, Effect, Mode, Risk
from safeshell.model.judgement import Assessment, Finding, Preview, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language


def unlock_question(environment: Environment, minutes: int, reason_required: bool, at: float) -> AskOperator:  # noqa: FBT001 - a policy value handed on
    """The one-key question that `safeshell unlock` opens on the guard's own terminal."""
    reason = f"lets plain writes through for {minutes} minutes"
    action = Action("unlock", "", Language.BASH, f"safeshell unlock {minutes}m", Context(), environment, at)
    finding = Finding("guard.unlock", Effect.WRITES, Risk.LOW, reason, environment)
    assessment = Assessment(action, (), (finding,))
    preview = Preview("")
    return AskOperator(
        assessment=assessment,
        verdict=Verdict(Demand.KEY, reason, "", finding),
        preview=preview,
        digest=digest_of(assessment, preview),
        mode=Mode.READ_ONLY,
        unlockable=True,
        unlock_minutes=minutes,
        reason_required=reason_required,
    )
