"""Ask for writes in this session for some minutes.

The request only opens a question on the guard's own terminal. What must not live here: granting.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell unlock`."""
    parser = subparsers.add_parser(
        "unlock",
        description=(
            "Ask for writes in this session for some minutes (at most 60, and what the policy says).\n"
            "Opens the question on the guard's own terminal; what destroys is asked about all the same."
        ),
    )
    parser.add_argument("minutes", nargs="?", default="", help="how long, for example 15 or 15m")


def run(args: argparse.Namespace) -> int:
    """0 when unlocked, 1 when it was declined, 2 where there is no session to unlock."""
    minutes = args.minutes.removesuffix("m")
    if args.minutes and not minutes.isdigit():
        print(f"safeshell: {args.minutes!r} is no number of minutes; for example: safeshell unlock 15", file=sys.stderr)
        return 2
    return ask("unlock", {"minutes": minutes})


def ask(verb: str, arguments: dict[str, str]) -> int:
    """Send one request to the session around us and print its answer."""
    from safeshell.gateways.control import request

    address = os.environ.get("SAFESHELL_SESSION")
    if not address:
        print(
            f"safeshell: this shell is not guarded, there is nothing to {verb}; start one: safeshell", file=sys.stderr
        )
        return 2
    try:
        answer = request(address, verb, arguments)
    except OSError as fault:
        print(
            f"safeshell: the session does not answer ({fault.strerror or fault}); is it still running?", file=sys.stderr
        )
        return 2
    granted = answer.get("ok") == "yes"
    print(
        f"safeshell: {answer.get('message') or answer.get('error', 'no answer')}",
        file=sys.stdout if granted else sys.stderr,
    )
    return 0 if granted else 1
