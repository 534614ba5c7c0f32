"""Layers -> Policy. The floor replaces built-in defaults; whatever lies above it only tightens.

Between layers each key follows its `order` in the schema: the stricter value wins, a looser one is
dropped with a notice. Keys without an order belong to the lowest layer that sets them. Environments
of upper layers are kept apart: they raise the tier that the floor finds and cannot lower it.
What must not live here: files, environment variables, YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from safeshell.model.effects import Demand, Effect, Tier
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.config import Layer
from safeshell.policy.configshapes import Field, spelled
from safeshell.policy.policy import (
    STRICTEST,
    Condition,
    EnvironmentRule,
    Freeze,
    Limits,
    Policy,
    RedisLimits,
    Window,
)
from safeshell.policy.schema import leaves
from safeshell.policy.windows import parse_moment, parse_open

LISTS = frozenset({"environments", "freezes"})
"""Lists of which every layer's items count."""
_DEFAULT_FREEZE_TIERS = ("production", "unknown", "staging")


@dataclass(slots=True)
class _Merge:
    """What came of the layers so far, by dotted path."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    floor_rules: list[EnvironmentRule] = field(default_factory=list)
    tightening: list[tuple[EnvironmentRule, ...]] = field(default_factory=list)
    demands: dict[str, int] = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)
    freezes: list[Freeze] = field(default_factory=list)


def compose(
    floor: Sequence[Layer],
    upper: Sequence[Layer] = (),
    *,
    least_tiers: Sequence[tuple[str, Tier]] = (),
    notices: Sequence[str] = (),
    strictest_too: bool = False,
) -> Policy:
    """One policy out of the floor's files (the first is heeded first) and the layers above.

    `least_tiers` are (where from, tier) of SAFESHELL_TIER and --guard-tier: the strictest counts.
    `strictest_too` adds the strictest built-in policy on top, for a layer that could not be read.
    """
    merge = _Merge(notices=list(notices))
    fields = leaves()
    for layer in floor:
        _floor_layer(merge, layer, fields)
    _resolve_freezes(merge, floor)
    for layer in upper:
        _upper_layer(merge, layer, fields)
        _resolve_freezes(merge, [layer])
    policy = _build(merge, fields, tuple(layer.source for layer in (*floor, *upper)))
    if least_tiers:
        source, tier = max(least_tiers, key=lambda item: item[1].strictness)
        policy = replace(policy, least_tier=tier, least_tier_source=source)
    return strictest(policy) if strictest_too else policy


def strictest(policy: Policy) -> Policy:
    """The policy with the strictest built-in one on top, because something of it could not be read."""
    return replace(
        policy,
        least_tier=STRICTEST.least_tier,
        least_tier_source="a broken configuration",
        unlock_max_minutes=STRICTEST.unlock_max_minutes,
        unlock_default_minutes=STRICTEST.unlock_default_minutes,
        tokens=STRICTEST.tokens,
        strict=True,
        broken=True,
    )


def _floor_layer(merge: _Merge, layer: Layer, fields: Mapping[str, Field]) -> None:
    for path, value in layer.values.items():
        if path == "environments":
            merge.floor_rules += _rules(layer)
        elif path.startswith("demands."):
            _demand(merge, merge.demands, path, value, layer)
        elif path not in LISTS:
            _take(merge, layer, path, fields[path], merge.values.get(path))


def _upper_layer(merge: _Merge, layer: Layer, fields: Mapping[str, Field]) -> None:
    for path, value in layer.values.items():
        if path == "environments":
            merge.tightening.append(tuple(_rules(layer)))
        elif path.startswith("demands."):
            _upper_demand(merge, path, value, layer)
        elif path not in LISTS:
            held = merge.values.get(path, fields[path].default if fields[path].order else None)
            _take(merge, layer, path, fields[path], held)


def _take(merge: _Merge, layer: Layer, path: str, item: Field, held: Any) -> None:
    """Take a value where nothing lower holds the key or the value is at least as strict."""
    value = layer.values[path]
    if held is not None and value != held and not _tightens(value, held, item.order):
        lower = merge.origins.get(path, "the built-in policy")
        why = "a higher layer can only tighten" if item.order else "that layer already settles it"
        said = f"{layer.where(path)}: {path} {_worded(value)} is ignored"
        merge.notices.append(f"{said}: {lower} says {_worded(held)}, and {why}")
    elif path not in merge.values or value != held:
        merge.values[path] = value
        merge.origins[path] = layer.where(path)


def _tightens(value: Any, held: Any, order: str) -> bool:
    if order == "least":
        return bool(value < held)
    if order == "greatest":
        return bool(value > held)
    return False


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return spelled(value)
    if isinstance(value, (list, dict)):
        return "its own"
    return str(value) or "none"


def _demand(merge: _Merge, cells: dict[str, int], path: str, value: int, layer: Layer) -> None:
    held = cells.get(path)
    if held is not None and value < held:
        merge.notices.append(_demand_notice(merge, layer, path, value, held))
        return
    cells[path] = value
    merge.origins[path] = layer.where(path)


def _upper_demand(merge: _Merge, path: str, value: int, layer: Layer) -> None:
    held = max(merge.demands.get(path, 0), merge.least.get(path, 0))
    if value == Demand.ALLOW and held == Demand.ALLOW:
        merge.notices.append(f"{layer.where(path)}: {path} allow is ignored: a higher layer can only tighten")
    elif value < held:
        merge.notices.append(_demand_notice(merge, layer, path, value, held))
    elif value > held:
        merge.least[path] = value
        merge.origins[path] = layer.where(path)


def _demand_notice(merge: _Merge, layer: Layer, path: str, value: int, held: int) -> str:
    word, held_word = Demand(value).name.lower(), Demand(held).name.lower()
    lower = merge.origins.get(path, "the built-in policy")
    said = f"{layer.where(path)}: {path} {word} is ignored"
    return f"{said}: {lower} says {held_word}, and a higher layer can only tighten"


def _rules(layer: Layer) -> list[EnvironmentRule]:
    return [
        EnvironmentRule(
            name=item["name"],
            tier=Tier(item["tier"]),
            conditions=_conditions(item["match"]),
            labels=item.get("labels", {}),
            source=layer.where(f"environments[{index}]"),
        )
        for index, item in enumerate(layer.values["environments"])
    ]


def _conditions(match: Mapping[str, Any]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for key, value in match.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        found += [Condition(key, part, tuple(patterns)) for part, patterns in parts]
    return tuple(found)


def _resolve_freezes(merge: _Merge, layers: Sequence[Layer]) -> None:
    """Bind freezes to the zone that counts at their layer: a later layer must not shift their hours."""
    zone = _first_zone(merge)
    for layer in layers:
        for item in layer.values.get("freezes", ()):
            tiers = frozenset(Tier(word) for word in item.get("tiers", _DEFAULT_FREEZE_TIERS))
            start, until = parse_moment(item["from"]) or "", parse_moment(item["until"]) or "9999-12-31"
            merge.freezes.append(Freeze(start, until, item.get("reason", ""), tiers, zone))


def _first_zone(merge: _Merge) -> str:
    windows = merge.values.get("windows") or [{}]
    return str(windows[0].get("zone", "UTC"))


def _windows(merge: _Merge) -> tuple[Window, ...]:
    found = []
    for item in merge.values.get("windows", ()):
        hours = tuple(hours for text in item["open"] if (hours := parse_open(text)))
        found.append(
            Window(
                tiers=frozenset(Tier(word) for word in item["tiers"]),
                open=hours,
                zone=item.get("zone", _first_zone(merge)),
                holidays=frozenset((parse_moment(text) or "")[:10] for text in item.get("holidays", ())),
                text=", ".join(item["open"]),
            )
        )
    return tuple(found)


def _cells(flat: Mapping[str, int]) -> dict[Tier, dict[Effect, Demand]]:
    found: dict[Tier, dict[Effect, Demand]] = {}
    for path, value in flat.items():
        _, tier, effect = path.split(".")
        found.setdefault(Tier(tier), {})[Effect(effect)] = Demand(value)
    return found


def _build(merge: _Merge, fields: Mapping[str, Field], sources: tuple[str, ...]) -> Policy:
    def value(path: str) -> Any:
        return merge.values.get(path, fields[path].default)

    def section(prefix: str) -> dict[str, Any]:
        found = {path.removeprefix(prefix): value(path) for path in fields if path.startswith(prefix)}
        return {name: item for name, item in found.items() if item is not None}

    longest = int(value("unlock.max") // 60)
    return Policy(
        environments=tuple(merge.floor_rules),
        tightening=tuple(merge.tightening),
        demands=_cells(merge.demands),
        least_demands=_cells(merge.least),
        unlock_max_minutes=longest,
        unlock_default_minutes=min(longest, int(value("unlock.default") // 60)),
        unlock_reason=value("unlock.reason"),
        windows=_windows(merge),
        freezes=tuple(merge.freezes),
        approvals=section("approvals."),
        limits=Limits(
            **section("preview."),
            undo_bytes=value("undo.size"),
            undo_days=value("undo.keep") / 86400,
            lock_wait=value("locks.timeout"),
            lock_tries=value("locks.tries"),
            lock_within=value("locks.within"),
        ),
        redis=_redis(section("redis.")),
        record_sessions=value("record.sessions"),
        record_directory=value("record.directory") or "",
        tint=value("tint"),
        tokens=value("tokens"),
        strict=value("strict"),
        remember_days=int(value("remember") // 86400),
        follow=value("follow"),
        follow_sh=value("follow_sh"),
        login_shell=value("login.shell") or "",
        automation_users=tuple(value("login.automation") or ()),
        backups=section("backups."),
        notices=tuple(merge.notices),
        sources=sources,
        origins=merge.origins,
    )


def _redis(values: Mapping[str, Any]) -> RedisLimits:
    return RedisLimits(
        loop_writes=values["loop_writes"],
        loop_rate=float(values["loop_rate"]),
        watch=values["watch"],
        alarm=tuple(values.get("alarm", ())),
    )
