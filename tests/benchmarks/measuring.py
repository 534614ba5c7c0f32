"""What all benchmarks share: a row of the report, percentiles, private homes, a pty that is timed.

What must not live here: budgets, and what is measured.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from safeshell.model.values import dataclass

ROOT = Path(__file__).parent.parent.parent
PYTHON = sys.executable
ENTRY = (
    f"import sys; sys.path[:0] = [{str(ROOT)!r}, *{[path for path in sys.path if 'site-packages' in path]!r}];"
    "from safeshell.cli.main import main; sys.exit(main())"
)
GUARDED = [PYTHON, "-IS", "-c", ENTRY]
"""safeshell as the installed launcher starts it: isolated, without site."""
PROMPT = "ready> "


@dataclass(frozen=True)
class Row:
    """One line of the report. `ratio` is measured / baseline unless `budget` says otherwise."""

    what: str
    baseline: str
    measured: str
    ratio: str
    budget: str
    held: bool | None


def p50(samples: list[float]) -> float:
    return statistics.median(samples)


def home() -> tempfile.TemporaryDirectory:
    """A private home whose bash has a plain prompt, outside every scratch root's rules for the tests."""
    place = tempfile.TemporaryDirectory(prefix="safeshell-bench-")
    Path(place.name, ".bashrc").write_text(f"PS1='{PROMPT}'\nHISTFILE=\n", encoding="utf-8")
    Path(place.name, ".bash_profile").write_text(". ~/.bashrc\n", encoding="utf-8")
    return place


def environ(house: str, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SAFESHELL")}
    return {**kept, "HOME": house, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}


def spawn(argv: list[str], env: dict[str, str], cwd: str) -> pexpect.spawn:
    child = pexpect.spawn(argv[0], argv[1:], env=env, cwd=cwd, dimensions=(24, 80), timeout=60)
    child.delaybeforesend = None
    return child


def timed(work, times: int) -> list[float]:
    samples = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        samples.append(time.perf_counter() - begun)
    return samples


def ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def us(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us"
