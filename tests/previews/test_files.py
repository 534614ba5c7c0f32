"""The preview of files, on real trees."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.model.values import replace
from safeshell.previews.files import look
from tests.previews.making import finding, last, subject, target, unprivileged


def of(tmp_path, *targets, recursive=False, effect=Effect.DESTROYS_DATA, **more):
    return last(look, subject("rm x", finding("files", *targets, recursive=recursive, effect=effect), tmp_path, **more))


@pytest.fixture
def tree(tmp_path):
    """Three files of 10, 2000 and 300000 bytes in two directories below data/."""
    (tmp_path / "data/sub").mkdir(parents=True)
    (tmp_path / "data/small").write_bytes(b"x" * 10)
    (tmp_path / "data/sub/middle").write_bytes(b"x" * 2000)
    (tmp_path / "data/sub/big").write_bytes(b"x" * 300000)
    for name in ("small", "sub/middle"):
        os.utime(tmp_path / "data" / name, (time.time() - 86400 * 3,) * 2)
    return tmp_path


def test_a_tree_is_counted_and_sampled(tree):
    """Number, directories, bytes; the biggest first with size and age; the newest change; no way back."""
    seen = of(tree, target("data/"), recursive=True)
    assert seen.summary == "3 files in 2 directories, 295 KiB: data/"
    assert (seen.affected, seen.unit, seen.exactness) == (3, "files", Exactness.EXACT)
    assert seen.sample[0] == "  293 KiB  data/sub/big  less than a minute ago"
    assert "3 days ago" in seen.sample[1]
    assert "newest change: data/sub/big, less than a minute ago" in seen.caveats
    assert seen.reversibility is Reversibility.IRREVERSIBLE


def test_one_file_says_size_and_age(tree):
    """What an overwrite would lose: its size, and when somebody last wrote it."""
    seen = of(tree, target("data/sub/middle"))
    assert seen.summary == "1 file, 2.0 KiB, changed 3 days ago: data/sub/middle"
    assert seen.affected == 1


def test_without_recursion_a_directory_is_one_thing(tree):
    """Its content is not counted."""
    assert of(tree, target("data")).affected == 0


def test_patterns_are_expanded_as_bash_would(tree):
    """Dotfiles are not matched; what was matched is in the sample."""
    for name in ("a.log", "b.log", ".c.log"):
        (tree / name).write_text("x")
    seen = of(tree, target("*.log", glob=True))
    assert seen.affected == 2
    assert sorted(row.split()[2] for row in seen.sample) == ["a.log", "b.log"]
    assert seen.summary == "2 files, 2 bytes: a.log, b.log"


def test_overlapping_targets_count_once(tree):
    """The same path named twice is one."""
    assert of(tree, target("data/small"), target(str(tree / "data/small"))).affected == 1


def test_missing_targets_are_said(tree):
    """Beside others as a caveat, alone as the summary: then nothing is lost, exactly."""
    both = of(tree, target("data/small"), target("nope"))
    assert "there is nothing at nope" in both.caveats
    alone = of(tree, target("nope"))
    assert alone.summary == "there is nothing at nope"
    assert (alone.affected, alone.exactness) == (0, Exactness.EXACT)


def test_no_target_at_all_is_no_nothing(tree):
    """A finding that names no target does not say that nothing is there."""
    seen = of(tree)
    assert seen.summary == ""
    assert "what it reaches is only known when it runs" in seen.caveats
    assert seen.exactness is Exactness.UNKNOWN
    assert seen.affected is None


def test_an_unknown_target_makes_it_at_least(tree):
    """`rm -rf "$X" data`: what is known is counted, the rest is named; alone nothing is claimed."""
    both = of(tree, target(None), target("data"), recursive=True)
    assert both.exactness is Exactness.AT_LEAST
    assert both.summary.startswith("at least 3 files")
    assert '"$X": only known when it runs' in both.caveats
    alone = of(tree, target(None), recursive=True)
    assert (alone.affected, alone.exactness) == (None, Exactness.UNKNOWN)


def test_targets_are_relative_to_where_the_action_starts(tree):
    """After `cd data` the reader says `data/small` for `small`: it is found, and told as it is seen from there."""
    one = finding("files", target("data/small"))
    about = replace(subject("rm small", one, tree), cwd=str(tree / "data"))
    assert last(look, about).summary.endswith(": small")


def test_made_up_file_systems_are_not_counted():
    """What /proc shows are no files that could be lost."""
    seen = of("/", target("/proc"), recursive=True)
    assert seen.affected == 0


def test_links_are_named_and_not_followed(tree):
    """Where a link leads is said; what it leads to is not counted."""
    (tree / "cur").symlink_to("data")
    seen = of(tree, target("cur"), recursive=True)
    assert seen.affected == 1
    assert "cur is a symbolic link to data, a directory" in seen.caveats
    (tree / "dead").symlink_to("gone")
    assert "dead is a symbolic link that leads nowhere" in of(tree, target("dead")).caveats


def test_a_loop_of_links_ends(tree):
    """A tree that contains itself by a link is counted once."""
    (tree / "data/loop").symlink_to(tree / "data")
    seen = of(tree, target("data"), recursive=True)
    assert (seen.affected, seen.exactness) == (4, Exactness.EXACT)
    assert any("1 symbolic link among them" in caveat for caveat in seen.caveats)


def test_processes_with_open_files_are_named(tree):
    """A real process that holds a file open, and one that stands in the directory."""
    code = "import sys, time; f = open(sys.argv[1]); print('ready', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(tree / "data/small")], stdout=subprocess.PIPE, cwd="/")
    sitter = subprocess.Popen(["sleep", "60"], cwd=tree / "data/sub")
    try:
        holder.stdout.readline()
        seen = of(tree, target("data"), recursive=True)
        assert any(c.startswith("open in 1 process") and str(holder.pid) in c for c in seen.caveats)
        assert any("working directory" in c and f"sleep ({sitter.pid})" in c for c in seen.caveats)
    finally:
        for process in (holder, sitter):
            process.kill()
            process.wait()
        holder.stdout.close()


def test_standing_in_it_is_said(tree):
    """`rm -rf ../data` from inside."""
    one = finding("files", target(str(tree / "data")), recursive=True)
    assert "you are standing in it" in last(look, subject("rm x", one, tree / "data/sub")).caveats


def test_a_mount_point_is_said():
    """/proc is one everywhere; only its top is looked at here."""
    seen = of("/", target("/proc"))
    assert any(caveat.startswith("/proc is a mount of its own (proc") for caveat in seen.caveats)


def test_another_file_system_below_is_said():
    """Walking /dev crosses into its own mounts (shm, pts) and says so."""
    seen = of("/", target("/dev"), recursive=True)
    assert any("it goes on into other file systems" in caveat for caveat in seen.caveats)


def test_closed_directories_make_it_at_least(open_tree):
    """What could not be read is not claimed."""
    (open_tree / "data/closed").mkdir(parents=True, mode=0)
    (open_tree / "data/closed").chmod(0)

    def work():
        seen = of(open_tree, target("data"), recursive=True)
        return [seen.exactness, any("could not be read" in caveat for caveat in seen.caveats)]

    assert unprivileged(work) == ["at_least", True]


def test_on_the_way_it_says_at_least(tmp_path):
    """Previews given before the end never claim to be exact, and grow."""
    for folder in range(30):
        (tmp_path / f"d{folder}").mkdir()
        for name in range(300):
            (tmp_path / f"d{folder}/{name}").touch()
    seen = list(look(subject("rm x", finding("files", target("."), recursive=True), tmp_path)))
    counted = [preview.affected for preview in seen]
    assert counted == sorted(counted)
    assert counted[-1] == 9000
    assert all(
        p.exactness is Exactness.AT_LEAST and p.summary.startswith("at least ") for p in seen if p.affected < 9000
    )
    assert seen[-1].exactness is Exactness.EXACT


def test_writes_do_not_say_that_all_is_lost(tree):
    """A chmod is no deletion."""
    seen = of(tree, target("data"), recursive=True, effect=Effect.WRITES)
    assert seen.reversibility is Reversibility.UNKNOWN
