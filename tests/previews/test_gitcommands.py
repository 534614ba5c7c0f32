"""The words of a git command, sorted."""

from __future__ import annotations

import pytest

from safeshell.previews.gitcommands import Repository, commits, repository
from tests.previews.making import finding, subject
from tests.previews.repos import commit


def command(line: str, cwd="/") -> Repository:
    found = repository(subject(line, finding("git"), cwd))
    assert isinstance(found, Repository), found
    return found


@pytest.mark.parametrize(
    ("line", "before", "subcommand", "words"),
    [
        ("git push -f", (), "push", ("-f",)),
        ("git -C {} -c core.pager=evil reset --hard", ("-C", "{}"), "reset", ("--hard",)),
        ("git --git-dir={}/.git --no-pager log", ("--git-dir={}/.git",), "log", ()),
        ("git --namespace x -p clean -fd", (), "clean", ("-fd",)),
    ],
)
def test_the_repository_and_the_subcommand(repo, line, before, subcommand, words):
    """What says which repository is kept; settings and pagers of the person's line are not repeated."""
    found = command(line.format(repo), repo)
    assert found.before == tuple(part.format(repo) for part in before)
    assert (found.subcommand, found.words) == (subcommand, words)


def test_options_operands_and_paths(repo):
    """Clusters and shortened long options count; after `--` all are paths."""
    found = command("git clean -fdx --forc --excl=a one -- -two", repo)
    assert found.given("-d")
    assert found.given("--force")
    assert found.given("--exclude")
    assert not found.given("-n", "--dry-run")
    assert (found.operands, found.paths) == (("one",), ("-two",))


def test_commits_and_names(repo):
    """Author, age and line of each; a name that is no commit is none."""
    commit(repo, "a", author="Grace")
    found = command("git log", repo)
    assert [(author, line.split(" ", 1)[1]) for author, _, line in commits(found, "-1", "HEAD")] == [("Grace", "add a")]
    assert len(found.commit("main")) == 40
    assert found.commit("--output=x") == ""
    assert found.commit("nope") == ""


@pytest.mark.parametrize("line", ["git", "git -C"])
def test_a_line_without_a_subcommand(repo, line):
    """Said, not guessed."""
    assert repository(subject(line, finding("git"), repo)) == "no subcommand of git"


def test_a_watcher_named_by_the_repository_is_not_run(repo, tmp_path):
    """core.fsmonitor may name any program; looking must not start it."""
    from tests.previews.repos import git, of

    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(repo, "config", "core.fsmonitor", str(hook))
    (repo / "first").write_text("changed")
    assert of(repo, "git reset --hard").affected == 1
    assert not (tmp_path / "ran").exists()
