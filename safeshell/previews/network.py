"""What cutting an interface, an address, a route or a firewall rule would cut off; your own line first.

What must not live here: changing anything, other hosts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.previews.people import own_ssh
from safeshell.previews.programs import output
from safeshell.previews.sockets import traffic
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing, sentences

_RULES = (("nft", ["nft", "list", "ruleset"]), ("iptables", ["iptables", "-S"]), ("ip6tables", ["ip6tables", "-S"]))
_RULE_TOOLS = frozenset(
    {"iptables", "ip6tables", "nft", "ufw", "firewall-cmd", "iptables-restore", "ip6tables-restore"}
)
_SAMPLE_MOST = 10


@dataclass(slots=True)
class _Sight:
    """What is known so far: connections by interface, rules that a firewall has."""

    named: list[str] = field(default_factory=list)
    connections: dict[str, int] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unsure: bool = False


def look(subject: Subject) -> Iterator[Preview]:
    """Addresses and your own connection at once, then who is connected, then rules."""
    sight = _Sight()
    addresses = _addresses()
    sight.named = _named(subject, addresses)
    sight.notes.extend(_own_line(subject, addresses, sight.named))
    yield _preview(sight, Exactness.AT_LEAST)
    try:
        sight.connections = _by_interface(addresses)
    except (psutil.Error, OSError) as fault:
        sight.unsure = True
        sight.notes.append(f"connections could not be counted: {fault}")
    yield _preview(sight, Exactness.AT_LEAST)
    if subject.verb.split(" ")[0] in _RULE_TOOLS:
        sight.rules = _rules(subject, sight)
    yield _preview(sight, Exactness.UNKNOWN if sight.unsure else Exactness.EXACT)


def _addresses() -> dict[str, set[str]]:
    """The internet addresses of each interface."""
    inet = {2, 10}
    return {
        name: {item.address.partition("%")[0] for item in items if int(item.family) in inet}
        for name, items in psutil.net_if_addrs().items()
    }


def _named(subject: Subject, addresses: dict[str, set[str]]) -> list[str]:
    """Interfaces that the targets name, or whose address they name."""
    values = {target.value.partition("/")[0] for target in subject.targets if target.value}
    return [name for name, own in addresses.items() if name in values or own & values]


def _own_line(subject: Subject, addresses: dict[str, set[str]], named: list[str]) -> Iterator[str]:
    """Where your own ssh connection comes in, and whether that is what is being cut."""
    ssh = own_ssh()
    if ssh is None:
        return
    theirs, ours = ssh
    interface = next((name for name, own in addresses.items() if ours in own), "") or _route(theirs, subject)
    through = f" over {interface}" if interface else ""
    yield f"your own ssh connection from {theirs} comes in{through} ({ours})"
    if interface and interface in named:
        yield "this cuts it off"


def _route(address: str, subject: Subject) -> str:
    """The interface that answers to an address leave by; "" when it cannot be told."""
    lines, program = output(["ip", "-o", "route", "get", address], subject)
    words = lines[0].split() if lines and program.code == 0 else []
    return words[words.index("dev") + 1] if "dev" in words[:-1] else ""


def _by_interface(addresses: dict[str, set[str]]) -> dict[str, int]:
    """Established connections by the interface that has their address here; loopback left out."""
    found: dict[str, int] = {}
    for one in psutil.net_connections(kind="inet"):
        if one.status == "ESTABLISHED" and one.laddr:
            name = next((name for name, own in addresses.items() if one.laddr.ip in own), "")
            if name and name != "lo":
                found[name] = found.get(name, 0) + 1
    return found


def _rules(subject: Subject, sight: _Sight) -> list[str]:
    """The rules of the firewall tool of this line, or of any that answers."""
    wanted = subject.verb.split(" ")[0].removesuffix("-restore")
    for name, argv in sorted(_RULES, key=lambda pair: pair[0] != wanted):
        lines, program = output(argv, subject)
        if program.code == 0 and program.finished:
            return [line.strip() for line in lines if line.strip() and not line.strip().startswith(("#", "}"))]
        if name == wanted:
            sight.notes.append(f"the present rules could not be read{': ' + program.error if program.error else ''}")
    sight.unsure = True
    return []


def _preview(sight: _Sight, exactness: Exactness) -> Preview:
    touched = sum(number for name, number in sight.connections.items() if not sight.named or name in sight.named)
    services = traffic().services if exactness is not Exactness.AT_LEAST and touched else ()
    return Preview(
        summary=sentences(
            f"{os.uname().nodename} is reached over {listing(list(sight.connections) or ['nothing but itself'])}"
            if not sight.named
            else f"{listing(sight.named)} of {os.uname().nodename}",
            f"{count(touched, 'connection')} open",
            f"{count(len(sight.rules), 'rule')} in force" if sight.rules else "",
        ),
        exactness=exactness,
        sample=(*(service.line() for service in services if service.connections), *sight.rules)[:_SAMPLE_MOST],
        reversibility=Reversibility.UNKNOWN,
        caveats=tuple(sight.notes),
    )
