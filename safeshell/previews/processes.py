"""Which processes a signal would reach: by number, by group, by name, by pattern.

How a command's words select processes is a row of `_SELECTORS`; a command without a row is read as
numbers and names. What must not live here: sending signals.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import psutil

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, field
from safeshell.previews import selection
from safeshell.previews.selection import Selection
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing, sentences, span

_SAMPLE_MOST = 15
_COMMAND_WIDTH = 60

_SELECTORS: dict[str, Callable[[Subject], Selection]] = {
    "kill": selection.by_number,
    "pkill": selection.by_pattern,
    "killall": selection.by_name,
    "killall5": selection.everything,
}


@dataclass(slots=True)
class _Sight:
    """Processes that would be hit, with what the selection said of itself."""

    chosen: Selection
    rows: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    children: int = 0
    hit: int = 0


def look(subject: Subject) -> Iterator[Preview]:
    """Select, then describe one process after the other, your own session first."""
    chosen = _SELECTORS.get(subject.verb, _plain)(subject)
    sight = _Sight(chosen)
    above = _own_session()
    for pid in sorted(chosen.pids, key=lambda number: (number not in above, number)):
        _describe(pid, above, sight)
        if sight.hit % 64 == 1:
            yield _preview(sight, done=False)
    yield _preview(sight, done=True)


def _plain(subject: Subject) -> Selection:
    """For commands without a row: targets that are numbers, and names."""
    targets = subject.of_kind(TargetKind.PROCESS)
    if not targets:
        return selection.unknown("which processes it reaches is only known when it runs")
    chosen = selection.by_number(subject)
    names = [target.value for target in targets if target.value and not target.value.isdigit()]
    return chosen.joined(selection.named(names)) if names else chosen


def _own_session() -> dict[int, str]:
    """What each process of the person's own session is to them."""
    own = psutil.Process()
    found = {own.pid: "this is the guard of your own shell"}
    for parent in own.parents():
        found.setdefault(parent.pid, "your own session runs in it")
    for child in own.children(recursive=True):
        found.setdefault(child.pid, "it runs in your own session")
    for child in own.children():
        found[child.pid] = "this is your own shell, or a job of it"
    found[1] = "this is the first process of the host"
    return found


def _describe(pid: int, above: dict[int, str], sight: _Sight) -> None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            name, user, age = process.name(), _user(process), time.time() - process.create_time()
            words = _command(process.cmdline()) or f"[{name}]"
        children = len(process.children(recursive=True))
    except psutil.Error:
        return
    sight.hit += 1
    sight.names.append(name)
    sight.users.add(user)
    sight.children += children
    if pid in above:
        sight.warnings.append(f"{pid} {name}: {above[pid]}")
    if len(sight.rows) < _SAMPLE_MOST:
        below = f"  (+{count(children, 'child', 'children')})" if children else ""
        sight.rows.append(f"{pid:>7} {user:<10} {span(age):<12} {words[:_COMMAND_WIDTH]}{below}")


def _command(words: list[str]) -> str:
    """The command line, its program without the directory."""
    return " ".join([words[0].rpartition("/")[2], *words[1:]]) if words else ""


def _user(process: psutil.Process) -> str:
    try:
        return str(process.username())
    except (psutil.Error, KeyError):
        return "?"


def _preview(sight: _Sight, *, done: bool) -> Preview:
    chosen = sight.chosen
    exactness = chosen.exactness if done or chosen.exactness is Exactness.UNKNOWN else Exactness.AT_LEAST
    return Preview(
        summary=_summary(sight, done=done),
        affected=None if exactness is Exactness.UNKNOWN else sight.hit,
        unit="processes",
        exactness=exactness,
        sample=tuple(sight.rows),
        reversibility=Reversibility.IRREVERSIBLE if sight.hit else Reversibility.UNKNOWN,
        caveats=(*sight.warnings, *_caveats(sight)),
    )


def _summary(sight: _Sight, *, done: bool) -> str:
    if not sight.hit:
        return "" if sight.chosen.exactness is Exactness.UNKNOWN else "no process matches"
    least = "" if done else "at least "
    several = f"of {count(len(sight.users), 'user')}" if len(sight.users) > 1 else f"of {listing(list(sight.users))}"
    below = f"with {count(sight.children, 'child process', 'child processes')}" if sight.children else ""
    return sentences(f"{least}{count(sight.hit, 'process', 'processes')} {several}: {listing(sight.names)}", below)


def _caveats(sight: _Sight) -> Iterator[str]:
    yield from sight.chosen.notes
    others = sight.users - {_me()}
    if others and os.geteuid():
        yield f"some belong to {listing(sorted(others))}: only root may signal those"


def _me() -> str:
    return _user(psutil.Process())
