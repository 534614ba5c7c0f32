"""Paths by their spelling."""

from __future__ import annotations

import pytest

from safeshell.facts.blind import blind_path


@pytest.mark.parametrize("subject", ["/tmp/x", "/var/tmp/a/b", "~/.cache/x", "/tmp/*"])
def test_scratch_by_its_name(subject: str):
    """/tmp, /var/tmp and ~/.cache are known without looking."""
    assert blind_path(subject).scratch_root is not None


@pytest.mark.parametrize("subject", ["/tmp", "/tmp/../etc/passwd", "x", "build", "~/x", "/srv/tmp/x", "~/.cache"])
def test_everything_else_is_not(subject: str):
    """A root itself, a way up, and any other path are no scratch."""
    assert blind_path(subject).scratch_root is None


def test_nothing_is_looked_at():
    """A path is taken as existing, outside any work tree; ~ is a home, the current directory is none."""
    found = blind_path("notes")
    assert (found.exists, found.looked, found.home, found.work_tree, found.cwd_below) == (True, False, None, None, True)
    assert blind_path("~/notes").home is not None
    assert blind_path("~").home is None


def test_another_users_home_is_nobodys_here():
    """~bob is neither one's own home nor a name in the current directory."""
    found = blind_path("~bob/x")
    assert (found.home, found.cwd_below, found.scratch_root) == (None, False, None)
