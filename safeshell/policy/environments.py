"""Place + what the doors saw + Policy -> Environment: which tier, and why we think so.

Order: the floor's first matching rule; else a marker; else what the name says; else the default of
its kind. Then layers that may only tighten, then SAFESHELL_TIER. What nobody could look at counts
as a doubt, which never makes a place less strict than unknown.
What must not live here: looking at anything, demands.
"""

from __future__ import annotations

from safeshell.model.places import Environment, Place
from safeshell.model.tiers import Tier
from safeshell.model.values import dataclass, replace
from safeshell.policy.names import tier_of_name
from safeshell.policy.observation import FRAMEWORK_VARIABLES, MARKER, Observation, TargetFacts
from safeshell.policy.targets import FORWARDERS, Subject, host_part, local_subject, subject_of

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from safeshell.model.effects import Demand, Effect
    from safeshell.policy.policy import Condition, EnvironmentRule, Policy

RAISED_FROM = "raised_from"
"""Label of an environment that an upper layer raised: the tier that the floor found.

A floor may demand more in a lesser tier than in a greater one, so both are asked (`counted_tiers`).
"""
_SETTLING = {"database": "database: {{host: {}}}", "kubernetes": "kubernetes: {{context: {}}}", "app": "app: {}"}
_SETTLING |= {"cloud": "cloud: {{profile: {}}}"}


@dataclass(frozen=True, slots=True)
class _Finding:
    """A tier on its way up. `inherited`: it is this host's, because the place is reached here."""

    tier: Tier
    reasons: tuple[str, ...]
    rule: EnvironmentRule | None = None
    inherited: bool = False


def environment_of(
    place: Place | None, observation: Observation, policy: Policy, target: TargetFacts | None = None
) -> Environment:
    """The environment of a place, None meaning this host.

    `target` is what the doors found out about the place. Reasons are sentences without a full stop,
    the deciding one first.
    """
    facts = target or TargetFacts()
    subject = local_subject(observation) if place is None else subject_of(place, observation, facts)
    floor = _floor(subject, observation, policy, facts)
    found = _raised(floor, subject, observation, policy)
    labels = dict(found.rule.labels) if found.rule else {}
    if found.tier is not floor.tier:
        labels[RAISED_FROM] = floor.tier.value
    return Environment(
        name=found.rule.name if found.rule else subject.label,
        tier=found.tier,
        target=subject.label,
        operator=observation.operator,
        reasons=found.reasons,
        labels=labels,
    )


def counted_tiers(environment: Environment) -> tuple[Tier, ...]:
    """The tiers whose demands count: the environment's own, and the one it was raised from."""
    lower = environment.labels.get(RAISED_FROM)
    return (environment.tier, Tier(lower)) if lower else (environment.tier,)


def demand_in(environment: Environment, policy: Policy, effect: Effect, built_in: Callable[[Tier], Demand]) -> Demand:
    """What is demanded for an effect there, by every tier that counts; `built_in` is the table's column."""
    return max(policy.demand(tier, effect, built_in(tier)) for tier in counted_tiers(environment))


def closed_in(environment: Environment, policy: Policy, at: float) -> str:
    """Why changes are not expected there now (epoch seconds), by every tier that counts; "" when they are."""
    if not policy.windows and not policy.freezes:
        return ""
    from safeshell.policy.windows import closed  # noqa: PLC0415 - few policies have windows

    return next((why for tier in counted_tiers(environment) if (why := closed(policy, tier, at))), "")


def _floor(subject: Subject, observation: Observation, policy: Policy, facts: TargetFacts) -> _Finding:
    rule, doubts = _first_match(policy.environments, subject, observation)
    if rule is not None:
        reason = f"{rule.source} calls it {rule.name}: {rule.tier.value}"
        return _doubted(_Finding(rule.tier, (reason,), rule), doubts)
    if subject.here and subject.kind != "local":
        return _doubted(_reached_here(subject, observation, policy, facts), doubts)
    marker = observation.files.get(MARKER, "") if subject.kind == "local" else facts.marker
    return _doubted(_by_itself(subject, observation, policy, marker), doubts)


