"""The keys of safeshell's configuration: one tree that validates, documents and gives the JSON Schema.

What must not live here: how shapes read nodes (`configshapes`), what layers do with values (`layers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.model.effects import Demand, Effect, Tier
from safeshell.policy.configshapes import Choice, Duration, Field, Flag, ListOf, MapOf, Number, Size, Struct, Text
from safeshell.policy.windows import OPEN_EXAMPLE, parse_moment, parse_open, zone_problem

SCHEMA_VERSION = 1
"""Part of the compiled cache's key: raise it with every change of what a layer's values look like."""

TIERS = Choice({tier.value: tier.value for tier in Tier})
DEMAND_WORDS = {
    "allow": int(Demand.ALLOW),
    "confirm": int(Demand.CONFIRM),
    "approval": int(Demand.APPROVAL),
    "deny": int(Demand.DENY),
}


def _network(text: str) -> str:
    from ipaddress import ip_network  # noqa: PLC0415 - only where a file names networks

    try:
        ip_network(text, strict=False)
    except ValueError:
        return f"{text} is no network"
    return ""


def _hours(text: str) -> str:
    return "" if parse_open(text) else f"{text!r} cannot be read as hours"


def _moment(text: str) -> str:
    return "" if parse_moment(text) else f"{text!r} is no date"


def _absolute(text: str) -> str:
    return "" if text.startswith(("/", "~/")) else f"{text} is not absolute"


def _store(text: str) -> str:
    return (
        ""
        if text.startswith("sqlite:////") and not text.endswith("/")
        else f"{text!r} is no store that safeshell knows"
    )


def _freeze_ends(freeze: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """A freeze whose end lies before its start is never on, which nobody can mean."""
    start, end = parse_moment(freeze.get("from") or ""), parse_moment(freeze.get("until") or "")
    if start is None or end is None or start[:10] < end[:10] or start <= end or start[:10] == end:
        return None
    return "until", f"{end} is before {start}", f"a day that is not before {start}"


GLOBS = ListOf(Text("a name or shell glob"), single=True)
NETWORKS = ListOf(Text("a network such as 10.20.0.0/16", check=_network), single=True)
DATE = Text(
    "a date such as 2026-12-18",
    check=_moment,
    pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:00)?)?$",
)
PATH = Text("an absolute path", check=_absolute, pattern="^(/|~/)")


def _parts(what: str, *names: str) -> Struct:
    fields = {name: Field(GLOBS, f"{name} of the {what}, as shell globs") for name in names}
    return Struct(fields, leaf=True, some=True)


MATCH = Struct(
    {
        "host": Field(GLOBS, "names of the host (short, full, ssh alias), as shell globs"),
        "cidr": Field(NETWORKS, "networks that one of its addresses lies in"),
        "file": Field(MapOf(GLOBS, "a path"), "files on the local host and what stands in them"),
        "env": Field(MapOf(GLOBS, "a variable"), "environment variables as they were when the guard started"),
        "database": Field(_parts("database", "host", "name", "user"), "a database target"),
        "kubernetes": Field(_parts("cluster", "context", "namespace"), "a Kubernetes target"),
        "cloud": Field(_parts("cloud account", "profile", "account", "project", "region"), "a cloud target"),
        "terraform": Field(_parts("terraform set-up", "workspace"), "a terraform workspace"),
        "app": Field(GLOBS, "names of apps on a platform (heroku -a, fly -a)"),
    },
    leaf=True,
    some=True,
    what="what to match: host, cidr, file, env, database, kubernetes, cloud, terraform, app",
)

ENVIRONMENT = Struct(
    {
        "name": Field(Text("a name"), "what people call it", required=True),
        "tier": Field(TIERS, "how much it matters", required=True),
        "match": Field(MATCH, "every key must match, lists are alternatives", required=True),
        "labels": Field(MapOf(Text()), "anything you want to see in the audit"),
    },
    leaf=True,
    what="an environment: name, tier, match",
)

WINDOW = Struct(
    {
        "tiers": Field(ListOf(TIERS, single=True), "where it counts", required=True),
        "open": Field(
            ListOf(Text(OPEN_EXAMPLE, check=_hours), single=True), "when changes are expected", required=True
        ),
        "zone": Field(Text("a time zone such as Europe/Berlin", check=zone_problem), "its time zone"),
        "holidays": Field(ListOf(DATE, empty=True), "days on which it stays closed"),
    },
    leaf=True,
)

FREEZE = Struct(
    {
        "from": Field(DATE, "its first day (or day and HH:MM)", required=True),
        "until": Field(DATE, "its last day, inclusive", required=True),
        "reason": Field(Text("a reason"), "why, for the people who meet it"),
        "tiers": Field(ListOf(TIERS, single=True), "where it counts; absent: everywhere but development"),
    },
    leaf=True,
    check=_freeze_ends,
)

CELLS = Struct({effect.value: Field(Choice(DEMAND_WORDS), f"what {effect.value} asks for") for effect in Effect})
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

UNLOCK = Struct(
    {
        "max": Field(
            Duration(MINUTE, HOUR, "60m", zero=True),
            "the longest unlock; 0 forbids unlocking",
            default=HOUR,
            order="least",
        ),
        "default": Field(
            Duration(MINUTE, HOUR, "15m"), "how long u unlocks writes", default=15 * MINUTE, order="least"
        ),
        "reason": Field(
            Choice({"required": True, "optional": False}),
            "whether an unlock needs a reason",
            default=False,
            order="greatest",
        ),
    }
)

APPROVALS = Struct(
    {
        "store": Field(
            Text("a store such as sqlite:////var/lib/safeshell/approvals.db", check=_store, pattern="^sqlite:////"),
            "where requests are kept",
        ),
        "allowed_signers": Field(PATH, "OpenSSH's allowed_signers file of the people who may sign"),
        "approvers": Field(ListOf(Text("a user or @group"), single=True), "who may approve"),
        "expires": Field(
            Duration(MINUTE, DAY, "10m"), "how long a request stays open", default=10 * MINUTE, order="least"
        ),
        "forwarded_agent": Field(Flag(), "whether a forwarded ssh agent may sign", default=False, order="least"),
    }
)

PREVIEW = Struct(
    {
        "deadline": Field(Duration(0.1, MINUTE, "2s"), "how long a preview may take", default=2.0),
        "sample": Field(Number(0, 100), "how many examples it shows", default=5),
        "files": Field(Number(100, 100_000_000), "how many files it counts at most", default=200_000),
    }
)

LOCKS = Struct(
    {
        "timeout": Field(Duration(0.1, MINUTE, "2s"), "how long one attempt waits for its lock", default=2.0),
        "tries": Field(Number(1, 1000), "how many attempts there are at most", default=10),
        "within": Field(Duration(1, DAY, "10m"), "how long all attempts may take", default=10 * MINUTE),
    }
)

REDIS = Struct(
    {
        "loop_writes": Field(
            Number(10, 100_000_000), "single writes after which a loop is paused", default=1000, order="least"
        ),
        "loop_rate": Field(
            Number(1, 1_000_000), "writes a second from which it counts as a loop", default=50, order="least"
        ),
        "watch": Field(Duration(0, DAY, "60s", zero=True), "how long hits are watched after a flush", default=MINUTE),
        "alarm": Field(ListOf(Text("a word of the command")), "command to call when the hit rate collapses"),
    }
)

BACKUPS = Struct(
    {
        "file": Field(PATH, "a file whose age tells the last backup"),
        "command": Field(Text("a command"), "a command that prints when the last backup was taken"),
    }
)

RECORD = Struct(
    {
        "sessions": Field(Flag(), "record what sessions show (asciicast)", default=False, order="greatest"),
        "directory": Field(PATH, "where recordings go; absent: below the state directory"),
    }
)

LOGIN = Struct(
    {
        "shell": Field(PATH, "the real shell behind safeshell-login"),
        "automation": Field(ListOf(Text("a user"), single=True), "users whose logins are never guarded"),
    }
)

ROOT = Struct(
    {
        "version": Field(Choice({"1": 1}), "version of this format; absent: 1"),
        "environments": Field(ListOf(ENVIRONMENT, empty=True), "what is production; the first match wins"),
        "demands": Field(
            Struct({tier.value: Field(CELLS, f"demands in {tier.value}") for tier in Tier}),
            "what an effect asks for, by tier",
        ),
        "unlock": Field(UNLOCK, "unlocking plain writes"),
        "approvals": Field(APPROVALS, "four eyes"),
        "windows": Field(ListOf(WINDOW, empty=True), "when changes are expected; outside, everything asks once harder"),
        "freezes": Field(ListOf(FREEZE, empty=True), "when nothing should change"),
        "preview": Field(PREVIEW, "bounds of previews"),
        "undo": Field(
            Struct(
                {
                    "size": Field(Size(), "the largest undo kit", default=64 << 20),
                    "keep": Field(Duration(DAY, 3650 * DAY, "14d"), "how long undo kits are kept", default=14 * DAY),
                }
            ),
            "undo kits",
        ),
        "locks": Field(LOCKS, "schema changes that are run with a lock_timeout and tried again"),
        "redis": Field(REDIS, "loops and missing caches"),
        "backups": Field(BACKUPS, "how to learn of the last backup"),
        "record": Field(RECORD, "session recordings"),
        "tint": Field(Flag(), "tint the terminal's background by tier", default=False),
        "tokens": Field(
            Choice({"self": "self", "none": ""}),
            "whether a caller without a terminal may redeem its own request",
            default="",
            order="least",
        ),
        "strict": Field(Flag(), "refuse, in safeshell-login, what is not understood", default=False, order="greatest"),
        "remember": Field(
            Duration(0, 90 * DAY, "90d", zero=True), "how long a program stays known", default=90 * DAY, order="least"
        ),
        "follow": Field(
            Choice({"ask": "ask", "always": "always", "never": "never"}),
            "whether safe-ssh follows into remote shells",
            default="ask",
        ),
        "follow_sh": Field(
            Choice({"bash": "bash", "plain": "plain"}),
            "what safe-ssh opens where the login shell is sh, dash or ash, which no hook can guard",
            default="bash",
        ),
        "login": Field(LOGIN, "safeshell-login"),
    },
    what="a mapping with the keys of safeshell's configuration",
)


def schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "safeshell configuration",
        **ROOT.schema(),
    }


def leaves(struct: Struct = ROOT, prefix: str = "") -> dict[str, Field]:
    """Every key that holds a value, by dotted path, in the order of the tree."""
    found: dict[str, Field] = {}
    for name, item in struct.fields.items():
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(item.shape, Struct) and not item.shape.leaf:
            found |= leaves(item.shape, path)
        else:
            found[path] = item
    return found
