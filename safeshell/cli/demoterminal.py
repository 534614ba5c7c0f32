"""How the demos of databases begin and end at a terminal, and which of the person's settings they keep.

What must not live here: servers (demoserver, demoredis), what is in them, the guarded clients.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

from safeshell.model.errors import SafeshellError

_KEPT = frozenset(
    ("COLORTERM", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "SHELL", "TERM", "TERM_PROGRAM", "TZ", "USER")
)
_Server = TypeVar("_Server")


class DemoError(SafeshellError):
    """The demo cannot be had; the sentence says what to do."""


def at_a_terminal(server: Callable[[], AbstractContextManager[_Server]], session: Callable[[_Server], int]) -> int:
    """The session's exit status; 2 without a terminal, 1 when `server` raises DemoError."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        print("safeshell: the demo needs a terminal", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with server() as running:
            return session(running)
    except DemoError as fault:
        print(f"safeshell: {fault}", file=sys.stderr)
        return 1


def _leave(number: int, frame: object) -> None:
    """Ended from outside: on the way out everything is taken down."""
    del frame
    raise SystemExit(128 + number)


def plain_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The terminal and the language of these variables: nothing that names a real server, key or configuration."""
    return {name: value for name, value in environ.items() if name in _KEPT or name.startswith("LC_")}
