"""Where this is, which tier it has and why, and what is unlocked.

What must not live here: finding it out (facts), deciding it (policy).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from typing import Any

from safeshell.cli.setting import Setting, load_setting
from safeshell.model.effects import default_mode
from safeshell.model.places import Environment

_MODES = {"ro": "read-only", "rw": "read-write"}


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell status`."""
    parser = subparsers.add_parser("status", description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the status; inside a guarded session the session itself is asked."""
    setting = load_setting()
    live = _session_status()
    facts = _facts(setting, setting.here(), live)
    if args.json:
        import json

        print(json.dumps(facts, ensure_ascii=True))
    else:
        for line in _lines(facts):
            print(line)
    return 0


def _session_status() -> Mapping[str, str]:
    """What the session around us says; {} outside of one."""
    from safeshell.gateways.control import request

    if not os.environ.get("SAFESHELL_SESSION"):
        return {}
    try:
        return request(os.environ["SAFESHELL_SESSION"], "status", {})
    except (OSError, ValueError):
        return {}


def _facts(setting: Setting, here: Environment, live: Mapping[str, str]) -> dict[str, object]:
    policy = setting.policy
    return {
        "target": live.get("target", here.target),
        "tier": live.get("tier", here.tier.value),
        "reasons": live["reasons"].split("\n") if live.get("reasons") else list(here.reasons),
        "mode": live.get("mode", default_mode(here.tier).value),
        "minutes": int(live.get("minutes", "0")),
        "guarded": bool(live),
        "session": live.get("session", ""),
        "operator": here.operator,
        "configuration": list(policy.sources),
        "notices": list(policy.notices),
        "state": setting.state,
    }


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The same for a person."""
    left = f", {facts['minutes']} minutes left" if facts["minutes"] else ""
    yield f"{facts['target']}: {facts['tier']}, {_MODES[facts['mode']]}{left}"
    yield from (f"  because {reason}" for reason in facts["reasons"])
    yield f"guarded   {'yes, session ' + facts['session'] if facts['guarded'] else 'no: this shell is not guarded (start one: safeshell)'}"
    yield f"operator  {facts['operator']}"
    yield f"config    {', '.join(facts['configuration']) or 'built-in defaults only'}"
    yield f"state     {facts['state']}"
    yield from (f"notice    {notice}" for notice in facts["notices"])
