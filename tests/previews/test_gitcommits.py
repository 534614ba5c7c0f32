"""Commits that git commands would lose, in real repositories."""

from __future__ import annotations

from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews.git import look
from tests.previews.making import finding, last, subject, target
from tests.previews.repos import commit, git, of, remote


def test_a_forced_push_names_commits_and_authors(repo):
    """Commits that the remote has and the pushed branch has not, with who made them."""
    for name, author in (("a", "Grace"), ("b", "Grace"), ("c", "Linus")):
        commit(repo, name, author=author)
    git(repo, "push", "-q")
    git(repo, "reset", "-q", "--hard", "HEAD~3")
    for line, targets in (
        ("git push -f", ()),
        ("git push --force origin main", remote("origin", "main")),
        ("git push origin +HEAD:refs/heads/main", remote("origin", "+HEAD:refs/heads/main")),
        ("git push -o ci.skip -f origin main", remote("origin", "main")),
    ):
        seen = of(repo, line, *targets)
        assert seen.summary == "3 commits of origin/main would be lost, by Linus, Grace", line
        assert (seen.affected, seen.unit) == (3, "commits")
        assert "add c" in seen.sample[0]
        assert "Linus" in seen.sample[0]
        assert seen.exactness is Exactness.AT_LEAST
        assert any("others may have pushed more" in caveat for caveat in seen.caveats)


def test_a_push_that_only_adds_loses_nothing(repo):
    """The remote's commits are all in what is pushed."""
    commit(repo, "a")
    seen = of(repo, "git push -f origin main", *remote("origin", "main"))
    assert (seen.affected, seen.summary) == (0, "nothing would be lost")


def test_deleting_a_remote_branch_counts_what_only_it_holds(repo):
    """`--delete x` and `:x`: commits on no other branch of the remote."""
    git(repo, "checkout", "-q", "-b", "fix")
    commit(repo, "a")
    commit(repo, "b")
    git(repo, "push", "-q", "origin", "fix")
    for line, targets in (
        ("git push origin --delete fix", ("origin", "fix")),
        ("git push origin :fix", ("origin", ":fix")),
    ):
        seen = of(repo, line, *remote(*targets))
        assert seen.affected == 2
        assert seen.summary.startswith("origin/fix would be deleted; 2 commits")


def test_a_mirror_push_looks_at_every_branch(repo):
    """Branches that are not here any more would go with all they hold."""
    git(repo, "checkout", "-q", "-b", "gone")
    commit(repo, "a")
    git(repo, "push", "-q", "origin", "gone")
    git(repo, "checkout", "-q", "main")
    git(repo, "branch", "-q", "-D", "gone")
    seen = of(repo, "git push --mirror origin", *remote("origin"))
    assert seen.affected == 1
    assert "origin/gone would be deleted" in seen.summary


def test_a_branch_that_the_remote_is_not_known_to_have(repo):
    """Nothing is known, so nothing is claimed to be exact."""
    seen = of(repo, "git push -f origin other", *remote("origin", "other"))
    assert seen.exactness is Exactness.AT_LEAST
    assert "nothing is known of other at origin" in seen.caveats


def test_a_forced_branch_deletion_counts_what_nothing_else_holds(repo):
    """Commits that only this branch has; a merged one loses none."""
    git(repo, "checkout", "-q", "-b", "fix")
    commit(repo, "a")
    git(repo, "checkout", "-q", "main")
    git(repo, "branch", "merged")
    seen = of(repo, "git branch -D fix", target("fix", TargetKind.REF))
    assert seen.affected == 1
    assert "add a" in seen.sample[0]
    merged = of(repo, "git branch -D merged", target("merged", TargetKind.REF))
    assert merged.affected == 0
    assert "every commit stays held elsewhere" in merged.summary


def test_stashes_are_listed(repo):
    """One of two with drop, both with clear."""
    for text in ("one", "two"):
        (repo / "first").write_text(text)
        git(repo, "stash", "push", "-qm", text)
    assert "1 stash of 2 would go" in of(repo, "git stash drop").summary
    drop = last(look, subject("git stash drop stash@{1}", finding("git"), repo, verb="git stash drop"))
    assert "one" in drop.sample[0]
    assert "2 stashes of 2 would go" in of(repo, "git stash clear").summary


def test_amending_a_published_commit_is_said(repo):
    """The commit that is replaced, and that a remote has it already."""
    seen = of(repo, "git commit --amend --no-edit")
    assert "add first" in seen.sample[0]
    assert any("already on origin/main" in caveat for caveat in seen.caveats)


def test_a_rebase_counts_the_commits_ahead_of_its_base(repo):
    """Those get new ids; the base's own do not."""
    git(repo, "checkout", "-q", "-b", "fix")
    commit(repo, "a")
    commit(repo, "b")
    assert of(repo, "git rebase main").affected == 2


def test_expiring_the_reflog_counts_what_only_it_holds(repo):
    """Commits that were reset away are held by nothing else."""
    commit(repo, "a")
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    seen = of(repo, "git reflog expire --expire=now --all")
    assert seen.affected == 1
    assert "add a" in seen.sample[0]
