"""Make this session read-only again at once.

What must not live here: locking (guard.unlocks, over the session's socket).
"""

from __future__ import annotations

import argparse
from typing import Any

from safeshell.cli.unlock import ask


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell lock`."""
    subparsers.add_parser("lock", description="Make this session read-only again at once.")


def run(args: argparse.Namespace) -> int:
    """0 when locked, 2 where there is no session."""
    del args
    return ask("lock", {})
