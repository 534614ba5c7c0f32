"""The session's private directory."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from safeshell.gateways import rundir


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("SAFESHELL_STATE_DIR", raising=False)
    with tempfile.TemporaryDirectory(prefix="ssrun.", dir="/tmp") as short:  # a socket's path has at most 107 bytes
        yield Path(short)


def test_made_private_and_removed(places):
    """Mode 0700, with the knocking pipe in it; remove takes all of it."""
    path = Path(rundir.make())
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_ISFIFO((path / "nest").stat().st_mode)
    rundir.remove(str(path))
    assert not path.exists()
    rundir.remove(str(path))


def test_the_start_files_of_other_shells_lead_into_the_package(places):
    """Links to zsh's start files, each of which is there."""
    path = Path(rundir.make())
    assert {file.name for file in path.iterdir() if file.is_symlink()} == {".zshenv", ".zprofile", ".zshrc"}
    assert all(file.exists() for file in path.iterdir())
    rundir.remove(str(path))


def test_pipes_are_opened_on_both_sides_and_private(places):
    """Made on request with mode 0600; what goes in comes out; a missing one leaves nothing open."""
    path = rundir.make()
    ends = rundir.open_pipes(f"{path}/n.0", make=True)
    assert stat.S_IMODE(Path(f"{path}/n.0.lo").stat().st_mode) == 0o600
    os.write(ends[1], b"x")
    assert os.read(ends[1], 9) == b"x"
    before = len(list(Path("/proc/self/fd").iterdir()))
    Path(f"{path}/n.0.t").unlink()
    with pytest.raises(OSError, match="No such file"):
        rundir.open_pipes(f"{path}/n.0")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    for end in ends:
        os.close(end)
    rundir.remove(path)


def test_the_runtime_directory_comes_first(places, monkeypatch):
    """XDG_RUNTIME_DIR where there is one."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(places))
    path = rundir.make()
    assert path.startswith(f"{places}/safeshell/")
    rundir.remove(path)


def test_a_place_that_others_can_enter_is_not_used(places, monkeypatch):
    """A base that is open to others, or a link, is passed over."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(places))
    (places / "safeshell").mkdir(mode=0o755)
    (places / "safeshell").chmod(0o755)
    path = rundir.make()
    assert not path.startswith(f"{places}/safeshell/")
    rundir.remove(path)


def test_too_long_a_place_is_not_used(places, monkeypatch):
    """A unix socket's path has little room."""
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(places / ("x" * 120)))
    path = rundir.make()
    assert path.startswith(f"/tmp/safeshell-{os.geteuid()}/")
    rundir.remove(path)
