"""The sentences of refusals and notices.

Every refusal begins with `safeshell: refused: ` and says why and what to do instead; every notice
begins with `safeshell: `. What must not live here: decisions, terminals, colours.
"""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.model.judgement import Assessment, Confirmation, Consent, Finding, Preview, Verdict

REFUSED = "safeshell: refused: "
NOTICE = "safeshell: "
_SUBJECT = "this"


def refusal(
    assessment: Assessment, verdict: Verdict, preview: Preview | None, confirmation: Confirmation | None
) -> str:
    """Why it did not run, and the next step, in one or two lines."""
    parts = [f"{_what(verdict, assessment)}"]
    if preview is not None and preview.summary:
        parts.append(preview.summary)
    parts.append(_next_step(verdict, confirmation))
    return REFUSED + "; ".join(part for part in parts if part)


def named(message: str, text: str) -> str:
    """The refusal with the text in place of "this", for a terminal on which the text is no longer to be seen."""
    beginning = f"{REFUSED}{_SUBJECT} "
    return f"{REFUSED}`{text}` {message[len(beginning) :]}" if message.startswith(beginning) else message


def notice(assessment: Assessment, verdict: Verdict, preview: Preview | None) -> str:
    """One line about something that was let pass."""
    shown = f"; {preview.summary}" if preview is not None and preview.summary else ""
    return f"{NOTICE}{_what(verdict, assessment)}{shown}"


def _what(verdict: Verdict, assessment: Assessment) -> str:
    environment = verdict.deciding.environment if verdict.deciding else assessment.action.environment
    return f"{_SUBJECT} {verdict.reason} on {environment.target or 'this host'} ({environment.tier.word})"


def _next_step(verdict: Verdict, confirmation: Confirmation | None) -> str:
    if confirmation is not None and confirmation.request_id:
        number = confirmation.request_id
        return f"to allow it: safeshell approve --own {number}, then run again with --guard-confirm {number}"
    if verdict.demand is Demand.DENY:
        return "the policy forbids it here; safeshell config show tells where that is written"
    if verdict.demand is Demand.APPROVAL:
        return "the policy asks for a colleague's approval, which this version cannot take yet"
    advice = _advice(verdict.deciding)
    if confirmation is not None and confirmation.how is Consent.UNASKED:
        return f"nobody could be asked{advice}"
    return f"nothing was run{advice}"


def _advice(finding: Finding | None) -> str:
    if finding is None:
        return ""
    if finding.instead:
        return f"; instead: {finding.instead}"
    return f"; {finding.advice}" if finding.advice else ""
