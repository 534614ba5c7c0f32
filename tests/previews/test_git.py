"""Which look a git command gets, and what is said where none is possible."""

from __future__ import annotations

from safeshell.model.judgement import Exactness
from safeshell.previews.git import look
from tests.previews.making import finding, last, subject
from tests.previews.repos import of


def test_the_directory_may_be_given(repo):
    """`git -C work ...` looks there, from anywhere."""
    (repo / "first").write_text("changed")
    seen = last(look, subject(f"git -C {repo} reset --hard", finding("git"), "/", verb="git reset"))
    assert seen.affected == 1


def test_without_a_repository_it_says_why(tmp_path):
    """git's own words, and unknown."""
    seen = of(tmp_path, "git reset --hard")
    assert seen.exactness is Exactness.UNKNOWN
    assert "not a git repository" in seen.caveats[0]


def test_an_unknown_directory_is_unknown():
    """After a `cd` that only running tells."""
    assert last(look, subject("git clean -fd", finding("git"), None, verb="git clean")).exactness is Exactness.UNKNOWN
