"""Git work trees around and below paths that would be hit: uncommitted changes, commits nobody else has.

What must not live here: what git commands themselves would do (git).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from safeshell.previews.globbing import shorter
from safeshell.previews.programs import Program
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing

GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
"""Git without a pager and without the watcher program that a repository may name."""

_REPOSITORIES_MOST = 3


def notes(subject: Subject, tops: list[str], below: list[str]) -> Iterator[str]:
    """One line for each work tree that has something to lose."""
    histories = [os.path.dirname(top.rstrip("/")) for top in tops if _is_history(top)]
    whole = list(dict.fromkeys([*histories, *below]))
    for top in whole[:_REPOSITORIES_MOST]:
        yield _whole(subject, top)
    if len(whole) > _REPOSITORIES_MOST:
        names = [shorter(path, subject.cwd) for path in whole]
        yield f"{count(len(whole), 'git repository', 'git repositories')} would go: {listing(names)}"
    around: dict[str, list[str]] = {}
    for top in tops:
        root = root_of(top)
        if root is not None and root not in whole:
            around.setdefault(root, []).append(top)
    for root, inside in list(around.items())[:_REPOSITORIES_MOST]:
        yield from _part(subject, root, inside)


def _is_history(path: str) -> bool:
    """True for the `.git` directory itself."""
    return os.path.basename(path.rstrip("/")) == ".git" and os.path.isdir(path)


def root_of(path: str) -> str | None:
    """The nearest directory above the path that holds a `.git`; for the `.git` itself, its own."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        if folder == "/":
            return None
        folder = os.path.dirname(folder)


def _whole(subject: Subject, root: str) -> str:
    """A repository that would go with its history."""
    name = shorter(root, subject.cwd)
    changed = _lines(subject, root, "status", "--porcelain")
    alone = _lines(subject, root, "log", "--oneline", "--branches", "--not", "--remotes", "--")
    if changed is None or alone is None:
        return f"{name} is a git repository; what only it holds could not be told"
    lost = [count(changed, "uncommitted change")] if changed else []
    lost += [count(alone, "commit") + " that no remote has"] if alone else []
    return f"{name} is a git repository " + (f"with {' and '.join(lost)}" if lost else "and its remotes have all of it")


def _part(subject: Subject, root: str, inside: list[str]) -> Iterator[str]:
    """Files of a work tree that stays."""
    changed = _lines(subject, root, "status", "--porcelain", "--", *inside)
    if changed:
        yield f"{count(changed, 'uncommitted change')} of the git work tree {shorter(root, subject.cwd)} among them"


def _lines(subject: Subject, root: str, *words: str) -> int | None:
    """How many lines git answers with; None when it failed or was too slow."""
    program = Program([*GIT, "-C", root, *words], subject)
    answered = sum(1 for _ in program.lines())
    return answered if program.finished and program.code == 0 else None
