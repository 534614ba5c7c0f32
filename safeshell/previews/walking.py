"""Walking a tree of files and adding up what is in it.

Never follows a symbolic link, never raises for what vanishes or may not be read while it walks, and
can be stopped between any two entries: what was added up so far is always there to be used.
What must not live here: sentences, deadlines.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Iterator

from safeshell.model.values import dataclass, field

_BIGGEST = 12
_NAMED = 20
PAUSE = 256
"""Entries between two chances to stop."""


@dataclass(slots=True)
class Tally:
    """What was found so far; sizes in bytes, times in seconds since the epoch.

    `biggest` is a heap of (size, path, time of change). `closed` are directories that could not be
    read, `crossed` those on another file system, `repositories` those that hold a `.git`.
    """

    files: int = 0
    directories: int = 0
    links: int = 0
    size: int = 0
    newest: float = 0.0
    newest_path: str = ""
    biggest: list[tuple[int, str, float]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)
    _linked: set[tuple[int, int]] = field(default_factory=set)

    @property
    def entries(self) -> int:
        """Everything that is not a directory."""
        return self.files + self.links

    def add(self, path: str, found: os.stat_result) -> None:
        """Count one file, link or special file; a file with many names weighs once."""
        if stat.S_ISLNK(found.st_mode):
            self.links += 1
            return
        self.files += 1
        weight = found.st_size
        if found.st_nlink > 1:
            key = (found.st_dev, found.st_ino)
            weight = 0 if key in self._linked else weight
            self._linked.add(key)
        self.size += weight
        if found.st_mtime > self.newest:
            self.newest, self.newest_path = found.st_mtime, path
        item = (found.st_size, path, found.st_mtime)
        if len(self.biggest) < _BIGGEST:
            heapq.heappush(self.biggest, item)
        elif item > self.biggest[0]:
            heapq.heapreplace(self.biggest, item)


def walk(top: str, tally: Tally, skipped: frozenset[str] = frozenset()) -> Iterator[None]:
    """Add everything below the directory `top`, itself included, but nothing below `skipped`; yields now and then."""
    try:
        device = os.lstat(top).st_dev
    except OSError:
        return
    left = [top]
    seen = 0
    while left:
        folder = left.pop()
        if folder in skipped:
            continue
        tally.directories += 1
        try:
            entries = os.scandir(folder)
        except FileNotFoundError:
            continue
        except OSError:
            _note(tally.closed, folder)
            continue
        with entries:
            for entry in entries:
                seen += 1
                if seen % PAUSE == 0:
                    yield
                _take(entry, device, tally, left)
    yield


def _take(entry: os.DirEntry[str], device: int, tally: Tally, left: list[str]) -> None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError:
        _note(tally.closed, entry.path)
        return
    if entry.name == ".git":
        _note(tally.repositories, entry.path[: -len("/.git")])
    if not stat.S_ISDIR(found.st_mode):
        tally.add(entry.path, found)
        return
    if found.st_dev != device:
        _note(tally.crossed, entry.path)
    left.append(entry.path)


def _note(names: list[str], name: str) -> None:
    """Keep a name, so many as anybody would read."""
    if len(names) < _NAMED:
        names.append(name)