def _by_itself(subject: Subject, observation: Observation, policy: Policy, marker: str) -> _Finding:
    """What the place says of itself: a marker, its names, its kind."""
    named = _named(subject, observation)
    said = _tier_word(marker)
    if said is not None:
        where = "database itself" if subject.kind == "database" else "target itself"
        reason = f"{MARKER} says {said.value}" if subject.kind == "local" else f"marked {said.value} in the {where}"
        if named is not None and named.tier.strictness > said.strictness:
            return _Finding(Tier.UNKNOWN, (f"{reason}, but {named.reasons[0]}",))
        return _Finding(said, (reason,))
    return named or _default(subject, observation, policy)


def _tier_word(text: str) -> Tier | None:
    first = text.strip().partition("\n")[0].strip().lower()
    short = {"prod": Tier.PRODUCTION, "dev": Tier.DEVELOPMENT, "stage": Tier.STAGING}
    return short.get(first) or next((tier for tier in Tier if tier.value == first), None)


def _named(subject: Subject, observation: Observation) -> _Finding | None:
    """The strictest thing that any of its names says."""
    found = [
        (said[0], f"the {what} {name} {said[1]}")
        for what, name in _spoken_names(subject, observation)
        if (said := tier_of_name(name)) is not None
    ]
    if not found:
        return None
    tier, reason = max(found, key=lambda item: item[0].strictness)
    return _Finding(tier, (reason,))


def _spoken_names(subject: Subject, observation: Observation) -> list[tuple[str, str]]:
    words = {"database.name": "database", "database.user": "database user", "kubernetes.namespace": "namespace"}
    words |= {"cloud.workspace": "workspace", "user": "user"}
    kind = {"kubernetes": "context", "cloud": "account", "app": "app", "container": "container"}
    spoken = [(kind.get(subject.kind, "host name"), name) for name in subject.names]
    spoken += [(words[key], value) for key, values in subject.parts.items() if key in words for value in values]
    spoken += [("jump host", host_part(name)) for name in subject.via]
    if subject.kind == "local":
        variables = observation.variables
        spoken += [(f"variable {name} =", variables[name]) for name in FRAMEWORK_VARIABLES if name in variables]
    return spoken


def _default(subject: Subject, observation: Observation, policy: Policy) -> _Finding:
    if subject.kind == "local" and observation.desktop:
        return _Finding(Tier.DEVELOPMENT, ("it is the local host, and nobody came in over the network",))
    if not subject.certain:
        return _Finding(Tier.UNKNOWN, ("where it goes is only known while it runs",))
    settle = f"nobody said what {subject.label or 'it'} is"
    line = settling_line(subject, policy)
    settle += f"; this line settles it: {line}" if line else "; name it in the command, and its tier can be told"
    if subject.kind != "local":
        return _Finding(Tier.UNKNOWN, (settle,))
    how = "it was entered over ssh" if observation.over_ssh else "safeshell is the login shell"
    return _Finding(Tier.UNKNOWN, (settle, how))


def settling_line(subject: Subject, policy: Policy) -> str:
    """The one line of configuration that says what a place is; "" for a place without a name."""
    if not subject.names and not subject.addresses:
        return ""
    system = any(source.startswith("/etc/") for source in policy.sources)
    file = "/etc/safeshell/config.yaml" if system else "~/.config/safeshell/config.yaml"
    host = next(iter((*subject.names, *(subject.addresses or ()))), subject.label)
    match = _SETTLING.get(subject.kind, "host: {}").format(f'"{host}"')
    return f'environments: [{{name: "{host}", tier: staging, match: {{{match}}}}}] in {file}'


def _reached_here(subject: Subject, observation: Observation, policy: Policy, facts: TargetFacts) -> _Finding:
    """A loopback target: as strict as this host, unless its listener leads elsewhere."""
    named = _named(subject, observation)
    if named is not None and named.tier is Tier.PRODUCTION:
        return named
    if facts.listener in FORWARDERS:
        return _Finding(Tier.UNKNOWN, (f"{facts.listener} listens there, which leads to another host",))
    if facts.listener == "" and observation.desktop:
        return _Finding(Tier.UNKNOWN, ("no process can be found that listens there",))
    if facts.marker:
        return _by_itself(subject, observation, policy, facts.marker)
    if named is not None:
        return named
    # The floor's view of this host; what upper layers make of it follows in `_raised`.
    here = environment_of(None, observation, replace(policy, tightening=(), least_tier=None))
    return _Finding(here.tier, (f"it is reached on {observation.host} itself", *here.reasons), inherited=True)


