"""Entering a session: without a terminal nothing starts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_without_a_terminal_nothing_starts():
    """Exit 2 and one sentence; the factory isn't called."""
    program = "from safeshell.gateways.session import run_session; raise SystemExit(run_session(None))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("safeshell: a guarded shell needs a terminal")


def test_little_is_imported_before_the_fork():
    """The first prompt waits for these modules: none of the heavy ones is among them."""
    program = "import sys; import safeshell.gateways.session; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-ISc", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert not loaded & {
        "typing",
        "enum",
        "re",
        "socket",
        "dataclasses",
        "json",
        "pathlib",
        "subprocess",
        "prompt_toolkit",
        "yaml",
        "threading",
    }
