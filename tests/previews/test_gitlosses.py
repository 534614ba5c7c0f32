"""What was found, as a preview."""

from __future__ import annotations

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.gitlosses import Losses, preview


def test_commits_count_before_files():
    """With both, the number that a confirmation is bound to is that of the commits."""
    losses = Losses(changed=["a", "b"])
    losses.add("Ada", "2 days ago", "abc123 fix")
    seen = preview(losses, done=True)
    assert (seen.affected, seen.unit) == (1, "commits")
    assert seen.sample == ("abc123 fix  (Ada, 2 days ago)", "a", "b")


def test_before_the_end_nothing_is_exact():
    """On the way it is at least that much; a failure stays unknown."""
    assert preview(Losses(changed=["a"]), done=False).exactness is Exactness.AT_LEAST
    failed = Losses()
    failed.fail("no")
    assert preview(failed, done=True).exactness is Exactness.UNKNOWN
    assert preview(failed, done=True).summary == ""


def test_what_comes_back_and_what_does_not():
    """The reflog keeps commits, nothing keeps uncommitted work."""
    kept = Losses(recoverable=True)
    kept.add("Ada", "now", "abc")
    assert preview(kept, done=True).reversibility is Reversibility.REVERSIBLE
    kept.changed.append("a")
    assert preview(kept, done=True).reversibility is Reversibility.IRREVERSIBLE
    gone = Losses()
    gone.add("Ada", "now", "abc")
    assert preview(gone, done=True).reversibility is Reversibility.UNKNOWN


def test_a_long_list_is_cut_and_says_so():
    """Twelve are shown, the number of the rest is told."""
    seen = preview(Losses(changed=[str(n) for n in range(1015)]), done=True)
    assert len(seen.sample) == 12
    assert seen.caveats == ("1,003 more are not listed",)
