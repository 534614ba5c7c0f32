"""Private directories and files."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import os
import stat

import pytest

from safeshell.model.errors import RecordError
from safeshell.records.files import open_private, private_directory, state_directory, sync_directory, unusable

ROOT = os.geteuid() == 0


def mode(path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_state_directory_follows_the_variables_in_their_order():
    """SAFESHELL_STATE_DIR, then XDG_STATE_HOME if absolute, then the default below HOME."""
    assert state_directory({"SAFESHELL_STATE_DIR": "/s", "XDG_STATE_HOME": "/x", "HOME": "/h"}) == "/s"
    assert state_directory({"XDG_STATE_HOME": "/x", "HOME": "/h"}) == "/x/safeshell"
    assert state_directory({"XDG_STATE_HOME": "x", "HOME": "/h"}) == "/h/.local/state/safeshell"


def test_directories_and_files_are_closed_to_others_whatever_the_umask(tmp_path):
    """0700 and 0600 under umask 0, and again after somebody opened them up."""
    old = os.umask(0)
    try:
        private_directory(str(tmp_path / "a/b"))
        os.close(open_private(str(tmp_path / "a/b/f"), os.O_RDWR | os.O_CREAT))
    finally:
        os.umask(old)
    assert (mode(tmp_path / "a/b"), mode(tmp_path / "a/b/f")) == (0o700, 0o600)
    os.chmod(tmp_path / "a/b", 0o755)
    os.chmod(tmp_path / "a/b/f", 0o644)
    private_directory(str(tmp_path / "a/b"))
    os.close(open_private(str(tmp_path / "a/b/f"), os.O_RDWR))
    assert (mode(tmp_path / "a/b"), mode(tmp_path / "a/b/f")) == (0o700, 0o600)
    sync_directory(str(tmp_path / "a/b"))


def test_symbolic_links_are_refused(tmp_path):
    """A link planted where a record belongs leads nowhere: the file behind it is not touched."""
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "dir").symlink_to(tmp_path)
    for name in ("link", "dangling"):
        with pytest.raises(RecordError, match="symbolic link"):
            open_private(str(tmp_path / name), os.O_RDWR | os.O_CREAT)
    with pytest.raises(RecordError, match="not a directory"):
        private_directory(str(tmp_path / "dir"))
    assert (tmp_path / "victim").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    """A FIFO without a reader would hold an ordinary open for ever."""
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "."):
        with pytest.raises((RecordError, OSError)):
            open_private(str(tmp_path / name), os.O_RDWR)


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_other_peoples_files_and_directories_are_refused(tmp_path):
    """Even root does not keep its records in somebody else's file."""
    (tmp_path / "f").write_text("")
    (tmp_path / "d").mkdir()
    os.chown(tmp_path / "f", 12345, 12345)
    os.chown(tmp_path / "d", 12345, 12345)
    with pytest.raises(RecordError, match="belongs to user 12345"):
        open_private(str(tmp_path / "f"), os.O_RDWR)
    with pytest.raises(RecordError, match="belongs to user 12345"):
        private_directory(str(tmp_path / "d"))


def test_a_file_where_the_directory_should_be_is_told(tmp_path):
    """The sentence names the path."""
    (tmp_path / "f").write_text("")
    with pytest.raises(RecordError, match="f"):
        private_directory(str(tmp_path / "f/audit"))
    with pytest.raises(RecordError, match="f"):
        private_directory(str(tmp_path / "f"))


def test_descriptors_do_not_reach_children(tmp_path):
    """The audit's descriptor is closed on exec: a guarded program cannot write into it."""
    descriptor = open_private(str(tmp_path / "f"), os.O_RDWR | os.O_CREAT)
    try:
        assert not os.get_inheritable(descriptor)
    finally:
        os.close(descriptor)


def test_a_quick_look_tells_what_stands_in_the_way(tmp_path, monkeypatch):
    """A file in the place of the directory, a link, a full disk; a directory that is missing is made."""
    assert unusable(str(tmp_path / "new" / "audit")) == ""
    assert (tmp_path / "new" / "audit").is_dir()
    (tmp_path / "file").write_text("")
    assert "cannot be used to keep records" in unusable(str(tmp_path / "file"))
    assert "cannot be used to keep records" in unusable(str(tmp_path / "file" / "audit"))
    (tmp_path / "link").symlink_to(tmp_path / "new")
    assert "link" in unusable(str(tmp_path / "link"))
    full = os.statvfs_result((4096, 4096, 10, 0, 0, 10, 5, 5, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    assert "no space" in unusable(str(tmp_path / "new"))


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_quick_look_sees_what_may_not_be_written(tmp_path):
    """A directory of ours in which we may not make a file."""
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit").chmod(0o700)
    tmp_path.chmod(0o500)
    assert "cannot be used to keep records" in unusable(str(tmp_path / "other"))
    tmp_path.chmod(0o700)
