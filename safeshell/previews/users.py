"""What removing or locking an account would touch: sessions, processes, crontab, home, administrator rights.

What must not live here: other accounts' secrets.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator

import psutil

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, field
from safeshell.previews import crontabs
from safeshell.previews.people import logins
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing, sentences, size
from safeshell.previews.walking import Tally, walk

_ADMINISTRATORS = ("sudo", "wheel", "admin")
"""Groups that by default may do everything (Debian, Red Hat, old Ubuntu)."""


@dataclass(slots=True)
class _Sight:
    """What is known of the accounts so far."""

    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sample: list[str] = field(default_factory=list)
    unsure: bool = False


def look(subject: Subject) -> Iterator[Preview]:
    """Account by account: first what is quick to tell, then the size of the home."""
    sight = _Sight()
    for target in subject.of_kind(TargetKind.USER):
        if not target.value:
            sight.notes.append(f"{target.text}: only known when it runs")
            sight.unsure = True
            continue
        yield from _account(target.value, subject, sight)
    yield _preview(sight, done=True)


def _account(name: str, subject: Subject, sight: _Sight) -> Iterator[Preview]:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        sight.said.append(_group(name))
        return
    here = [login for login in logins() if login.user == name]
    running = [process for process in psutil.process_iter(["username", "name"]) if process.info["username"] == name]
    jobs = crontabs.of_user(name, subject)
    sight.said.append(
        sentences(
            f"{name} " + (f"is logged in {count(len(here), 'time')}" if here else "is not logged in"),
            f"runs {count(len(running), 'process', 'processes')}" if running else "runs nothing",
            f"has {count(len(crontabs.jobs(jobs)), 'cron job')}" if jobs else "",
        )
    )
    sight.sample.extend(login.line() for login in here)
    sight.notes.extend(_notes(entry, [str(process.info["name"]) for process in running]))
    yield _preview(sight, done=False)
    yield from _home(entry.pw_dir, sight)


def _group(name: str) -> str:
    try:
        members = grp.getgrnam(name).gr_mem
    except KeyError:
        return f"there is no account or group called {name}"
    return f"the group {name} has {count(len(members), 'member')}" + (f": {listing(members)}" if members else "")


def _notes(entry: pwd.struct_passwd, names: list[str]) -> Iterator[str]:
    """What a person would be sorry to have overlooked, the worst first."""
    if entry.pw_uid in (os.getuid(), _sudo_uid()):
        yield "this is your own account"
    for group in _ADMINISTRATORS:
        members = _members(group)
        if entry.pw_name in members:
            last = "the last member" if len(members) == 1 else f"one of {count(len(members), 'member')}"
            yield f"{entry.pw_name} is {last} of {group}"
    if names:
        yield f"running: {listing(names, 6)}"
    keys = os.path.join(entry.pw_dir, ".ssh", "authorized_keys")
    if os.path.exists(keys):
        yield f"{entry.pw_name} comes in with ssh keys; those go on working while only the password is locked"


def _sudo_uid() -> int:
    text = os.environ.get("SUDO_UID", "")
    return int(text) if text.isdigit() else -1


def _members(group: str) -> set[str]:
    """Members by name, and accounts whose main group it is."""
    try:
        found = grp.getgrnam(group)
    except KeyError:
        return set()
    return {*found.gr_mem, *(entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == found.gr_gid)}


def _home(path: str, sight: _Sight) -> Iterator[Preview]:
    """The size of the home directory, as far as it may be read."""
    if path in ("", "/", "/nonexistent") or not os.path.isdir(path):
        return
    tally = Tally()
    sight.said.append("")
    for _ in walk(path, tally):
        sight.said[-1] = f"{path} holds at least {count(tally.entries, 'file')}, {size(tally.size)}"
        yield _preview(sight, done=False)
    closed = "at least " if tally.closed else ""
    sight.said[-1] = f"{path} holds {closed}{count(tally.entries, 'file')}, {size(tally.size)}"


def _preview(sight: _Sight, *, done: bool) -> Preview:
    exactness = Exactness.EXACT if done else Exactness.AT_LEAST
    return Preview(
        summary="; ".join(part for part in sight.said if part),
        exactness=Exactness.UNKNOWN if sight.unsure else exactness,
        sample=tuple(sight.sample),
        caveats=tuple(sight.notes),
        reversibility=Reversibility.UNKNOWN,
    )
