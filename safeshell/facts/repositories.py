"""What git knows: has anybody else seen these commits.

What must not live here: the words of git commands (packs), and writing to a repository.
"""

from __future__ import annotations

from collections.abc import Mapping

from safeshell.facts.running import answer

DEADLINE = 0.8
"""Seconds for one question to git."""


def published(subject: str, cwd: str, environ: Mapping[str, str]) -> bool | None:
    """Whether a remote branch holds the commit of a ref, or any commit of a range.

    None where git cannot tell (no repository, no such ref, too slow).
    """
    if not cwd or not subject or subject.startswith("-"):
        return None
    commits = ("--no-walk", subject) if ".." not in subject else (subject,)
    everything = _commits(commits, cwd, environ)
    if everything is None:
        return None
    if not everything:
        return False
    unseen = _commits((subject, "--not", "--remotes"), cwd, environ)
    return None if unseen is None else bool(everything - unseen)


def _commits(revisions: tuple[str, ...], cwd: str, environ: Mapping[str, str]) -> set[str] | None:
    quiet = dict(environ) | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    argv = ("git", "-c", "core.fsmonitor=false", "rev-list", "--max-count=10000", *revisions, "--")
    text = answer(argv, deadline=DEADLINE, environ=quiet, cwd=cwd)
    return None if text is None else set(text.split())
