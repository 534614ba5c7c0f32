"""Real git repositories for tests, and looking at a git line in one. What must not live here: assertions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from safeshell.model.judgement import Preview
from safeshell.model.statements import Target, TargetKind
from safeshell.previews.git import look
from tests.previews.making import finding, last, subject, target

ENV = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


def git(where: Path, *words: str, author: str = "Ada") -> str:
    env = {
        **ENV,
        **{
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author), ("EMAIL", "a@example"))
        },
    }
    done = subprocess.run(["git", "-C", str(where), *words], capture_output=True, text=True, env=env, check=True)
    return done.stdout


def commit(where: Path, name: str, text: str = "x", author: str = "Ada") -> None:
    (where / name).write_text(text)
    git(where, "add", name)
    git(where, "commit", "-qm", f"add {name}", author=author)


def of(where: Path, line: str, *targets: Target) -> Preview:
    """The preview of a git line."""
    verb = "git " + next(word for word in line.split()[1:] if not word.startswith(("-", "/")))
    return last(look, subject(line, finding("git", *targets), where, verb=verb))


def remote(*names: str) -> list[Target]:
    """A remote and refspecs as targets."""
    return [target(name, TargetKind.REMOTE if n == 0 else TargetKind.RESOURCE) for n, name in enumerate(names)]


def clone(folder: Path) -> Path:
    """A clone with one commit on main, which its remote has too."""
    git(folder, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(folder, "clone", "-q", "remote.git", "work")
    work = folder / "work"
    git(work, "checkout", "-q", "-b", "main")
    commit(work, "first")
    git(work, "push", "-q", "-u", "origin", "main")
    return work
