"""Policy <-> plain data, for the compiled cache: built-in types only, so that marshal can hold it.

What must not live here: files, and anything that a Policy does not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safeshell.model.tiers import Tier
from safeshell.model.values import asdict, fields
from safeshell.policy.policy import (
    Condition,
    EnvironmentRule,
    Freeze,
    Limits,
    OpenTime,
    Policy,
    RedisLimits,
    Window,
)

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from typing import Any

    from safeshell.policy.policy import Demands

_BUILT = frozenset(
    {"environments", "tightening", "demands", "least_demands", "least_tier", "windows", "freezes", "limits", "redis"}
)


def to_plain(policy: Policy) -> dict[str, Any]:
    """The policy as nested dicts, lists, tuples, strings and numbers."""
    simple = {field.name: _copied(getattr(policy, field.name)) for field in fields(policy) if field.name not in _BUILT}
    return simple | {
        "environments": _plain_rules(policy.environments),
        "tightening": [_plain_rules(layer) for layer in policy.tightening],
        "demands": _plain_demands(policy.demands),
        "least_demands": _plain_demands(policy.least_demands),
        "least_tier": policy.least_tier.value if policy.least_tier else "",
        "windows": [_plain_window(window) for window in policy.windows],
        "freezes": [asdict(freeze) | {"tiers": _words(freeze.tiers)} for freeze in policy.freezes],
        "limits": asdict(policy.limits),
        "redis": asdict(policy.redis),
    }


def from_plain(data: Mapping[str, Any]) -> Policy:
    """The policy again. Raises KeyError, TypeError or ValueError for anything that `to_plain` did not make."""
    simple = {name: value for name, value in data.items() if name not in _BUILT}
    return Policy(
        **simple,
        environments=_rules(data["environments"]),
        tightening=tuple(_rules(layer) for layer in data["tightening"]),
        demands=_demands(data["demands"]),
        least_demands=_demands(data["least_demands"]),
        least_tier=Tier(data["least_tier"]) if data["least_tier"] else None,
        windows=tuple(_window(item) for item in data["windows"]),
        freezes=tuple(Freeze(**item | {"tiers": _tiers(item["tiers"])}) for item in data["freezes"]),
        limits=Limits(**data["limits"]),
        redis=RedisLimits(**data["redis"]),
    )


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _words(tiers: frozenset[Tier]) -> list[str]:
    return sorted(tier.value for tier in tiers)


def _tiers(words: Sequence[str]) -> frozenset[Tier]:
    return frozenset(Tier(word) for word in words)


def _plain_rules(rules: Sequence[EnvironmentRule]) -> list[Any]:
    return [
        [
            rule.name,
            rule.tier.value,
            [(c.key, c.part, c.patterns) for c in rule.conditions],
            dict(rule.labels),
            rule.source,
        ]
        for rule in rules
    ]


def _rules(items: Sequence[Any]) -> tuple[EnvironmentRule, ...]:
    return tuple(
        EnvironmentRule(name, Tier(tier), tuple(Condition(*condition) for condition in conditions), labels, source)
        for name, tier, conditions, labels, source in items
    )


def _plain_demands(demands: Demands) -> dict[str, dict[str, int]]:
    return {
        tier.value: {effect.value: int(demand) for effect, demand in cells.items()} for tier, cells in demands.items()
    }


def _demands(data: Mapping[str, Mapping[str, int]]) -> Demands:
    if not data:
        return {}
    from safeshell.model.effects import Demand, Effect  # noqa: PLC0415 - most hosts configure no demand

    return {Tier(tier): {Effect(name): Demand(value) for name, value in cells.items()} for tier, cells in data.items()}


def _plain_window(window: Window) -> dict[str, Any]:
    return {
        "tiers": _words(window.tiers),
        "open": [(sorted(hours.days), hours.start, hours.end) for hours in window.open],
        "zone": window.zone,
        "holidays": sorted(window.holidays),
        "text": window.text,
    }


def _window(data: Mapping[str, Any]) -> Window:
    return Window(
        tiers=_tiers(data["tiers"]),
        open=tuple(OpenTime(frozenset(days), start, end) for days, start, end in data["open"]),
        zone=data["zone"],
        holidays=frozenset(data["holidays"]),
        text=data["text"],
    )
