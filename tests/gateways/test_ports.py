"""The ports are plain values and promises."""

from __future__ import annotations

import subprocess
import sys

from safeshell.gateways.ports import PromptStatus
from safeshell.model.tiers import Mode, Tier


def test_a_status_says_no_more_than_it_knows():
    """No minutes, not pinned, guarded, no tint unless somebody says so."""
    status = PromptStatus(Tier.PRODUCTION, "web-3", Mode.READ_ONLY)
    assert (status.minutes_left, status.pinned, status.unguarded, status.tint) == (None, False, False, "")


def test_ports_do_no_work_at_import():
    """Importing them loads neither sockets nor dialogs."""
    code = "import sys, safeshell.gateways.ports; print({'socket', 'prompt_toolkit', 'typing'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-ISc", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.strip() == "set()"