def _doubted(found: _Finding, doubts: Sequence[EnvironmentRule]) -> _Finding:
    """Rules that could not be checked pull a laxer result up, to unknown at most."""
    stricter = [rule for rule in doubts if rule.tier.strictness > found.tier.strictness]
    if not stricter:
        return found
    worst = max(stricter, key=lambda rule: rule.tier.strictness)
    tier = Tier.UNKNOWN if worst.tier is Tier.PRODUCTION else worst.tier
    if tier.strictness <= found.tier.strictness:
        return found
    reason = f"nobody could tell whether {worst.source} ({worst.name}: {worst.tier.value}) matches it"
    return _Finding(tier, (reason, *found.reasons), inherited=found.inherited)


def _raised(found: _Finding, subject: Subject, observation: Observation, policy: Policy) -> _Finding:
    if found.inherited:
        here = environment_of(None, observation, policy)
        if here.tier.strictness > found.tier.strictness:
            found = _Finding(here.tier, (f"it is reached on {observation.host} itself", *here.reasons))
    for layer in policy.tightening:
        rule, doubts = _first_match(layer, subject, observation)
        if rule is not None and rule.tier.strictness > found.tier.strictness:
            reason = f"{rule.source} calls it {rule.name}: {rule.tier.value}"
            found = _Finding(rule.tier, (reason, *found.reasons), rule)
        elif rule is not None and rule.tier.strictness < found.tier.strictness:
            note = f"{rule.source} says {rule.tier.value}, which is ignored: that file can only tighten"
            found = replace(found, reasons=(*found.reasons, note))
        found = _doubted(found, doubts)
    if policy.least_tier is not None and policy.least_tier.strictness > found.tier.strictness:
        reason = f"{policy.least_tier_source or 'SAFESHELL_TIER'} makes it {policy.least_tier.value}"
        return _Finding(policy.least_tier, (reason, *found.reasons), found.rule)
    return found


def _first_match(
    rules: Sequence[EnvironmentRule], subject: Subject, observation: Observation
) -> tuple[EnvironmentRule | None, list[EnvironmentRule]]:
    """The first rule that surely matches, and those before it that might."""
    doubts: list[EnvironmentRule] = []
    for rule in rules:
        answers = [_holds(condition, subject, observation) for condition in rule.conditions]
        if False in answers:
            continue
        if None not in answers:
            return rule, doubts
        doubts.append(rule)
    return None, doubts


def _holds(condition: Condition, subject: Subject, observation: Observation) -> bool | None:
    """True, False, or None where nobody knows the value."""
    if condition.key == "cidr":
        return _in_networks(condition.patterns, subject)
    values = _values(condition, subject, observation)
    if values is None:
        return None
    fold = condition.key not in {"file", "env"}
    return any(_matches(value, pattern, fold=fold) for value in values for pattern in condition.patterns)


def _matches(value: str, pattern: str, *, fold: bool) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - loads `re`; most hosts have no rule that needs it

    return fnmatchcase(value.lower(), pattern.lower()) if fold else fnmatchcase(value, pattern)


def _values(condition: Condition, subject: Subject, observation: Observation) -> tuple[str, ...] | None:
    """What a condition is compared with; None when it exists and is not known, () when it does not exist."""
    key = condition.key
    if key == "file":
        text = observation.files.get(condition.part) if subject.here else None
        return () if text is None else (text.strip(),)
    if key == "env":
        value = observation.variables.get(condition.part) if subject.here else None
        return () if value is None else (value,)
    if key == "host":
        return _host_values(subject, observation)
    kind = {"terraform": "cloud"}.get(key, key)
    if subject.kind != kind:
        return ()
    part = f"{kind}.{condition.part or 'name'}"
    return subject.parts.get(part) or (
        None if part != "database.host" or not subject.here else ("localhost", observation.host)
    )


def _host_values(subject: Subject, observation: Observation) -> tuple[str, ...] | None:
    if subject.kind not in {"local", "host", "database"}:
        return ()
    if not subject.certain:
        return None
    own = local_subject(observation).names if subject.here else ()
    return (*subject.names, *(subject.addresses or ()), *own)


def _in_networks(networks: Sequence[str], subject: Subject) -> bool | None:
    if subject.kind not in {"local", "host", "database", "kubernetes"}:
        return False
    if not subject.certain or subject.addresses is None:
        return None
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - only for rules about networks

    nets = [ip_network(network, strict=False) for network in networks]
    addresses = [ip_address(text.partition("%")[0]) for text in subject.addresses]
    return any(found in net for found in addresses for net in nets if found.version == net.version)
