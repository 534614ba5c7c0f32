"""Texts and programs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from safeshell.facts.texts import TEXT_LIMIT, file_text, find_program, fingerprint


def test_a_script_is_read(tmp_path: Path):
    """A readable regular text file, odd bytes replaced."""
    (tmp_path / "a.sh").write_bytes(b"echo \xff\n")
    assert file_text(str(tmp_path / "a.sh")) == "echo \ufffd\n"


def test_what_is_no_text_is_not_read(tmp_path: Path):
    """Binaries, directories, FIFOs, too long and missing files have no text."""
    (tmp_path / "bin").write_bytes(b"\x7fELF\0")
    (tmp_path / "long").write_bytes(b"x" * (TEXT_LIMIT + 1))
    (tmp_path / "fits").write_bytes(b"x" * TEXT_LIMIT)
    os.mkfifo(tmp_path / "pipe")
    for name in ("bin", "long", "pipe", "none", "."):
        assert file_text(str(tmp_path / name)) is None, name
    assert len(file_text(str(tmp_path / "fits")) or "") == TEXT_LIMIT


def test_programs_are_found_as_a_shell_does(tmp_path: Path):
    """By path from the current directory, else the first executable in $PATH; links are followed."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool").write_text("x")
    (tmp_path / "two/tool").chmod(0o755)
    (tmp_path / "link").symlink_to("two/tool")
    search = f"{tmp_path}/one:{tmp_path}/two"
    assert find_program("tool", "/", search) == str(tmp_path / "two/tool")
    assert find_program("./link", str(tmp_path), "") == str(tmp_path / "two/tool")
    assert find_program("one/tool", str(tmp_path), search) is None
    assert find_program("./link", "", "") is None
    assert find_program("none", "/", search) is None


def test_fingerprints_are_sha256(tmp_path: Path):
    """Of the whole file; a file that may not be read has none."""
    (tmp_path / "tool").write_bytes(b"x" * 3_000_000)
    assert fingerprint(str(tmp_path / "tool")) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert fingerprint(str(tmp_path / "none")) is None
