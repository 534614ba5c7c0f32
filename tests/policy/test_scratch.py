"""Which paths are nobody's loss."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from safeshell.model.statements import Target, TargetKind
from safeshell.policy.scratch import landed, landings, settle
from tests.making import claim, fact, path

W, D, S = Effect.WRITES, Effect.DESTROYS_DATA, Effect.WRITES_SCRATCH


def test_deleting_below_tmp_is_scratch():
    """Anything below a scratch root is scratch, deletion too."""
    where = fact("/tmp/x", scratch_root="/tmp")
    assert settle(claim(D, path("/tmp/x")), path("/tmp/x"), where, far=False) == (S, False)


def test_new_file_in_the_home_is_scratch():
    """A new file below the current directory in one's own home needs no question."""
    where = fact("/home/ada/new", exists=False, home="/home/ada", cwd_below=True)
    assert settle(claim(D, path("new"), if_missing=W), path("new"), where, far=False)[0] is S


def test_overwriting_in_the_home_is_not_scratch():
    """What was in the file before is lost."""
    where = fact("/home/ada/old", home="/home/ada", cwd_below=True)
    assert settle(claim(D, path("old"), if_missing=W), path("old"), where, far=False) == (D, True)


def test_append_in_a_work_tree_is_scratch_and_editing_is_not():
    """Appending loses nothing; changing a file in place is a write."""
    where = fact("/srv/shop/log", work_tree="/srv/shop", cwd_below=True)
    assert settle(claim(W, path("log"), appends=True), path("log"), where, far=False)[0] is S
    assert settle(claim(W, path("log")), path("log"), where, far=False)[0] is W


def test_new_file_elsewhere_is_a_write():
    """Outside home and work tree a new file is a plain write."""
    where = fact("/etc/new", exists=False, cwd_below=True)
    assert settle(claim(D, path("new"), if_missing=W), path("new"), where, far=False)[0] is W


@pytest.mark.parametrize("value", ["/tmp/../etc/passwd", "/tmp", "/tmp/", "/etc/tmp/x", "~/.cache/"])
def test_far_spellings_that_are_not_scratch(value):
    """On another machine only a spelling strictly below a scratch root counts."""
    assert settle(claim(D, path(value)), path(value), None, far=True)[0] is D


def test_far_tmp_is_scratch():
    """/tmp is /tmp on the far side, too."""
    assert settle(claim(D, path("/tmp/x")), path("/tmp/x"), None, far=True)[0] is S


def test_unknown_value_stays_what_it_is():
    """A variable may hold anything: no root can excuse it."""
    assert settle(claim(D, path(None)), path(None), fact("/tmp/x", scratch_root="/tmp"), far=False) == (D, False)


@pytest.mark.parametrize(
    ("target", "local"),
    [
        (path("a"), True),
        (path("*", glob=True), False),
        (path("a", recursive=True), False),
    ],
)
def test_local_is_literal_and_not_recursive(target, local):
    """Only a literal, non-recursive path in the home counts as local."""
    where = fact("/home/ada/a", home="/home/ada")
    assert settle(claim(D, target), target, where, far=False) == (D, local)


def test_halting_through_a_path_is_never_scratch():
    """An effect that is not about files stays, wherever its path lies."""
    where = fact("/tmp/x", scratch_root="/tmp")
    assert settle(claim(Effect.HALTS_HOST, path("/tmp/x")), path("/tmp/x"), where, far=False)[0] is Effect.HALTS_HOST


INTO = Target(TargetKind.PATH, "d", "d", inside=("a", "b*"))


def test_what_is_put_into_a_directory_lands_in_it():
    """`cp a b* d` is about d/a and d/b* when d is a directory, and about d itself when it is none."""
    inner = (Target(TargetKind.PATH, "d/a", "d/a"), Target(TargetKind.PATH, "d/b*", "d/b*", glob=True))
    assert landed(INTO, fact("/srv/d", kind="directory")) == inner
    assert landed(INTO, fact("/srv/d", kind="file")) == (INTO,)
    assert landed(INTO, None) == (INTO,)


@pytest.mark.parametrize("value", ["/tmp", "~", ".", "/srv/new/"])
def test_some_directories_need_no_look(value):
    """A slash at the end, and directories that are on every host."""
    (inner,) = landed(Target(TargetKind.PATH, value, value, inside=("a",)), None)
    assert inner.value == value.rstrip("/") + "/a"


def test_only_paths_hold_something():
    """A target that is not known, is no path, or has nothing put into it stays as it is."""
    others = (
        path("d"),
        Target(TargetKind.PATH, "$X", None, inside=("a",)),
        Target(TargetKind.REMOTE, "w:", "w:", inside=("a",)),
    )
    assert [landings(target) for target in others] == [(), (), ()]
