"""The effective policy as YAML with a comment at each value: where it comes from.

What must not live here: files, layering.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from safeshell.model.effects import Tier
from safeshell.policy.configshapes import Struct, spelled
from safeshell.policy.policy import EnvironmentRule, Policy
from safeshell.policy.schema import ROOT

_COLUMN = 48
_MEANINGFUL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML reads as something else than text."""
_TIERS = tuple(Tier)


def show(policy: Policy) -> str:
    """A configuration file that would give this policy, with `# from file:line` behind each value."""
    lines = [_line("version: 1", "")]
    lines += _environments(policy)
    lines += _demands(policy)
    values = _values(policy)
    for name, item in ROOT.fields.items():
        if isinstance(item.shape, Struct) and not item.shape.leaf:
            lines += _section(name, item.shape, values, policy)
        elif name in values:
            lines.append(_value(name, values[name], policy.origins.get(name), indent=""))
    lines += _windows(policy)
    if policy.least_tier is not None:
        lines.append(f"# {policy.least_tier_source or 'SAFESHELL_TIER'}: at least {policy.least_tier.value} everywhere")
    lines += [f"# {notice}" for notice in policy.notices]
    return "\n".join(lines) + "\n"


def _line(text: str, origin: str) -> str:
    return f"{text:<{_COLUMN}}  # {origin}" if origin else text


def _value(name: str, value: Any, origin: str | None, *, indent: str) -> str:
    return _line(f"{indent}{name}: {_worded(value)}", f"from {origin}" if origin else "built-in")


def _worded(value: Any) -> str:
    """A value as YAML flow text: JSON but for bare words."""
    import json  # noqa: PLC0415 - only for showing

    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_worded(key)}: {_worded(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_worded(item) for item in value) + "]"
    plain = (
        isinstance(value, str)
        and re.fullmatch(r"[A-Za-z/][A-Za-z0-9_/.-]*", value)
        and value.lower() not in _MEANINGFUL
    )
    return value if plain else json.dumps(value)


def _section(name: str, struct: Struct, values: Mapping[str, Any], policy: Policy) -> list[str]:
    inner = []
    for key in struct.fields:
        path = f"{name}.{key}"
        if values.get(path) is not None and name != "demands":
            inner.append(_value(key, values[path], policy.origins.get(path), indent="  "))
    return [f"{name}:", *inner] if inner else []


def _environments(policy: Policy) -> list[str]:
    found = [_environment(rule) for rule in policy.environments]
    lines = ["environments:", *found] if found else []
    for layer in policy.tightening:
        lines += [f"# can only tighten: {_environment(rule).strip()}" for rule in layer]
    return lines


def _environment(rule: EnvironmentRule) -> str:
    match: dict[str, Any] = {}
    for condition in rule.conditions:
        if condition.part:
            match.setdefault(condition.key, {})[condition.part] = list(condition.patterns)
        else:
            match[condition.key] = list(condition.patterns)
    item: dict[str, Any] = {"name": rule.name, "tier": rule.tier.value, "match": match}
    return _line("  - " + _worded(item | ({"labels": dict(rule.labels)} if rule.labels else {})), f"from {rule.source}")


def _demands(policy: Policy) -> list[str]:
    lines: list[str] = []
    for tier in _TIERS:
        effects = {*policy.demands.get(tier, {}), *policy.least_demands.get(tier, {})}
        cells = []
        for effect in sorted(effects):
            demand = max(
                held
                for held in (policy.demands.get(tier, {}).get(effect), policy.least_demands.get(tier, {}).get(effect))
                if held is not None
            )
            origin = policy.origins.get(f"demands.{tier.value}.{effect.value}")
            cells.append(_value(effect.value, demand.name.lower(), origin, indent="    "))
        lines += [f"  {tier.value}:", *cells] if cells else []
    return ["demands:", *lines] if lines else []


def _windows(policy: Policy) -> list[str]:
    windows = [
        {
            "tiers": sorted(tier.value for tier in window.tiers),
            "open": window.text.split(", "),
            "zone": window.zone,
            "holidays": sorted(window.holidays),
        }
        for window in policy.windows
    ]
    freezes = [
        {
            "from": freeze.start,
            "until": freeze.until,
            "reason": freeze.reason or "none given",
            "tiers": sorted(tier.value for tier in freeze.tiers),
        }
        for freeze in policy.freezes
    ]
    return [*_items("windows", windows, policy), *_items("freezes", freezes, policy)]


def _items(name: str, items: Sequence[Mapping[str, Any]], policy: Policy) -> list[str]:
    origin = policy.origins.get(name, "")
    return (
        [f"{name}:", *(_line(f"  - {_worded(item)}", f"from {origin}" if origin else "") for item in items)]
        if items
        else []
    )


def _values(policy: Policy) -> dict[str, Any]:
    """Effective values by dotted path, as a file would spell them."""
    approvals = {f"approvals.{key}": value for key, value in policy.approvals.items()}
    if isinstance(policy.approvals.get("expires"), float):
        approvals["approvals.expires"] = spelled(float(str(policy.approvals["expires"])))
    return approvals | {
        "unlock.max": f"{policy.unlock_max_minutes}m" if policy.unlock_max_minutes else 0,
        "unlock.default": f"{policy.unlock_default_minutes}m" if policy.unlock_default_minutes else None,
        "unlock.reason": "required" if policy.unlock_reason else "optional",
        "preview.deadline": spelled(policy.limits.deadline),
        "preview.sample": policy.limits.sample,
        "preview.files": policy.limits.files,
        "undo.size": policy.limits.undo_bytes,
        "undo.keep": spelled(policy.limits.undo_days * 86400),
        "locks.timeout": spelled(policy.limits.lock_wait),
        "locks.tries": policy.limits.lock_tries,
        "locks.within": spelled(policy.limits.lock_within),
        "redis.loop_writes": policy.redis.loop_writes,
        "redis.loop_rate": int(policy.redis.loop_rate),
        "redis.watch": spelled(policy.redis.watch) if policy.redis.watch else 0,
        "redis.alarm": list(policy.redis.alarm) or None,
        "backups.file": policy.backups.get("file"),
        "backups.command": policy.backups.get("command"),
        "record.sessions": policy.record_sessions,
        "record.directory": policy.record_directory or None,
        "login.shell": policy.login_shell or None,
        "login.automation": list(policy.automation_users) or None,
        "tint": policy.tint,
        "tokens": policy.tokens or "none",
        "strict": policy.strict,
        "remember": f"{policy.remember_days}d" if policy.remember_days else 0,
        "follow": policy.follow,
        "follow_sh": policy.follow_sh,
    }
