"""Files and uncommitted changes that git commands would lose, in real repositories."""

from __future__ import annotations

import pytest

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.git import look
from tests.previews.making import finding, last, subject
from tests.previews.repos import commit, git, of


def test_a_hard_reset_loses_changes_and_moves_the_branch(repo):
    """Uncommitted files are gone for good; commits are counted, and which of them no remote has."""
    commit(repo, "a")
    commit(repo, "b")
    (repo / "first").write_text("changed")
    (repo / "new").write_text("x")
    git(repo, "add", "new")
    seen = of(repo, "git reset --hard HEAD~2")
    assert seen.summary == (
        "2 commits that the branch moves away from would be lost, by Ada; uncommitted changes in 2 files would be lost"
    )
    assert seen.reversibility is Reversibility.IRREVERSIBLE
    assert "2 of these commits are on no remote" in seen.caveats
    assert {"first", "new"} <= set(seen.sample)


def test_a_soft_reset_loses_no_file(repo):
    """The branch moves, the reflog has the commits."""
    commit(repo, "a")
    (repo / "first").write_text("changed")
    seen = of(repo, "git reset --soft HEAD~1")
    assert seen.affected == 1
    assert "uncommitted" not in seen.summary
    assert seen.reversibility is Reversibility.REVERSIBLE


def test_a_clean_tree_loses_nothing_by_a_hard_reset(repo):
    """Said in so many words, exactly."""
    seen = of(repo, "git reset --hard")
    assert (seen.summary, seen.affected, seen.exactness) == ("nothing would be lost", 0, Exactness.EXACT)


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("git clean -f", {"loose", '\u00fc and "quote'}),
        ("git clean -fd", {"loose", '\u00fc and "quote', "dir/"}),
        ("git clean -dfx", {"loose", '\u00fc and "quote', "dir/", "x.log"}),
        ("git clean -fX", {"x.log"}),
        ("git clean -fd -e loose", {"dir/", '\u00fc and "quote'}),
        ("git clean -ffd -- dir", {"dir/"}),
        ("git clean --force -d dir", {"dir/"}),
    ],
)
def test_clean_lists_what_would_go(repo, line, files):
    """What git clean itself would delete with these options, and nothing of it is deleted."""
    (repo / ".gitignore").write_text("*.log\n")
    git(repo, "add", ".gitignore")
    (repo / "dir/deep").mkdir(parents=True)
    for name in ("loose", "x.log", "dir/one", "dir/deep/two", '\u00fc and "quote'):
        (repo / name).write_text("x" * 10)
    seen = of(repo, line)
    assert set(seen.sample) == files
    assert seen.affected == len(files - {"dir/"}) + 2 * ("dir/" in files)
    assert (repo / "loose").exists()
    assert (repo / "dir/one").exists()


@pytest.mark.parametrize(
    "line", ["git clean -f --no-dry-run", "git clean -fd --no-dry-run --", "git clean -f -n -- --no-dry-run"]
)
def test_looking_never_cleans(repo, line):
    """Words that would turn the dry run off are not handed on, whatever the configuration says."""
    git(repo, "config", "clean.requireForce", "false")
    (repo / "loose").write_text("x")
    of(repo, line)
    assert (repo / "loose").exists()


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("git checkout -- first", {"first"}),
        ("git checkout first", {"first"}),
        ("git checkout .", {"first", "second"}),
        ("git checkout HEAD -- second", {"second"}),
        ("git checkout -f", {"first", "second"}),
        ("git checkout -f main", {"first", "second"}),
        ("git restore first", {"first"}),
        ("git restore --staged --worktree .", {"first", "second"}),
        ("git switch --discard-changes main", {"first", "second"}),
    ],
)
def test_discarding_lists_the_changed_files(repo, line, files):
    """Uncommitted changes in exactly the files that the command overwrites."""
    commit(repo, "second")
    for name in ("first", "second"):
        (repo / name).write_text("changed")
    seen = of(repo, line)
    assert set(seen.sample) == files
    assert seen.summary == f"uncommitted changes in {'1 file' if len(files) == 1 else '2 files'} would be lost"


def test_removing_a_work_tree_lists_its_changes(repo):
    """Changed and untracked files of the other tree."""
    git(repo, "worktree", "add", "-q", "../wt")
    (repo.parent / "wt/loose").write_text("x")
    seen = last(look, subject("git worktree remove -f ../wt", finding("git"), repo, verb="git worktree remove"))
    assert seen.sample == ("loose",)


def test_other_commands_tell_what_is_nowhere_else(repo):
    """For a command without a look of its own."""
    commit(repo, "a")
    (repo / "first").write_text("changed")
    seen = of(repo, "git lfs migrate import")
    assert "1 commit that no remote has" in seen.summary
    assert "uncommitted changes in 1 file" in seen.summary


def test_clean_inside_an_untracked_directory(repo):
    """From a subdirectory git names directories without a slash: what is below them still counts."""
    (repo / "data/x").mkdir(parents=True)
    for number in range(5):
        (repo / f"data/x/{number}").write_text("x" * 1000)
    seen = of(repo / "data", "git clean -fd")
    assert seen.summary == "5 untracked files would be deleted, 4.9 KiB"
