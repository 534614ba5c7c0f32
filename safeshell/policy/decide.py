"""Assessment -> Verdict: the demand table, what configuration raised, windows, previews, challenges.

What must not live here: how findings come about (policy.assess), asking (guard).
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.model.effects import HARMLESS, Demand, Effect, Mode, Tier
from safeshell.model.judgement import Assessment, Exactness, Finding, Preview, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Target, TargetKind
from safeshell.model.values import dataclass, replace
from safeshell.policy.demands import cell
from safeshell.policy.environments import counted_tiers
from safeshell.policy.policy import Policy
from safeshell.policy.windows import closed

_CHALLENGE_WIDTH = 40
_RANKS = {effect: number for number, effect in enumerate(Effect)}
"""Among equals the later word of the vocabulary decides: halting the host before losing a file."""
_COUNTED_KINDS = frozenset({TargetKind.PATH, TargetKind.TABLE, TargetKind.KEY, TargetKind.DATABASE})


@dataclass(frozen=True, slots=True)
class Law:
    """What decide needs of a policy.

    `mode_of` tells the mode of an environment now (unlocks included); `configured` gives the demand
    of a tier and effect where the table says the third argument (`Policy.demand`); `closed` gives
    the reason why a tier is closed now, "" when it is open.
    """

    mode_of: Callable[[Environment], Mode]
    configured: Callable[[Tier, Effect, Demand], Demand] = lambda _tier, _effect, built_in: built_in
    closed: Callable[[Tier], str] = lambda _tier: ""


def law_of(policy: Policy, mode_of: Callable[[Environment], Mode], at: float) -> Law:
    """The law that a policy makes at a moment (seconds since the epoch); modes are the caller's to know."""
    return Law(mode_of=mode_of, configured=policy.demand, closed=lambda tier: closed(policy, tier, at))


def decide(assessment: Assessment, law: Law, preview: Preview | None = None) -> Verdict:
    """The strictest answer that any finding asks for; a preview can only make it stricter."""
    best: Finding | None = None
    demand = Demand.ALLOW
    for finding in assessment.findings:
        asked = demand_of(finding, law)
        if best is None or (asked, finding.risk, _RANKS[finding.effect]) > (demand, best.risk, _RANKS[best.effect]):
            best, demand = finding, asked
    if best is None:
        return Verdict(Demand.ALLOW, "nothing to do")
    if preview is not None:
        demand = _with_preview(demand, preview)
    challenge = _challenge(best, preview, assessment.action.context.database) if demand is Demand.CONFIRM else ""
    return Verdict(demand, _reason(best, law), challenge, best)


def demand_of(finding: Finding, law: Law) -> Demand:
    """What one finding asks for, before any preview."""
    if finding.effect in HARMLESS:
        return Demand.ALLOW
    mode = law.mode_of(finding.environment)
    return max(_in_tier(finding, tier, mode, law) for tier in counted_tiers(finding.environment))


def _in_tier(finding: Finding, tier: Tier, mode: Mode, law: Law) -> Demand:
    """What one finding asks for, as a matter of one tier."""
    effect = finding.effect
    if tier is Tier.DEVELOPMENT and finding.local and effect is Effect.DESTROYS_DATA:
        effect = Effect.WRITES
    asked = law.configured(tier, effect, cell(effect, tier, mode))
    if finding.unbounded:
        asked = max(asked, law.configured(tier, Effect.UNBOUNDED, cell(Effect.UNBOUNDED, tier, mode)))
    return _one_up(asked) if law.closed(tier) else asked


def unlocking_helps(assessment: Assessment, law: Law) -> bool:
    """True when unlocking writes would let this action pass without a question."""
    unlocked = replace(law, mode_of=lambda _environment: Mode.READ_WRITE)
    return decide(assessment, unlocked).demand <= Demand.QUIET


def _one_up(demand: Demand) -> Demand:
    """Outside a window: what would pass is asked, what is asked is asked harder; never a denial."""
    return {Demand.ALLOW: Demand.KEY, Demand.QUIET: Demand.KEY, Demand.KEY: Demand.CONFIRM}.get(
        demand, max(demand, Demand.APPROVAL)
    )


def _with_preview(demand: Demand, preview: Preview) -> Demand:
    """A preview that saw more, or that failed, asks harder; it never asks less."""
    failed = preview.exactness is Exactness.UNKNOWN and bool(preview.caveats)
    if failed and Demand.ALLOW < demand < Demand.CONFIRM:
        demand = Demand(demand + 1)
    return max(demand, preview.raises)


def _reason(finding: Finding, law: Law) -> str:
    closed = law.closed(finding.environment.tier) if finding.effect not in HARMLESS else ""
    return f"{finding.reason} ({closed})" if closed else finding.reason


def _challenge(finding: Finding, preview: Preview | None, database: str) -> str:
    """Words that are only typed by somebody who read where this happens, and how much goes."""
    counted = preview is not None and preview.affected is not None
    if counted and len(finding.targets) == 1 and finding.targets[0].kind in _COUNTED_KINDS:
        name = _short(finding.targets[0])
        text = f"{name} {preview.affected if preview else 0}"
        if name and _typeable(text) and not finding.targets[0].glob:
            return text
    where = _database(finding, database)
    if counted and where and _typeable(text := f"{where} {preview.affected if preview else 0}"):
        return text
    host = _whole(finding) or finding.environment.target
    return host if host and _typeable(host) else "yes, run it"


def _database(finding: Finding, connected: str) -> str:
    """The database that several tables or keys are in; "" for anything else."""
    kinds = {target.kind for target in finding.targets} if len(finding.targets) > 1 else set()
    if kinds == {TargetKind.TABLE}:
        return connected
    return finding.environment.target.rpartition("@")[0] if kinds == {TargetKind.KEY} else ""


def _whole(finding: Finding) -> str:
    """`shop_old@db.prod` where another database is dropped than the one that the connection is in; "" elsewhere."""
    _, at, host = finding.environment.target.partition("@")
    targets = finding.targets if finding.effect is Effect.DESTROYS_DATA else ()
    whole = at and len(targets) == 1 and targets[0].kind is TargetKind.DATABASE and targets[0].value
    return f"{targets[0].value}@{host}" if whole else ""


def _short(target: Target) -> str:
    """The last part of a name: of a path, and of a table with its schema."""
    value = target.value or ""
    if target.kind is TargetKind.TABLE:
        return value.rpartition(".")[2].strip('"')
    return value.rstrip("/").rpartition("/")[2]


def _typeable(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip() and len(text) <= _CHALLENGE_WIDTH
