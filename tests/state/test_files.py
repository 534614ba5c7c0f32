"""Private files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from safeshell.state.files import private_directory, read_private, write_private


def test_directories_are_ours_alone(tmp_path: Path):
    """Made 0700 with their parents, narrowed when they were wider."""
    assert private_directory(str(tmp_path / "a/b"))
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700
    (tmp_path / "a/b").chmod(0o755)
    assert private_directory(str(tmp_path / "a/b"))
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700


def test_links_and_files_are_no_directories(tmp_path: Path):
    """A link could lead to somebody else's."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").write_text("x")
    assert not private_directory(str(tmp_path / "link"))
    assert not private_directory(str(tmp_path / "file"))


@pytest.mark.parametrize("sync", [False, True])
def test_files_are_written_at_once_and_0600(tmp_path: Path, sync: bool):
    """Contents replace contents, nothing is left beside them, whatever the umask."""
    path = tmp_path / "f"
    old = os.umask(0)
    try:
        assert write_private(str(path), b"one", sync=sync)
        assert write_private(str(path), b"two", sync=sync)
    finally:
        os.umask(old)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]
    assert read_private(str(path)) == b"two"


def test_a_failed_write_says_so(tmp_path: Path):
    """A missing directory, or a directory in the way: False, and nothing is left."""
    assert not write_private(str(tmp_path / "none/f"), b"x")
    (tmp_path / "d").mkdir()
    assert not write_private(str(tmp_path / "d"), b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["d"]


def test_only_private_files_are_read(tmp_path: Path):
    """A file that others may touch, a link, a FIFO and a missing file are not ours to trust."""
    path = tmp_path / "f"
    write_private(str(path), b"x")
    (tmp_path / "link").symlink_to("f")
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert read_private(str(tmp_path / "link")) is None
    assert read_private(str(tmp_path / "pipe")) is None
    assert read_private(str(tmp_path / "none")) is None
    path.chmod(0o640)
    assert read_private(str(path)) is None
    path.chmod(0o602)
    assert read_private(str(path)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_is_not_read(tmp_path: Path):
    """Another owner could have written anything."""
    path = tmp_path / "f"
    write_private(str(path), b"x")
    os.chown(path, 65534, -1)
    assert read_private(str(path)) is None
