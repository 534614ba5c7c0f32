"""Patterns expand as bash itself expands them."""

from __future__ import annotations

import subprocess

import pytest

from safeshell.previews.globbing import expand, shorter

NAMES = ["a.log", "b.log", ".hidden.log", "c.txt", "[x]", "d1", "dA", "sub/a.log", "sub/deep/b.log", ".dir/x.log"]


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.log",
        ".*log",
        "[ab].log",
        "[!a].log",
        "[^a].log",
        "**",
        "**/*.log",
        "*/",
        "*/*",
        "sub/*",
        "nothing*",
        "d[[:digit:]]",
        "d[[:upper:]]",
        "?.txt",
        ".d*/*",
    ],
)
def test_it_is_what_bash_says(tmp_path, pattern):
    """For every pattern: the same names as bash with default options, and the pattern where none match."""
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    bash = ["bash", "--norc", "-c", f"cd {tmp_path}; printf '%s\\n' {tmp_path}/{pattern}"]
    said = subprocess.run(bash, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    wanted = {name for name in said if not name.endswith(("/.", "/..", "/./", "/../"))}
    assert set(expand(f"{tmp_path}/{pattern}")) == wanted


@pytest.mark.parametrize(
    ("path", "cwd", "short"),
    [
        ("/srv/a/b", "/srv", "a/b"),
        ("/srv/a", "/srv/a", "/srv/a"),
        ("/other", "/srv", "/other"),
        ("/x", None, "/x"),
        ("/x", "/", "/x"),
    ],
)
def test_paths_as_a_person_would_write_them(path, cwd, short):
    """Relative below the current directory, else in full."""
    assert shorter(path, cwd) == short
