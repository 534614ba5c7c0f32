"""Small private files, replaced whole under a lock."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import os
import stat
import threading
import time

import pytest

from safeshell.approvals import files
from safeshell.model.errors import RecordError


def test_a_file_is_replaced_at_once_and_is_private(tmp_path):
    """Readers see the old content or the new one; nothing stays aside."""
    path = str(tmp_path / "f")
    files.replace(path, b"one")
    files.replace(path, b"two")
    assert files.read(path) == b"two"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path) == ["f"]


def test_links_missing_files_and_large_files_are_not_read(tmp_path):
    """None, whatever the reason."""
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "f")
    with open(tmp_path / "large", "wb") as large:
        large.truncate(files.LARGEST + 1)
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "missing", "large", "fifo", "."):
        assert files.read(str(tmp_path / name)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_other_peoples_files_are_not_read(tmp_path):
    """A request that somebody else put there does not count."""
    (tmp_path / "f").write_bytes(b"x")
    os.chown(tmp_path / "f", 12345, 12345)
    assert files.read(str(tmp_path / "f")) is None
    (tmp_path / "d").mkdir()
    os.chown(tmp_path / "d", 12345, 12345)
    with pytest.raises(RecordError, match="not a directory of user"), files.locked(str(tmp_path / "d")):
        pass


def test_the_lock_keeps_others_out_and_is_not_waited_for_without_end(tmp_path):
    """A second holder waits its patience, then says who is in the way."""
    with files.locked(str(tmp_path / "d")):
        began = time.monotonic()
        failed: list[str] = []

        def second() -> None:
            try:
                with files.locked(str(tmp_path / "d"), patience=0.1):
                    pass
            except RecordError as error:
                failed.append(str(error))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(5)
        assert time.monotonic() - began < 2
        assert "locked by another process" in failed[0]
    with files.locked(str(tmp_path / "d")):
        assert stat.S_IMODE(os.stat(tmp_path / "d").st_mode) == 0o700


def test_a_symbolic_link_as_directory_or_lock_is_refused(tmp_path):
    """Nothing is made behind it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(RecordError), files.locked(str(tmp_path / "link")):
        pass
    (tmp_path / "real/lock").symlink_to(tmp_path / "victim")
    with pytest.raises(RecordError), files.locked(str(tmp_path / "real")):
        pass
    assert not (tmp_path / "victim").exists()
