"""The list of reserved words against bash itself."""

from __future__ import annotations

import subprocess

from safeshell.languages.bash.reserved import KEYWORDS, SIGNS


def test_bash_agrees():
    """These are the words of `compgen -k`, and no others."""
    command = ["bash", "--norc", "-c", "compgen -k"]
    told = set(subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.split())
    assert told == KEYWORDS | SIGNS
