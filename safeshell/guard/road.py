"""The road: read, gather facts, assess, decide, preview, ask, record, conclude.

One generator for every action of every language; a gateway answers its requests. Record first,
release second. What must not live here: I/O, and anything that knows one language or tool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from safeshell.guard.digest import digest_of
from safeshell.guard.requests import AskOperator, GatherFacts, Record, RememberProgram, Road, TakePreview, perform
from safeshell.guard.sentences import notice, refusal
from safeshell.languages.reading import Reading
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import HARMLESS, Demand, Effect, Mode
from safeshell.model.facts import Answer, Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Consent, Preview, Verdict
from safeshell.model.statements import Action, Span, Statement
from safeshell.model.values import dataclass, replace
from safeshell.policy.assess import assess, wanted
from safeshell.policy.decide import Law, decide, unlocking_helps
from safeshell.policy.demands import NOTICED

READINGS = 4
"""How often a text is read again with more answers: aliases may name functions, these variables, these files."""

Reader = Callable[[Action, Facts], Reading]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the road goes by: how texts are read, the law, and an unlock's minutes, 0 where there is none.

    `waits` says of an unfinished text that nothing of it runs before the sender brings all of it: only
    an interactive shell can know that.
    """

    read: Reader
    law: Law
    unlock_minutes: int = 15
    reason_required: bool = False
    waits: Callable[[str], bool] = lambda _text: False


def weigh(action: Action, rules: Rules) -> Road[tuple[Assessment, Verdict]]:
    """Read, gather facts, assess and decide: everything that `safeshell check` needs."""
    reading, facts = yield from _understand(action, rules)
    return (yield from _weighed(action, rules, reading, facts))


def _weighed(action: Action, rules: Rules, reading: Reading, facts: Facts) -> Road[tuple[Assessment, Verdict]]:
    missing = _unanswered(wanted(reading.statements), facts)
    if missing:
        answers = yield from perform(GatherFacts(missing))
        facts = {**facts, **answers}
    assessment = assess(action, reading.statements, facts)
    return assessment, decide(assessment, rules.law)


def consider(action: Action, rules: Rules, at: Callable[[], float]) -> Road[Conclusion]:
    """The whole road for one action; `at` tells the time in seconds since the epoch."""
    reading, facts = yield from _understand(action, rules)
    if not reading.complete and rules.waits(action.text):
        return Conclusion(True, Verdict(Demand.ALLOW, "waits for its end"), Assessment(action, (), ()), backstop=True)
    assessment, verdict = yield from _weighed(action, rules, reading, facts)
    if verdict.demand is Demand.ALLOW:
        return (yield from _pass(assessment, verdict, at))
    if verdict.demand is Demand.DENY:
        return (yield from _refuse(assessment, verdict, at))
    preview = yield from _look(assessment)
    seen = decide(assessment, rules.law, preview)
    verdict = seen if seen.demand >= verdict.demand else verdict
    if verdict.demand is Demand.QUIET:
        return (yield from _pass(assessment, verdict, at, preview))
    if verdict.demand >= Demand.APPROVAL:
        return (yield from _refuse(assessment, verdict, at, preview))
    confirmation = yield from perform(_question(assessment, verdict, preview, rules))
    if not confirmation.granted:
        return (yield from _refuse(assessment, verdict, at, preview, confirmation))
    return (yield from _release(assessment, verdict, at, preview, confirmation))


def _understand(action: Action, rules: Rules) -> Road[tuple[Reading, Facts]]:
    """Read until no question is left that anybody can answer."""
    facts: Mapping[Question, Answer] = {}
    reading = _read(action, facts, rules)
    for _ in range(READINGS - 1):
        missing = _unanswered(reading.questions, facts)
        if not missing:
            break
        answers = yield from perform(GatherFacts(missing))
        if not answers:
            break
        facts = {**facts, **answers}
        reading = _read(action, facts, rules)
    return reading, facts


def _read(action: Action, facts: Facts, rules: Rules) -> Reading:
    """A reader that crashes has not understood; the person is asked and the session lives on."""
    try:
        return rules.read(action, facts)
    except (Exception, RecursionError) as fault:  # noqa: BLE001 - the one place where any fault becomes a question
        span = Span(0, len(action.text.encode("utf-8", "surrogateescape")))
        why = f"safeshell failed to read this ({type(fault).__name__})"
        detail = {"why": why}
        lost = Statement(action.language, action.text, span, "", understood=False, dynamic=True, detail=detail)
        return Reading((lost,))


def _unanswered(questions: tuple[Question, ...], facts: Facts) -> tuple[Question, ...]:
    return tuple(question for question in questions if question not in facts)


def _look(assessment: Assessment) -> Road[Preview]:
    """A preview where a finding names one; the others say all they know in their reason."""
    if not any(finding.preview for finding in assessment.findings):
        return Preview("")
    return (yield from perform(TakePreview(assessment)))


