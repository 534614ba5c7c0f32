"""Ask a program that is at hand (ssh -G, git): bounded in time, deaf to the terminal.

What must not live here: which programs, and what their answers mean.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

OUTPUT_LIMIT = 4 << 20
"""Characters of an answer that are looked at."""


def answer(
    argv: Sequence[str], *, deadline: float, environ: Mapping[str, str] | None = None, cwd: str | None = None
) -> str | None:
    """What the program prints when it ends with 0 within `deadline` seconds, else None."""
    import subprocess

    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=deadline,
            env=dict(os.environ if environ is None else environ) | {"LC_ALL": "C"},
            cwd=cwd or None,
            start_new_session=True,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout[:OUTPUT_LIMIT].decode("utf-8", "replace") if done.returncode == 0 else None
