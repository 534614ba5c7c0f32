"""What would happen to files: how many, how big, how fresh, the biggest, who uses them, what else is there.

Symbolic links are counted and named, never followed. What must not live here: other kinds of targets.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, field
from safeshell.previews import devices, worktrees
from safeshell.previews.globbing import expand, shorter
from safeshell.previews.mounts import at_or_below, mounts, unreal
from safeshell.previews.openers import Opener, openers
from safeshell.previews.subject import Subject
from safeshell.previews.telling import ago, count, listing, size
from safeshell.previews.walking import Tally, walk

_NEWS = 0.05
"""Seconds between two previews on the way: making one costs more than counting a few hundred files."""

_LOST = frozenset({Effect.DESTROYS_DATA, Effect.DESTROYS_ROWS})
_SAMPLE_MOST = 12


@dataclass(slots=True)
class _Sight:
    """Everything seen so far. `tops` are the paths that the line names, after globs."""

    subject: Subject
    tally: Tally = field(default_factory=Tally)
    tops: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    whole: bool = False


def look(subject: Subject) -> Iterator[Preview]:
    """Files first, then what hangs on them; a preview after every bit of both."""
    sight = _Sight(subject)
    told = time.monotonic()
    for _ in _count(sight):
        if time.monotonic() - told >= _NEWS:
            yield _preview(sight)
            told = time.monotonic()
    sight.whole = not sight.unknown and not sight.tally.closed
    yield _preview(sight)
    for _ in _surroundings(sight):
        if time.monotonic() - told >= _NEWS:
            yield _preview(sight)
            told = time.monotonic()
    yield _preview(sight)


def _count(sight: _Sight) -> Iterator[None]:
    """Every target once: what is named, and below it where that goes too."""
    subject = sight.subject
    for target in subject.of_kind(TargetKind.PATH, TargetKind.DEVICE):
        if not target.value:
            sight.unknown.append(target.text)
            continue
        path = subject.place(target.value)
        told = subject.matched(target)
        if told == []:
            sight.missing.append(target.text)
        for top in (expand(path) if target.glob else [path]) if told is None else told:
            if top not in sight.tops:
                yield from _top(sight, top, recursive=subject.recursive(target))
                yield


def _top(sight: _Sight, top: str, *, recursive: bool) -> Iterator[None]:
    try:
        found = os.lstat(top.rstrip("/") or "/")
    except (FileNotFoundError, NotADirectoryError):
        sight.missing.append(shorter(top, sight.subject.cwd))
        return
    except OSError as fault:
        sight.notes.append(f"{shorter(top, sight.subject.cwd)} cannot be looked at: {fault.strerror}")
        sight.tally.closed.append(top)
        return
    sight.tops.append(top)
    if stat.S_ISDIR(found.st_mode) and recursive:
        yield from walk(top, sight.tally, unreal())
    elif stat.S_ISDIR(found.st_mode):
        sight.tally.directories += 1
    else:
        _single(sight, top.rstrip("/"), found)


def _single(sight: _Sight, top: str, found: os.stat_result) -> None:
    """A named file, link or device."""
    sight.tally.add(top, found)
    if stat.S_ISBLK(found.st_mode):
        text, caveats = devices.describe(top, found.st_rdev)
        sight.said.append(text)
        sight.notes.extend(caveats)
    elif stat.S_ISLNK(found.st_mode):
        sight.notes.append(_link_note(sight, top))


def _link_note(sight: _Sight, link: str) -> str:
    name = shorter(link, sight.subject.cwd)
    try:
        goal = os.readlink(link)
        held = os.stat(link)
    except OSError:
        return f"{name} is a symbolic link that leads nowhere"
    what = "a directory" if stat.S_ISDIR(held.st_mode) else f"a file of {size(held.st_size)}"
    return f"{name} is a symbolic link to {goal}, {what}"


def _surroundings(sight: _Sight) -> Iterator[None]:
    """What a person would be sorry to have overlooked."""
    subject, tops = sight.subject, sight.tops
    below = [mount for top in tops for mount in at_or_below(os.path.realpath(top), mounts())]
    for mount in below[:3]:
        far = ", on another machine" if mount.remote else ""
        sight.notes.append(f"{shorter(mount.point, subject.cwd)} is a mount of its own ({mount.kind}{far})")
    if subject.cwd and any(_within(subject.cwd, top) for top in tops):
        sight.notes.append("you are standing in it")
    yield
    for note in worktrees.notes(subject, tops, sight.tally.repositories):
        sight.notes.append(note)
        yield
    users: list[Opener] = []
    for opener in openers(tops) if tops else ():
        if opener is not None and opener.pid != os.getpid():
            users.append(opener)
        yield
    sight.notes.extend(_in_use(users))


def _within(path: str, top: str) -> bool:
    """True when the path is the directory `top` or lies below it."""
    base = os.path.realpath(top).rstrip("/")
    return os.path.isdir(top) and (os.path.realpath(path).rstrip("/") + "/").startswith(base + "/")


def _in_use(users: list[Opener]) -> Iterator[str]:
    holding = [f"{user.name} ({user.pid})" for user in users if user.how == "open"]
    standing = [f"{user.name} ({user.pid})" for user in users if user.how == "cwd"]
    running = [f"{user.name} ({user.pid})" for user in users if user.how == "exe"]
    if holding:
        yield f"open in {count(len(holding), 'process', 'processes')}: {listing(holding)}"
    if standing:
        yield f"the working directory of {count(len(standing), 'process', 'processes')}: {listing(standing)}"
    if running:
        yield f"running from there: {listing(running)}"


def _preview(sight: _Sight) -> Preview:
    subject, tally = sight.subject, sight.tally
    lost = any(finding.effect in _LOST for finding in subject.findings)
    exactness = Exactness.EXACT if sight.whole else Exactness.AT_LEAST
    if not sight.tops and (sight.unknown or not (sight.missing or sight.said)):
        exactness = Exactness.UNKNOWN
    return Preview(
        summary=_summary(sight),
        affected=None if exactness is Exactness.UNKNOWN else tally.entries,
        unit="files",
        exactness=exactness,
        sample=_sample(sight),
        reversibility=Reversibility.IRREVERSIBLE if lost and sight.tops else Reversibility.UNKNOWN,
        caveats=tuple(_caveats(sight)),
    )


def _summary(sight: _Sight) -> str:
    tally, tops = sight.tally, sight.tops
    if sight.said:
        return "; ".join(sight.said)
    if not tops:
        silent = sight.unknown or tally.closed or not sight.missing
        return "" if silent else f"there is nothing at {listing(sight.missing)}"
    name = shorter(tops[0], sight.subject.cwd)
    if len(tops) == 1 and tally.files == 1 and not tally.directories:
        return f"1 file, {size(tally.size)}, changed {ago(time.time() - tally.newest)}: {name}"
    least = "" if sight.whole else "at least "
    where = listing([shorter(top, sight.subject.cwd) for top in tops])
    inside = f" in {count(tally.directories, 'directory', 'directories')}" if tally.directories else ""
    return f"{least}{count(tally.entries, 'file')}{inside}, {size(tally.size)}: {where}"


def _sample(sight: _Sight) -> tuple[str, ...]:
    """The biggest files with size and age; of a few named ones, these."""
    now = time.time()
    rows = sorted(sight.tally.biggest, reverse=True)[:_SAMPLE_MOST]
    if len(rows) <= 1 and len(sight.tops) <= 1 and not sight.tally.directories:
        return ()
    return tuple(
        f"{size(weight):>9}  {shorter(path, sight.subject.cwd)}  {ago(now - changed)}" for weight, path, changed in rows
    )


def _caveats(sight: _Sight) -> Iterator[str]:
    tally, cwd = sight.tally, sight.subject.cwd
    if sight.unknown:
        yield f"{listing(sight.unknown)}: only known when it runs"
    if not (sight.unknown or sight.missing or sight.tops or sight.said):
        yield "what it reaches is only known when it runs"
    if sight.missing and (sight.tops or sight.unknown):
        yield f"there is nothing at {listing(sight.missing)}"
    if tally.entries > 1 and tally.newest_path:
        yield f"newest change: {shorter(tally.newest_path, cwd)}, {ago(time.time() - tally.newest)}"
    if tally.links and (tally.links > 1 or tally.files or tally.directories):
        yield f"{count(tally.links, 'symbolic link')} among them; what they point to stays"
    if tally.closed:
        yield f"could not be read, so not counted: {listing([shorter(path, cwd) for path in tally.closed])}"
    crossed = [shorter(path, cwd) for path in tally.crossed if path not in unreal()] if tally.crossed else []
    if crossed:
        yield f"it goes on into other file systems: {listing(crossed)}"
    yield from sight.notes
