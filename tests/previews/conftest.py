"""Shared pieces of the preview tests."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.previews.repos import clone


@pytest.fixture
def open_tree():
    """A directory that every user of this machine may look into."""
    top = Path(tempfile.mkdtemp(prefix="safeshell-test-"))
    top.chmod(0o755)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def started():
    """Starts programs that are ended afterwards."""
    running = []

    def start(*argv: str, **more) -> subprocess.Popen:
        running.append(subprocess.Popen(argv, **more))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def repo(tmp_path):
    """A clone with one commit on main, which its remote has too."""
    return clone(tmp_path)
