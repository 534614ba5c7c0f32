"""Adding up trees: loops, hard links, what may not be read, what vanishes."""

from __future__ import annotations

import os
import shutil

from safeshell.previews.walking import Tally, walk
from tests.previews.making import unprivileged


def tally_of(top) -> Tally:
    tally = Tally()
    for _ in walk(str(top), tally):
        pass
    return tally


def test_files_directories_and_bytes_are_counted(tmp_path):
    """Everything below, the top itself included; the newest and the biggest are remembered."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/one").write_bytes(b"x" * 1000)
    (tmp_path / "a/b/two").write_bytes(b"x" * 10)
    os.utime(tmp_path / "a/one", (1000, 1000))
    tally = tally_of(tmp_path)
    assert (tally.files, tally.directories, tally.size) == (2, 3, 1010)
    assert max(tally.biggest)[1].endswith("a/one")
    assert tally.newest_path.endswith("b/two")


def test_symbolic_links_are_not_followed(tmp_path):
    """A loop of links ends, a link to a big directory weighs nothing."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/loop").symlink_to(tmp_path)
    (tmp_path / "out").symlink_to("/usr")
    tally = tally_of(tmp_path)
    assert (tally.files, tally.links, tally.directories) == (0, 2, 2)


def test_a_file_with_two_names_weighs_once(tmp_path):
    """Both names count as files, the bytes once."""
    (tmp_path / "one").write_bytes(b"x" * 500)
    os.link(tmp_path / "one", tmp_path / "two")
    tally = tally_of(tmp_path)
    assert (tally.files, tally.size) == (2, 500)


def test_what_vanishes_while_walking_is_no_error(tmp_path):
    """Directories deleted under the walk are skipped."""
    for number in range(40):
        (tmp_path / f"d{number}").mkdir()
        for name in range(20):
            (tmp_path / f"d{number}/{name}").touch()
    tally = Tally()
    for step, _ in enumerate(walk(str(tmp_path), tally)):
        if step == 0:
            for number in range(40):
                shutil.rmtree(tmp_path / f"d{number}")
    assert 0 < tally.files < 800
    assert tally.closed == []


def test_a_missing_top_counts_nothing(tmp_path):
    """No error, no directory."""
    assert tally_of(tmp_path / "none").directories == 0


def test_what_may_not_be_read_is_named(open_tree):
    """A closed directory is told, the rest is counted."""
    (open_tree / "closed").mkdir(mode=0)
    (open_tree / "open").touch()

    def work():
        tally = tally_of(open_tree)
        return [tally.files, tally.closed]

    assert unprivileged(work) == [1, [str(open_tree / "closed")]]


def test_repositories_below_are_remembered(tmp_path):
    """A `.git` of any kind, a file too (work trees, submodules)."""
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/.git").write_text("gitdir: elsewhere")
    assert sorted(tally_of(tmp_path).repositories) == [str(tmp_path / "a"), str(tmp_path / "b")]


def test_skipped_directories_are_not_entered(tmp_path):
    """Nor is the top, where that is skipped."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").touch()
    (tmp_path / "y").touch()
    tally = Tally()
    for _ in walk(str(tmp_path), tally, frozenset({str(tmp_path / "a")})):
        pass
    assert (tally.files, tally.directories) == (1, 1)
