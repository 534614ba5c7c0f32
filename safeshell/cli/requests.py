"""`safeshell requests`: what was refused off a terminal and waits for its operator's word.

What must not live here: confirming (approve), the requests themselves (approvals).
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from safeshell.dialogs.visible import one_line as visible

if TYPE_CHECKING:
    import argparse

    from safeshell.approvals.requests import Request, Requests


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell requests`."""
    parser = subparsers.add_parser(
        "requests",
        description=(
            "List the requests that wait, one line each, the ID first. Each was refused where nobody could be\n"
            "asked; safeshell approve --own ID shows it whole and asks. Secrets in texts are covered here."
        ),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a request")


def run(args: argparse.Namespace) -> int:
    """Print the requests that wait; nothing at all when there are none."""
    now = time.time()
    for request in own_requests().listing(now):
        print(json.dumps(_plain(request)) if args.json else _line(request, now))
    return 0


def own_requests() -> Requests:
    """The requests of this person."""
    from safeshell.approvals.requests import Requests, default_directory
    from safeshell.records.redact import redact

    return Requests(default_directory(os.environ), redact=redact)


def _line(request: Request, now: float) -> str:
    left = max(0, int(request.expires - now))
    state = f"confirmed by {request.confirmed_by}" if request.confirmed_by else "waits"
    said = (
        request.id,
        f"{state}, {left // 60}:{left % 60:02} left",
        f"{request.language.value} on {request.target}",
        request.summary or str(request.bound),
        request.text,
    )
    return "  ".join(visible(part) for part in said)


def _plain(request: Request) -> dict[str, object]:
    return {
        "id": request.id,
        "created": request.created,
        "expires": request.expires,
        "language": request.language.value,
        "target": request.target,
        "operator": request.operator,
        "host": request.host,
        "unit": request.bound.unit,
        "at_most": request.bound.at_most,
        "preview": request.summary,
        "text": request.text,
        "digest": request.digest,
        "confirmed_by": request.confirmed_by,
    }
