"""The policy as the rest of the house sees it: one frozen value, made by `policy.layers`.

What must not live here: reading YAML, layering, matching environments, deciding.
"""

from __future__ import annotations

from types import MappingProxyType

from safeshell.model.tiers import Tier
from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.model.effects import Demand, Effect

    Demands = Mapping[Tier, Mapping[Effect, Demand]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of an environment's `match`: any of `patterns` must match.

    `key` is host, cidr, file, env, database, kubernetes, cloud, terraform or app; `part` names what
    of it is meant (a path, a variable, `name`), "" where the key has no parts. Patterns are shell
    globs, for cidr networks.
    """

    key: str
    part: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentRule:
    """One item of `environments`. Every condition must hold. `source` is `file:line`."""

    name: str
    tier: Tier
    conditions: tuple[Condition, ...]
    labels: Mapping[str, str] = MappingProxyType({})
    source: str = ""


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Hours in which a window is open: weekdays (0 is Monday), minutes since midnight.

    `end` is exclusive and may be 1440 (24:00); an `end` before `start` lies on the next day.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """When changes are expected in some tiers. `zone` is a tz database name, holidays are ISO dates."""

    tiers: frozenset[Tier]
    open: tuple[OpenTime, ...]
    zone: str = "UTC"
    holidays: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing should change: ISO dates or `date HH:MM`, both ends inclusive."""

    start: str
    until: str
    reason: str = ""
    tiers: frozenset[Tier] = frozenset({Tier.PRODUCTION, Tier.UNKNOWN, Tier.STAGING})
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of previews and undo kits: seconds, lines, files, rows, bytes, days.

    `lock_wait` is the lock_timeout of an offered patient run, `lock_tries` how often it tries at most, within
    `lock_within` seconds.
    """

    deadline: float = 2.0
    sample: int = 5
    files: int = 200_000
    undo_bytes: int = 64 << 20
    undo_days: float = 14.0
    lock_wait: float = 2.0
    lock_tries: int = 10
    lock_within: float = 600.0


@dataclass(frozen=True, slots=True)
class RedisLimits:
    """When a loop of single writes is paused, and how long a flush is watched afterwards.

    `loop_writes` single writes at `loop_rate` a second or more pause the loop; `watch` is in
    seconds; `alarm` is the argv of a command to call, () for none.
    """

    loop_writes: int = 1000
    loop_rate: float = 50.0
    watch: float = 60.0
    alarm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that configuration decides.

    `demands` holds only what the floor configured: such a cell replaces the built-in one.
    `least_demands` comes from layers that may only tighten: it is combined by maximum. Ask
    `demand()` and both are heeded. `environments` are the floor's rules, `tightening` those of each
    layer above, which can raise a tier and never lower it. `least_tier` (SAFESHELL_TIER,
    --guard-tier) raises every environment. `unlock_max_minutes` 0 forbids unlocking. `tokens` is
    "self" where a caller without a terminal may redeem its own request, else "". `follow` is ask,
    always or never, `follow_sh` bash or plain. `approvals` is plain data: store, allowed_signers, approvers, expires
    (seconds), forwarded_agent. `notices` are sentences without the `safeshell: ` head, `sources` the
    files that were heeded, `origins` where each configured key came from (`file:line`).
    """

    environments: tuple[EnvironmentRule, ...] = ()
    tightening: tuple[tuple[EnvironmentRule, ...], ...] = ()
    demands: Demands = field(default_factory=dict)
    least_demands: Demands = field(default_factory=dict)
    least_tier: Tier | None = None
    least_tier_source: str = ""
    unlock_max_minutes: int = 60
    unlock_default_minutes: int = 15
    unlock_reason: bool = False
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    approvals: Mapping[str, object] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    redis: RedisLimits = field(default_factory=RedisLimits)
    record_sessions: bool = False
    record_directory: str = ""
    tint: bool = False
    tokens: str = ""
    strict: bool = False
    remember_days: int = 90
    follow: str = "ask"
    follow_sh: str = "bash"
    login_shell: str = ""
    automation_users: tuple[str, ...] = ()
    backups: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    broken: bool = False

    @property
    def preview_deadline(self) -> float:
        """Seconds that a preview may take."""
        return self.limits.deadline

    @property
    def zone(self) -> str:
        """The zone of times that name none: the first window's, else UTC."""
        return self.windows[0].zone if self.windows else "UTC"

    def demand(self, tier: Tier, effect: Effect, built_in: Demand) -> Demand:
        """What is demanded for an effect in a tier, where the built-in table says `built_in`."""
        base = self.demands.get(tier, {}).get(effect, built_in)
        least = self.least_demands.get(tier, {}).get(effect)
        return base if least is None else max(base, least)

    def configured(self, tier: Tier, effect: Effect) -> bool:
        """True where configuration speaks of this cell: no unlock silences a configured confirm."""
        return effect in self.demands.get(tier, {}) or effect in self.least_demands.get(tier, {})


STRICTEST = Policy(least_tier=Tier.PRODUCTION, unlock_max_minutes=0, unlock_default_minutes=0, strict=True, broken=True)
"""What counts where a configuration file is broken and no good one is remembered."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the host has to be looked at, because some rule speaks of it."""

    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    addresses: bool = False


def wanted(policy: Policy) -> Wanted:
    """The files, variables and addresses that the policy's rules speak of."""
    rules = [*policy.environments, *(rule for layer in policy.tightening for rule in layer)]
    conditions = [condition for rule in rules for condition in rule.conditions]
    return Wanted(
        files=tuple(sorted({c.part for c in conditions if c.key == "file"})),
        variables=tuple(sorted({c.part for c in conditions if c.key == "env"})),
        addresses=any(c.key == "cidr" for c in conditions),
    )
