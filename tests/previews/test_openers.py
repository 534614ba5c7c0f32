"""Processes that use files, found in /proc."""

from __future__ import annotations

import shutil
import subprocess
import sys

from safeshell.previews.openers import openers


def found(*paths):
    return {one.pid: one for one in openers([str(path) for path in paths]) if one is not None}


def test_open_files_directories_and_programs(tmp_path, started):
    """One process that holds a file, one that stands there, one whose program lies there."""
    (tmp_path / "file").write_text("x")
    shutil.copy(shutil.which("sleep"), tmp_path / "guardtest-x")
    code = "import sys, time; f = open(sys.argv[1]); print('ready', flush=True); time.sleep(60)"
    holder = started(sys.executable, "-c", code, str(tmp_path / "file"), stdout=subprocess.PIPE, cwd="/")
    holder.stdout.readline()
    sitter = started("sleep", "60", cwd=tmp_path)
    runner = started(str(tmp_path / "guardtest-x"), "60", cwd="/")
    seen = found(tmp_path)
    assert (seen[holder.pid].how, seen[holder.pid].path) == ("open", str(tmp_path / "file"))
    assert (seen[sitter.pid].how, seen[sitter.pid].name) == ("cwd", "sleep")
    assert (seen[runner.pid].how, seen[runner.pid].name) == ("exe", "guardtest-x")
    holder.stdout.close()


def test_a_path_that_only_begins_alike_is_not_meant(tmp_path, started):
    """/data does not lie below /dat."""
    (tmp_path / "dat").mkdir()
    (tmp_path / "data").mkdir()
    sitter = started("sleep", "60", cwd=tmp_path / "data")
    assert sitter.pid not in found(tmp_path / "dat")
    assert sitter.pid in found(tmp_path / "data")


def test_a_link_to_it_is_looked_through(tmp_path, started):
    """The kernel tells resolved paths; the target is resolved too."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    sitter = started("sleep", "60", cwd=tmp_path / "real")
    assert sitter.pid in found(tmp_path / "link")
