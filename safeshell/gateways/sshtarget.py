"""Where an ssh call leads, by `ssh -G` with the very options of the call: names, jump hosts, user, forwardings.

What must not live here: connecting, deciding a tier (policy.environments).
"""

from __future__ import annotations

from collections.abc import Mapping

from safeshell.facts.places import resolve
from safeshell.facts.running import answer
from safeshell.gateways.sshargs import SshCall
from safeshell.model.places import Environment, Place
from safeshell.model.values import dataclass
from safeshell.policy.environments import environment_of
from safeshell.policy.observation import Observation, TargetFacts
from safeshell.policy.policy import Policy, wanted
from safeshell.policy.targets import address, host_part

_DEADLINE = 3.0
"""Seconds for `ssh -G`: a `Match exec` of the person's configuration runs within them."""
_LOOKUP = 0.5
_OFF = frozenset({"", "none", "no", "false"})


@dataclass(frozen=True, slots=True)
class SshTarget:
    """What `ssh -G` says of a call, by lower-case keyword with every value it gave. `told` is False where it said nothing."""

    destination: str
    settings: Mapping[str, tuple[str, ...]]

    @property
    def told(self) -> bool:
        """True where ssh understood the call."""
        return bool(self.settings)

    def setting(self, keyword: str) -> str:
        """A keyword's first value, "" for none, no and absent ones."""
        value = self.settings.get(keyword, ("",))[0]
        return "" if value.lower() in _OFF else value

    @property
    def host(self) -> str:
        """The host name that is connected to."""
        return self.setting("hostname") or host_part(self.destination)

    @property
    def user(self) -> str:
        """The user there."""
        return self.setting("user")

    @property
    def key(self) -> str:
        """What a person's consent is bound to: user, host and port."""
        return f"{self.user}@{self.host}:{self.setting('port') or '22'}"

    @property
    def shared(self) -> bool:
        """True where the person's own configuration shares connections."""
        return bool(self.setting("controlpath")) and bool(self.setting("controlmaster"))

    def facts(self, policy: Policy) -> TargetFacts:
        """For the rules: names, jump hosts, addresses where some rule speaks of networks."""
        jumps = tuple(jump for jump in self.setting("proxyjump").split(",") if jump)
        looked: tuple[str, ...] | None = (address(self.host),) if address(self.host) else None
        if looked is None and wanted(policy).addresses:
            looked = resolve(self.host, _LOOKUP)
        detail = {"user": self.user} if self.user else {}
        return TargetFacts(names=(self.host,), via=jumps, addresses=looked, detail=detail)

    def environment(self, observation: Observation, policy: Policy) -> Environment:
        """The tier of where the call leads, by the same rules as everywhere."""
        return environment_of(Place("host", self.destination), observation, policy, self.facts(policy))

    def forwards(self) -> tuple[tuple[str, str], ...]:
        """(what is opened, host that it leads to) of each forwarding; the other side decides for -R and -D."""
        found = [(f"local {value.split()[0]}", _host_of(value)) for value in self.settings.get("localforward", ())]
        found += [(f"remote {value.split()[0]}", _host_of(value)) for value in self.settings.get("remoteforward", ())]
        found += [(f"local {value} (any host)", self.host) for value in self.settings.get("dynamicforward", ())]
        return tuple(found)


def _host_of(value: str) -> str:
    """`8080 [db.prod]:5432` -> db.prod."""
    words = value.split()
    return words[1].rpartition(":")[0].strip("[]") if len(words) > 1 else ""


def resolve_call(call: SshCall, ssh: str, environ: Mapping[str, str]) -> SshTarget:
    """Ask `ssh -G` with the options of the call; it connects to nothing."""
    text = answer((ssh, "-G", *call.options, "--", call.destination), deadline=_DEADLINE, environ=environ)
    found: dict[str, tuple[str, ...]] = {}
    for line in (text or "").splitlines():
        keyword, _, value = line.partition(" ")
        found[keyword.lower()] = (*found.get(keyword.lower(), ()), value)
    return SshTarget(call.destination, found)
