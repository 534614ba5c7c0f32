"""What git has published, asked of a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from safeshell.facts.repositories import published

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


def git(where: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=where, env=ENVIRON, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose first commit is on its remote and whose second and third are not."""
    base = tmp_path_factory.mktemp("git")
    (base / "origin").mkdir()
    git(base / "origin", "init", "--bare")
    (base / "work").mkdir()
    work = base / "work"
    git(work, "init")
    git(work, "commit", "--allow-empty", "-m", "one")
    git(work, "remote", "add", "origin", str(base / "origin"))
    git(work, "push", "-q", "origin", "HEAD:main")
    git(work, "fetch", "-q", "origin")
    for name in ("two", "three"):
        git(work, "commit", "--allow-empty", "-m", name)
    return work


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("HEAD", False),
        ("HEAD~1", False),
        ("HEAD~2", True),
        ("HEAD~2..HEAD", False),
        ("HEAD~2..HEAD~2", False),
        ("origin/main", True),
        ("origin/main...HEAD", False),
        ("no-such-ref", None),
        ("--all", None),
        ("", None),
    ],
)
def test_published(clone: Path, subject: str, expected: bool | None):
    """A commit counts as published when a remote branch holds it; a range when any of its commits does."""
    assert published(subject, str(clone), ENVIRON) is expected


def test_a_range_that_reaches_into_published_history(clone: Path, tmp_path: Path):
    """One published commit in the range is enough."""
    git(clone, "branch", "-f", "old", "HEAD~2")
    assert published("old", str(clone), ENVIRON) is True
    git(clone, "push", "-q", "origin", "HEAD~1:refs/heads/next")
    git(clone, "fetch", "-q", "origin")
    assert published("HEAD~2..HEAD", str(clone), ENVIRON) is True
    git(clone, "push", "-q", "origin", ":next")
    git(clone, "fetch", "-q", "--prune", "origin")


def test_outside_a_repository_nobody_knows(tmp_path: Path):
    """No repository, no answer."""
    assert published("HEAD", str(tmp_path), ENVIRON | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}) is None
