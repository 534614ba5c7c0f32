"""Listening sockets and the connections to them, by service; from psutil.

What must not live here: sentences about one command.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

import psutil

from safeshell.model.values import dataclass, field
from safeshell.previews.telling import count

_LISTEN, _ESTABLISHED = "LISTEN", "ESTABLISHED"


@dataclass(slots=True)
class Service:
    """One listening port. `name` is "" where another user's process holds it and we may not look."""

    port: int
    kind: str
    pid: int | None = None
    name: str = ""
    connections: int = 0
    peers: set[str] = field(default_factory=set)

    def line(self) -> str:
        """Ready for a screen."""
        told = count(self.connections, "connection") if self.connections else "no connection"
        return f"{self.port}/{self.kind:<5} {self.name or '?':<16} {told}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Services by the number of their connections, and connections that this host opened itself."""

    services: tuple[Service, ...]
    outgoing: int

    @property
    def incoming(self) -> int:
        """Established connections to any service here."""
        return sum(service.connections for service in self.services)


def traffic(pids: Container[int] | None = None) -> Traffic:
    """TCP and UDP services of this host, of these processes only when `pids` is given."""
    found = psutil.net_connections(kind="inet")
    services: dict[tuple[int, str], Service] = {}
    for one in found:
        kind = "tcp" if one.type == 1 else "udp"
        listening = one.status == _LISTEN or (kind == "udp" and not one.raddr)
        if listening and one.laddr and (pids is None or one.pid in pids):
            service = services.setdefault((one.laddr.port, kind), Service(one.laddr.port, kind))
            service.pid = service.pid or one.pid
    outgoing = _connect(services, found)
    for service in services.values():
        service.name = name_of(service.pid)
    ordered = sorted(services.values(), key=lambda service: (-service.connections, service.port))
    return Traffic(tuple(ordered), outgoing)


def _connect(services: dict[tuple[int, str], Service], found: Iterable[psutil._ntuples.sconn]) -> int:
    """Count established connections to each service; how many belong to none."""
    outgoing = 0
    for one in found:
        if one.status != _ESTABLISHED or not one.laddr or not one.raddr:
            continue
        service = services.get((one.laddr.port, "tcp"))
        if service is None:
            outgoing += 1
        else:
            service.connections += 1
            service.peers.add(one.raddr.ip)
    return outgoing


def name_of(pid: int | None) -> str:
    """The name of a process, "" when it is not known or gone."""
    try:
        return str(psutil.Process(pid).name()) if pid else ""
    except psutil.Error:
        return ""
