"""Statements + facts -> Assessment: every claim settled in the environment where it would happen.

What must not live here: demands (policy.decide), I/O, knowledge of any tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safeshell.model.carried import carried, carried_question
from safeshell.model.effects import RISKS, Effect
from safeshell.model.facts import Answer, Ask, Facts, PathFact, ProgramFact, Question, place_question
from safeshell.model.judgement import Assessment, Finding
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Claim, Statement, Target, TargetKind
from safeshell.policy.scratch import landed, landings, settle

Stand = tuple[Statement, Environment, bool]
"""A statement, the environment it acts in, and whether that is another machine."""

_ON_FILES = frozenset({Effect.WRITES, Effect.DESTROYS_DATA, Effect.WRITES_SCRATCH})
_FAR_KINDS = frozenset({"host", "kubernetes", "container", "cloud", "app"})
"""Kinds of places with a file system of their own."""


def wanted(statements: Sequence[Statement]) -> tuple[Question, ...]:
    """What has to be known of the world before these statements can be judged, each once."""
    found: dict[Question, None] = {}
    for statement in statements:
        for question in _questions(statement, far=False):
            found[question] = None
    way = _way(statements)
    if way is not None:
        found[way] = None
    return tuple(found)


def _way(statements: Sequence[Statement]) -> Question | None:
    """Whether the shell that this opens can be followed is asked where it is all that the text does."""
    way = carried(statements[0]) if len(statements) == 1 else None
    return carried_question(way) if way is not None else None


def _questions(statement: Statement, *, far: bool) -> Iterator[Question]:
    if statement.place is not None:
        yield place_question(statement.place)
        far = far or statement.place.kind in _FAR_KINDS
    for claim in statement.claims:
        for target in claim.targets:
            for place in (target, *landings(target)):
                question = _question(claim, place)
                if question is not None and not far:
                    yield question
    for inner in statement.nested:
        yield from _questions(inner, far=far)


def _question(claim: Claim, target: Target) -> Question | None:
    """What to ask about one target; None when nothing about it changes the judgement."""
    if target.value is None:
        return None
    if claim.effect is Effect.UNKNOWN_PROGRAM:
        return Question(Ask.PROGRAM, target.value)
    if claim.effect is Effect.REWRITES_HISTORY and target.kind is TargetKind.REF:
        return Question(Ask.PUBLISHED, target.value)
    if target.kind is TargetKind.PATH and claim.effect in _ON_FILES and target.value:
        return Question(Ask.PATH, target.value)
    return None


def assess(action: Action, statements: Sequence[Statement], facts: Facts) -> Assessment:
    """Settle every claim of every statement, nested ones in the environment of their place."""
    findings: list[Finding] = []
    for statement in statements:
        for stand in _stands(statement, action.environment, facts, far=False):
            findings.extend(_findings(stand, facts))
    way = _way(statements)
    if way is not None and facts.get(way) is True:  # what is done there is asked about there
        findings = [finding for finding in findings if finding.effect is not Effect.LEAVES_GUARD]
    return Assessment(action, tuple(statements), tuple(findings))


def _stands(statement: Statement, outer: Environment, facts: Facts, *, far: bool) -> Iterator[Stand]:
    environment = outer
    if statement.place is not None:
        far = far or statement.place.kind in _FAR_KINDS
        answer = facts.get(place_question(statement.place))
        environment = answer if isinstance(answer, Environment) else outer
    yield statement, environment, far
    for inner in statement.nested:
        yield from _stands(inner, environment, facts, far=far)


def _findings(stand: Stand, facts: Facts) -> Iterator[Finding]:
    statement, environment, far = stand
    if not statement.understood:
        why = statement.detail.get("why", "safeshell cannot tell what this would run")
        yield _finding(
            Claim(Effect.NOT_UNDERSTOOD, "language.not_understood", f"is not understood: {why}"), environment
        )
    for claim in statement.claims:
        if not claim.targets:
            yield _finding(claim, environment)
            continue
        yield from _by_effect(claim, environment, facts, far=far)


def _by_effect(claim: Claim, environment: Environment, facts: Facts, *, far: bool) -> Iterator[Finding]:
    """One finding for each effect that the targets of a claim settle to."""
    groups: dict[tuple[Effect, bool], list[Target]] = {}
    for target in claim.targets:
        directory = facts.get(Question(Ask.PATH, target.value or "")) if not far else None
        for place in landed(target, directory if isinstance(directory, PathFact) else None):
            groups.setdefault(_settle(claim, place, facts, far=far), []).append(place)
    for (effect, local), targets in groups.items():
        yield _finding(claim, environment, effect=effect, targets=tuple(targets), local=local)


def _settle(claim: Claim, target: Target, facts: Facts, *, far: bool) -> tuple[Effect, bool]:
    question = _question(claim, target)
    answer: Answer = facts.get(question) if question is not None and not far else None
    if isinstance(answer, ProgramFact):
        return (Effect.READS if answer.remembered else claim.effect), False
    if question is not None and question.about is Ask.PUBLISHED and answer is False:
        return Effect.WRITES_SCRATCH, False
    if target.kind is TargetKind.PATH:
        return settle(claim, target, answer if isinstance(answer, PathFact) else None, far=far)
    return claim.effect, False


def _finding(
    claim: Claim,
    environment: Environment,
    *,
    effect: Effect | None = None,
    targets: tuple[Target, ...] = (),
    local: bool = False,
) -> Finding:
    settled = effect or claim.effect
    unbounded = claim.unbounded and RISKS[settled] > RISKS[Effect.READS]
    return Finding(
        rule=claim.rule,
        effect=settled,
        risk=RISKS[Effect.UNBOUNDED] if unbounded else RISKS[settled],
        reason=claim.reason,
        environment=environment,
        advice=claim.advice,
        instead=claim.instead,
        preview=claim.preview,
        targets=targets,
        recursive=claim.recursive,
        unbounded=unbounded,
        local=local,
    )
