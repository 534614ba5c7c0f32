"""Which processes hold files below some paths open, stand in them, or run from them; from /proc.

What must not live here: sentences.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from safeshell.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Opener:
    """A process, and one path of it that would be hit; `how` is open, cwd or exe."""

    pid: int
    name: str
    path: str
    how: str


def openers(paths: list[str]) -> Iterator[Opener | None]:
    """One entry a process that is in the way, None after each other process (a chance to stop).

    Processes of other users are only seen by root.
    """
    roots = [os.path.realpath(path).rstrip("/") for path in paths]
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for pid in pids:
        yield _first(pid, roots)


def _first(pid: str, roots: list[str]) -> Opener | None:
    for how, path in _held(pid):
        if any(path == root or path.startswith(root + "/") for root in roots):
            return Opener(int(pid), _name(pid), path, how)
    return None


def _held(pid: str) -> Iterator[tuple[str, str]]:
    """Open files first, then the directory it stands in, then its program."""
    try:
        for number in os.listdir(f"/proc/{pid}/fd"):
            yield from _link(f"/proc/{pid}/fd/{number}", "open")
    except OSError:
        return
    yield from _link(f"/proc/{pid}/cwd", "cwd")
    yield from _link(f"/proc/{pid}/exe", "exe")


def _link(link: str, how: str) -> Iterator[tuple[str, str]]:
    try:
        yield how, os.readlink(link)
    except OSError:
        return


def _name(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as source:
            return source.read().strip()
    except OSError:
        return "?"
