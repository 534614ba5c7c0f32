"""Taking the preview of everything that one held message would run on PostgreSQL.

What must not live here: any look at tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from safeshell.model.effects import Demand
from safeshell.model.judgement import Assessment, Exactness, Preview, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.model.values import replace
from safeshell.previews.merging import merge
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Limits, Link, Plan, Unit
from safeshell.previews.postgres.values import Bound
from safeshell.previews.postgres.waiting import may_wait

DEADLINE = 2.0
"""Seconds."""
_MOST = 12
"""Statements of one message that are looked at."""

MakePlans = Callable[..., Sequence[Plan]]


def take(  # noqa: PLR0913 - what surrounds a held message
    assessment: Assessment,
    link: Link,
    *,
    units: Sequence[Unit],
    deadline: float = DEADLINE,
    settings: Limits = Limits(),  # noqa: B008 - frozen
    plans: MakePlans | None = None,
) -> Preview:
    """Look at what the statements of one message would hit, for at most `deadline` seconds.

    `plans` turns a text into plans (default: languages.postgres). Never raises: what fails is a caveat,
    and asks harder.
    """
    begun = time.monotonic()
    whole: list[tuple[Plan, Unit]] = []
    try:
        make = plans or _planner()
        whole = [(plan, unit) for unit in units for plan in make(unit.text, server=link.server)]
        planned = [(one, unit) for plan, unit in whole for one in _flat(plan)]
        seen = _looks(assessment, planned, Desk(link, deadline), settings)
        patient = settings.tries and may_wait([plan for plan, _ in planned], link)
    except Exception as fault:  # noqa: BLE001 - any fault of a look becomes a caveat and a stricter question
        seen, patient = [_failed(f"the preview failed ({type(fault).__name__}: {fault})")], False
    remedy = f"wait {settings.wait:g} s for its lock at most, and try up to {settings.tries} times" if patient else ""
    found = replace(merge(seen), took=time.monotonic() - begun, remedy=remedy)
    return found if len(whole) == 1 or found.reversibility is not Reversibility.UNDO_KIT else _unkept(found)


def _unkept(preview: Preview) -> Preview:
    """A kit is taken of a statement that comes alone."""
    why = "no undo kit: it is one of several statements of a message; send it alone for one"
    return replace(preview, reversibility=Reversibility.UNKNOWN, caveats=(*preview.caveats, why))


def _planner() -> MakePlans:
    make: MakePlans = import_module("safeshell.languages.postgres.plans").plan
    return make


def _flat(plan: Plan) -> Iterator[Plan]:
    """The changes inside a statement before itself; the tables of a TRUNCATE are looked at together."""
    if plan.kind == "rows":
        for part in plan.parts:
            yield from _flat(part)
    if plan.kind != "rows" or plan.relations or not plan.parts:
        yield plan


def _looks(assessment: Assessment, planned: Sequence[tuple[Plan, Unit]], desk: Desk, settings: Limits) -> list[Preview]:
    wanted = [(index, *pair) for index, pair in enumerate(planned) if _worth(pair[0], assessment)]
    if not wanted:
        return []
    desk.open()
    try:
        seen = [_look(assessment, plan, unit, desk, settings) for _, plan, unit in wanted[:_MOST]]
    finally:
        desk.close()
    if len(wanted) > _MOST:
        seen.append(_failed(f"{len(wanted) - _MOST} more statements of this message were not looked at"))
    return [_later(one, first=wanted[place][0] == 0) if place < _MOST else one for place, one in enumerate(seen)]


def _worth(plan: Plan, assessment: Assessment) -> bool:
    """True for a statement that something can be told about."""
    return plan.kind != "other" or plan.verb == "lock" or bool(_sessions(assessment))


def _look(assessment: Assessment, plan: Plan, unit: Unit, desk: Desk, settings: Limits) -> Preview:
    from safeshell.previews.postgres import backend, ddl, drop, dropwhole, lock, rows, truncate

    try:
        if plan.kind == "rows":
            return rows.look(plan, unit, desk, settings)
        if plan.kind == "truncate":
            return truncate.look(plan, desk, settings, cascade=_cascades(assessment))
        if plan.verb == "lock":
            return lock.look(plan, desk)
        if plan.verb.startswith("drop ") and plan.relations:
            return drop.look(plan, desk, settings, assessment.action.context.database)
        if plan.verb in dropwhole.KINDS and (names := _named(assessment)):
            return dropwhole.look(plan.verb, names, desk, settings)
        if plan.kind == "ddl":
            return ddl.look(plan, unit.text, desk, settings)
        return backend.look(_sessions(assessment), plan.sample, Bound.of(unit, plan.parameters), desk)
    except Refused as fault:
        return _failed(f"the preview failed: {fault}")


def _sessions(assessment: Assessment) -> list[int]:
    """The pids of sessions that the statement names."""
    targets = [target for finding in assessment.findings for target in finding.targets]
    named = (target.value for target in targets if target.kind is TargetKind.PROCESS)
    return [int(value) for value in named if value and value.isdigit()]


def _named(assessment: Assessment) -> list[str]:
    """What the statements drop, by its names."""
    targets = [target for finding in assessment.findings for target in finding.targets]
    kinds = (TargetKind.OTHER, TargetKind.DATABASE)
    return list(dict.fromkeys(target.value for target in targets if target.kind in kinds and target.value))


def _cascades(assessment: Assessment) -> bool:
    return any(finding.recursive and finding.preview == "postgres.truncate" for finding in assessment.findings)


def _later(preview: Preview, *, first: bool) -> Preview:
    """A statement behind others of its message is counted before they ran."""
    if first or preview.affected is None:
        return preview
    weaker = Exactness.ESTIMATE if preview.exactness is Exactness.EXACT else preview.exactness
    note = "counted as of now: statements before it in the same message run first"
    return replace(preview, exactness=weaker, caveats=(*preview.caveats, note))


def _failed(caveat: str) -> Preview:
    return Preview("", exactness=Exactness.UNKNOWN, caveats=(caveat,), raises=Demand.CONFIRM)
