"""Git work trees around and below what other commands would hit."""

from __future__ import annotations

from safeshell.previews.worktrees import notes, root_of
from tests.previews.making import finding, subject
from tests.previews.repos import commit, git


def said(where, *tops, below=()):
    return list(notes(subject("rm x", finding("files"), where), [str(top) for top in tops], [str(b) for b in below]))


def test_a_file_of_a_work_tree(repo):
    """Uncommitted changes among the files that go are counted; elsewhere in the tree they do not matter."""
    commit(repo, "other")
    (repo / "first").write_text("changed")
    assert said(repo, repo / "first") == [f"1 uncommitted change of the git work tree {repo} among them"]
    assert said(repo, repo / "other") == []


def test_a_whole_repository(repo):
    """With its history go the commits that no remote has, and what is not committed."""
    assert said(repo.parent, repo, below=[repo]) == ["work is a git repository and its remotes have all of it"]
    commit(repo, "a")
    commit(repo, "b")
    (repo / "loose").write_text("x")
    assert said(repo.parent, repo, below=[repo]) == [
        "work is a git repository with 1 uncommitted change and 2 commits that no remote has"
    ]


def test_the_history_alone(repo):
    """`rm -rf .git` leaves the files and takes the commits."""
    commit(repo, "a")
    assert said(repo, repo / ".git") == [f"{repo} is a git repository with 1 commit that no remote has"]


def test_many_repositories_are_named(tmp_path):
    """Three are looked into, all are counted."""
    places = []
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        git(tmp_path / str(number), "init", "-q")
        places.append(tmp_path / str(number))
    assert said(tmp_path, tmp_path, below=places)[-1] == "5 git repositories would go: 0, 1, 2 and 2 more"


def test_a_broken_repository_claims_nothing(tmp_path):
    """A `.git` that git cannot read is not called safe."""
    (tmp_path / "x/.git").mkdir(parents=True)
    assert said(tmp_path, tmp_path / "x", below=[tmp_path / "x"]) == [
        "x is a git repository; what only it holds could not be told"
    ]


def test_the_root_is_the_nearest(repo):
    """Above the path, not the path itself."""
    (repo / "a/b").mkdir(parents=True)
    assert root_of(str(repo / "a/b/c")) == str(repo)
    assert root_of(str(repo)) != str(repo)
    assert root_of("/proc/1") is None