def _question(assessment: Assessment, verdict: Verdict, preview: Preview, rules: Rules) -> AskOperator:
    deciding = verdict.deciding
    key = verdict.demand is Demand.KEY
    return AskOperator(
        assessment=assessment,
        verdict=verdict,
        preview=preview,
        digest=digest_of(assessment, preview),
        mode=rules.law.mode_of(deciding.environment) if deciding else Mode.READ_ONLY,
        unlockable=key and rules.unlock_minutes > 0 and unlocking_helps(assessment, rules.law),
        unlock_minutes=rules.unlock_minutes,
        reason_required=rules.reason_required,
        rememberable=key and _rememberable(assessment),
        remedy="" if key else preview.remedy,
    )


def _rememberable(assessment: Assessment) -> bool:
    """Only where programs that nobody knows are the one thing to ask about, and not under sudo."""
    asked = {finding.effect for finding in assessment.findings} - HARMLESS
    return asked == {Effect.UNKNOWN_PROGRAM} and not any(
        inner.detail.get("elevates") for statement in assessment.statements for inner in statement.walk()
    )


def _pass(
    assessment: Assessment, verdict: Verdict, at: Callable[[], float], preview: Preview | None = None
) -> Road[Conclusion]:
    """Let it pass without a question; what only reads leaves no line of its own in the audit."""
    said = verdict.demand is Demand.QUIET or any(
        (finding.environment.tier, finding.effect) in NOTICED for finding in assessment.findings
    )
    conclusion = Conclusion(
        released=True,
        verdict=verdict,
        assessment=assessment,
        message=notice(assessment, verdict, preview) if said else "",
        preview=preview,
        backstop=assessment.dynamic or not assessment.understood,
    )
    if set(assessment.effects) <= HARMLESS:
        return conclusion
    written = yield from perform(Record(_event(conclusion, EventKind.INTENT, at)))
    if not written and _destroys(assessment):
        return _unrecorded(conclusion)
    return conclusion


def _release(
    assessment: Assessment, verdict: Verdict, at: Callable[[], float], preview: Preview, confirmation: Confirmation
) -> Road[Conclusion]:
    """Record the intent, then release; what cannot be recorded is not run."""
    if confirmation.how is Consent.REMEMBER:
        for finding in assessment.findings:
            for target in finding.targets if finding.effect is Effect.UNKNOWN_PROGRAM else ():
                yield from perform(RememberProgram(target.value or ""))
    conclusion = Conclusion(
        released=True,
        verdict=verdict,
        assessment=assessment,
        preview=preview,
        confirmation=confirmation,
        backstop=assessment.dynamic or not assessment.understood,
        unlock_minutes=confirmation.minutes if confirmation.how is Consent.UNLOCK else 0,
    )
    written = yield from perform(Record(_event(conclusion, EventKind.INTENT, at)))
    return conclusion if written or not _destroys(assessment) else _unrecorded(conclusion)


def _refuse(
    assessment: Assessment,
    verdict: Verdict,
    at: Callable[[], float],
    preview: Preview | None = None,
    confirmation: Confirmation | None = None,
) -> Road[Conclusion]:
    """Say no, and why; the refusal stands even where it cannot be recorded."""
    conclusion = Conclusion(
        released=False,
        verdict=verdict,
        assessment=assessment,
        message=refusal(assessment, verdict, preview, confirmation),
        preview=preview,
        confirmation=confirmation,
    )
    yield from perform(Record(_event(conclusion, EventKind.REFUSED, at)))
    return conclusion


def _unrecorded(conclusion: Conclusion) -> Conclusion:
    message = (
        "safeshell: refused: the audit cannot be written, so nothing destructive is let through; "
        "free some space or mend its directory (safeshell doctor names it), then try again"
    )
    return replace(conclusion, released=False, message=message, unlock_minutes=0)


def _destroys(assessment: Assessment) -> bool:
    """More than plain writes: these wait for the audit to be on disk."""
    return not set(assessment.effects) <= HARMLESS | {Effect.WRITES}


def _event(conclusion: Conclusion, kind: EventKind, at: Callable[[], float]) -> AuditEvent:
    """The audit line of a conclusion, before redaction."""
    assessment, verdict = conclusion.assessment, conclusion.verdict
    action, answer, preview = assessment.action, conclusion.confirmation, conclusion.preview
    place = verdict.deciding.environment if verdict.deciding else action.environment
    detail: dict[str, object] = {
        "language": action.language.value,
        "text": action.text,
        "cwd": action.context.cwd,
        "target": place.target,
        "tier": place.tier.value,
        "operator": place.operator or action.environment.operator,
        "demand": verdict.demand.name.lower(),
        "reason": verdict.reason,
        "effects": [effect.value for effect in assessment.effects],
        "rules": list(dict.fromkeys(finding.rule for finding in assessment.findings)),
    }
    if preview is not None and preview.summary:
        detail |= {"preview": preview.summary, "affected": preview.affected, "exactness": preview.exactness.value}
    if answer is not None:
        detail |= {"answer": answer.how.value, "digest": answer.digest, "by": answer.by}
        detail |= {"why": answer.reason} if answer.reason else {}
        detail |= {"request": answer.request_id} if answer.request_id else {}
        detail |= {"remedy": preview.remedy} if answer.remedy and preview is not None else {}
    durable = kind is EventKind.INTENT and _destroys(assessment)
    return AuditEvent(at(), action.session, action.id, kind, detail, durable=durable)
