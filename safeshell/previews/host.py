"""What halting or cutting off this host would end: people, connections, services, a shutdown already planned.

What must not live here: other hosts; they are not looked at.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.previews import systemd
from safeshell.previews.people import Login, logins, own_ssh
from safeshell.previews.sockets import Traffic, traffic
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, sentences, span

_SCHEDULED = "/run/systemd/shutdown/scheduled"
_SAMPLE_LOGINS, _SAMPLE_SERVICES = 6, 8


@dataclass(slots=True)
class _Sight:
    """What is known so far; None: not looked at yet."""

    up: float = 0.0
    people: list[Login] | None = None
    traffic: Traffic | None = None
    running: int | None = None
    failed: list[str] = field(default_factory=list)


def look(subject: Subject) -> Iterator[Preview]:
    """Uptime and people at once, then sockets, then what systemd runs."""
    import psutil

    sight = _Sight(up=time.time() - psutil.boot_time())
    sight.people = logins()
    yield _preview(sight, Exactness.AT_LEAST)
    try:
        sight.traffic = traffic()
    except (psutil.Error, OSError) as fault:
        sight.failed.append(f"connections could not be counted: {fault}")
    yield _preview(sight, Exactness.AT_LEAST)
    if systemd.running():
        sight.running = systemd.services_running(subject)
        if sight.running is None:
            sight.failed.append("systemd did not tell what it runs")
    yield _preview(sight, Exactness.AT_LEAST if sight.failed else Exactness.EXACT)


def _preview(sight: _Sight, exactness: Exactness) -> Preview:
    people, found = sight.people or [], sight.traffic
    services = [
        service for service in (found.services if found else ()) if service.connections or service.kind == "tcp"
    ]
    users = len({login.user for login in people})
    summary = sentences(
        f"{os.uname().nodename} has been up for {span(sight.up)}",
        f"{count(users, 'person', 'people')} logged in" if people else "nobody else logged in",
        f"{count(found.incoming, 'connection')} to {count(len(services), 'service')}" if found else "",
        f"{count(sight.running, 'unit')} running" if sight.running else "",
    )
    sample = [login.line() for login in people[:_SAMPLE_LOGINS]]
    sample += [service.line() for service in services[:_SAMPLE_SERVICES]]
    return Preview(
        summary=summary,
        exactness=exactness,
        sample=tuple(sample),
        reversibility=Reversibility.IRREVERSIBLE,
        caveats=(*_caveats(found), *sight.failed),
    )


def _caveats(found: Traffic | None) -> Iterator[str]:
    ssh = own_ssh()
    if ssh is not None:
        yield f"you are on {os.uname().nodename} over ssh, from {ssh[0]}"
    if found is not None and found.outgoing:
        yield f"{count(found.outgoing, 'connection')} from here to other hosts"
    planned = _planned()
    if planned:
        yield planned


def _planned() -> str:
    """A shutdown that is already under way (systemd's own note of it: USEC=, MODE=)."""
    try:
        text = Path(_SCHEDULED).read_text(encoding="utf-8")
    except OSError:
        return ""
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    try:
        left = int(said["USEC"]) / 1_000_000 - time.time()
    except (KeyError, ValueError):
        return "a shutdown is already planned"
    return f"a {said.get('MODE', 'shutdown')} is already planned, in {span(left)}"
