"""safe-psql before it connects: its own options, psql's help, faults. The rest is in tests/live."""

import os
import subprocess
import sys

from safeshell.gateways.clientargs import read_arguments
from safeshell.gateways.clientrows import ROWS

SAFE_PSQL = [sys.executable, "-m", "safeshell.cli.safepsql"]


def run(*words: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*SAFE_PSQL, *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_help_and_version_are_psqls_own():
    """They connect to nothing, and are printed as psql prints them."""
    for word in ("--help", "--version", "-V", "--help=commands", "-?"):
        own = subprocess.run(["psql", word], capture_output=True, text=True, check=False)
        done = run(word)
        assert (done.returncode, done.stdout) == (own.returncode, own.stdout)
        assert done.stdout


def test_the_guards_options_have_a_help_of_their_own():
    """`--guard-help` lists them, each beginning with --guard."""
    shown = run("--guard-help").stdout
    assert all(name in shown for name in ("--guard-tier", "--guard-confirm", "--guard-write", "--guard-reason"))


def test_a_connection_text_that_nobody_understands_connects_nowhere(tmp_path):
    """The true complaint, psql's exit code, and no traceback."""
    done = run("host=a bogus=1", HOME=str(tmp_path))
    assert done.returncode == 2
    assert 'invalid connection option "bogus"' in done.stderr
    assert "Traceback" not in done.stderr


def test_what_only_tells_is_found_like_psql_does():
    """`-c --help` is a command's text, not a request for help."""
    from safeshell.cli.safepsql import _tells

    assert _tells(["--help"])
    assert _tells(["-qV"])
    assert not _tells(["-c", "--help"])
    assert not _tells([])
    assert read_arguments(["-c", "--help"], ROWS["psql"]).values("c") == ["--help"]
