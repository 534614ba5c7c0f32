"""What stopping or restarting a unit would touch: who needs it, who is connected to it, how long it ran.

What must not live here: killing by hand (processes), the whole host (host).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, field
from safeshell.previews import systemd
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing, sentences, span

_SAMPLE_MOST = 12
_OF_SYSTEMD = frozenset({"systemctl", "service"})
"""Commands whose names are units of systemd where it runs; others have supervisors of their own."""


@dataclass(slots=True)
class _Sight:
    """What is known of the units so far. `failed`: something could not be told; `vague`: nobody could tell."""

    said: list[str] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: bool = False
    vague: bool = False


def look(subject: Subject) -> Iterator[Preview]:
    """Unit by unit; without any, the program that the command is named after (`nginx -s stop`)."""
    sight = _Sight()
    tool = subject.verb.partition(" ")[0]
    named = [(target.text, target.value) for target in subject.of_kind(TargetKind.SERVICE)]
    if not named and tool not in _OF_SYSTEMD:
        named = [(tool, tool)]
    for text, value in named:
        if value is None:
            sight.notes.append(f"{text}: only known when it runs")
            sight.failed = True
        elif systemd.running() and tool in _OF_SYSTEMD:
            _of_systemd(value, subject, sight)
        else:
            _of_processes(value, sight)
        yield _preview(sight, done=False)
    yield _preview(sight, done=not sight.vague)


def _preview(sight: _Sight, *, done: bool) -> Preview:
    exactness = Exactness.EXACT if done else Exactness.AT_LEAST
    return Preview(
        summary="; ".join(sight.said),
        exactness=Exactness.UNKNOWN if sight.failed else exactness,
        sample=tuple(sight.sample[:_SAMPLE_MOST]),
        reversibility=Reversibility.REVERSIBLE if sight.said else Reversibility.UNKNOWN,
        caveats=tuple(sight.notes),
    )


def _of_systemd(name: str, subject: Subject, sight: _Sight) -> None:
    unit = systemd.unit(name, subject)
    if unit is None:
        sight.failed = True
        sight.notes.append(f"systemd did not tell about {name}")
        return
    if not unit.loaded:
        sight.said.append(f"{name}: systemd knows no such unit")
        return
    users = systemd.needed_by(name, subject)
    if users is None:
        sight.failed = True
        sight.notes.append(f"systemd did not tell what needs {name}")
    elif users:
        sight.notes.append(f"{unit.name} is needed by {listing(users, 6)}")
    if unit.triggers:
        sight.notes.append(f"{listing(unit.triggers)} may start it again")
    _describe(unit.name, _up(unit), _tree(unit.main_pid), sight)


def _up(unit: systemd.Unit) -> str:
    if unit.state != "active":
        return f"is {unit.state or 'in no known state'}"
    return f"has run for {span(time.clock_gettime(time.CLOCK_MONOTONIC) - unit.entered)}"


def _of_processes(name: str, sight: _Sight) -> None:
    """Outside systemd: the processes of that name say something, who needs them nobody tells."""
    import psutil

    bare = name.removesuffix(".service")
    found = [p for p in psutil.process_iter(["name", "create_time"]) if p.info["name"] == bare]
    sight.vague = True
    sight.notes.append(f"what needs {bare} is not known here")
    if not found:
        sight.notes.append(f"no process is called {bare}")
        return
    oldest = min(found, key=lambda process: process.info["create_time"])
    up = f"has run for {span(time.time() - oldest.info['create_time'])}"
    _describe(bare, up, {process.pid for process in found}, sight)


def _tree(pid: int) -> set[int]:
    """The process and all below it; empty for none."""
    import psutil

    if not pid:
        return set()
    try:
        return {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}
    except psutil.Error:
        return {pid}


def _describe(name: str, up: str, pids: set[int], sight: _Sight) -> None:
    """`nginx has run for 41 days, 212 connections to 2 ports, 5 processes`."""
    from safeshell.previews.sockets import traffic

    found = traffic(pids)
    peers = {peer for service in found.services for peer in service.peers}
    sight.said.append(
        sentences(
            f"{name} {up}",
            f"{count(found.incoming, 'connection')} from {count(len(peers), 'address', 'addresses')}" if peers else "",
            count(len(pids), "process", "processes") if pids else "",
        )
    )
    sight.sample.extend(service.line() for service in found.services)
