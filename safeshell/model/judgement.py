"""What came of judging an action: findings, assessment, verdict, preview, confirmation, conclusion.

What must not live here: the rules by which these are made (policy, guard).
"""

from __future__ import annotations

from enum import StrEnum

from safeshell.model.effects import RISKS, Demand, Effect, Risk
from safeshell.model.values import dataclass

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from safeshell.model.places import Environment
    from safeshell.model.statements import Action, Statement, Target


@dataclass(frozen=True, slots=True)
class Finding:
    """One effect after the facts were looked at, in the environment where it would happen.

    `local` marks a literal, non-recursive path in the person's home or a work tree.
    """

    rule: str
    effect: Effect
    risk: Risk
    reason: str
    environment: Environment
    advice: str = ""
    instead: str = ""
    preview: str = ""
    targets: tuple[Target, ...] = ()
    recursive: bool = False
    unbounded: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """An action with everything that was found in it; harmless findings are kept for the record."""

    action: Action
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]

    @property
    def risk(self) -> Risk:
        """The highest risk of any finding."""
        return max((finding.risk for finding in self.findings), default=Risk.NONE)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Every effect found, the riskiest first, each once."""
        found = {f.effect for f in self.findings} | {Effect.UNBOUNDED for f in self.findings if f.unbounded}
        return tuple(sorted(found, key=lambda effect: (-RISKS[effect], effect.value)))

    @property
    def understood(self) -> bool:
        """True when every statement, nested ones too, was understood."""
        return all(inner.understood for statement in self.statements for inner in statement.walk())

    @property
    def dynamic(self) -> bool:
        """True when something that runs is only known while it runs."""
        return any(inner.dynamic for statement in self.statements for inner in statement.walk())


class Exactness(StrEnum):
    """How a number of a preview relates to the truth."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ESTIMATE = "estimate"
    UNKNOWN = "unknown"


class Reversibility(StrEnum):
    """Whether what an action does can be taken back."""

    REVERSIBLE = "reversible"
    UNDO_KIT = "undo_kit"
    IRREVERSIBLE = "irreversible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Preview:
    """The damage before it happens.

    `summary` is one line (`1,284 files, 3.2 GiB below data/`); `affected` is the number that a
    confirmation is bound to (rows, files), None where nothing is counted; `unit` names it (`rows`,
    `files`); `sample` are lines of text ready for a screen; `took` is in seconds. `raises` is the
    least demand that this preview makes by itself (ALLOW when it raises nothing). `safer` is a safer way,
    line by line, ready to be run instead; `remedy` a gentler way in which the guard itself can run the same
    action, in words, "" for none. `rollback` says that it happens in a transaction which the person has open:
    until its end it can be taken back there, and `reversibility` is about the time after.
    """

    summary: str
    affected: int | None = None
    unit: str = ""
    exactness: Exactness = Exactness.UNKNOWN
    sample: tuple[str, ...] = ()
    reversibility: Reversibility = Reversibility.UNKNOWN
    caveats: tuple[str, ...] = ()
    took: float = 0.0
    raises: Demand = Demand.ALLOW
    safer: tuple[str, ...] = ()
    remedy: str = ""
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must happen before the action is released.

    `challenge` is what a person has to type for CONFIRM ("" otherwise). `deciding` is the finding
    that set the demand; None when nothing was found.
    """

    demand: Demand
    reason: str
    challenge: str = ""
    deciding: Finding | None = None


class Consent(StrEnum):
    """How a person answered a question."""

    TYPED = "typed"
    ONCE = "once"
    UNLOCK = "unlock"
    REMEMBER = "remember"
    TOKEN = "token"  # noqa: S105 - a kind of consent, not a secret
    DECLINED = "declined"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's answer, bound to what was shown.

    `digest` covers the action and the preview. `by` is the operator, `at` seconds since the epoch.
    `request_id` is set where nobody could be asked and a request was left instead. `minutes` is above 0
    where writes were unlocked. `remedy`: the preview's remedy was chosen, not the bare run.
    """

    digest: str
    by: str
    how: Consent
    granted: bool
    at: float
    reason: str = ""
    request_id: str = ""
    minutes: int = 0
    remedy: bool = False


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The end of the road for one action.

    `backstop` says that the session must keep watching while the action runs, because not all of
    what it runs could be read. `message` is the refusal or the notice for the person, complete with
    its `safeshell: ` head, "" when there is nothing to say. `unlock_minutes` is above 0 when the
    person unlocked writes with this answer.
    """

    released: bool
    verdict: Verdict
    assessment: Assessment
    message: str = ""
    preview: Preview | None = None
    confirmation: Confirmation | None = None
    backstop: bool = False
    unlock_minutes: int = 0
