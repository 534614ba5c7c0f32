"""A client below a wire: spawned, watched, carried and waited for. Shared by safe-psql and `safeshell run`.

What must not live here: the command line of any client, the wire itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from safeshell.gateways.clientrows import Option
from safeshell.gateways.clients import Client, Spawned, spawn
from safeshell.gateways.execwatch import ExecWatch
from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from safeshell.cli.childcourt import ChildCourt

GUARD_OPTIONS = tuple(
    Option("", name, takes)
    for name, takes in (
        ("guard-tier", ":"),
        ("guard-confirm", ":"),
        ("guard-write", ""),
        ("guard-reason", ":"),
        ("guard-help", ""),
    )
)
"""What every wrapper takes for itself; all else is the client's."""

GUARD_HELP = """\
Options of the guard (everything else is the client's own):
  --guard-tier TIER        at least this tier: development, staging, unknown, production
  --guard-confirm ID       redeem a request that was confirmed by: safeshell approve --own ID
  --guard-write            ask at the start whether writes may be unlocked
  --guard-reason TEXT      the reason for --guard-write, where the policy wants one
"""


class Carrier(Protocol):
    """The part of a proxy that a running client needs."""

    @property
    def resumed(self) -> Callable[[], None]:
        """Called when we go on after a suspend."""

    def serving(self) -> AbstractContextManager[Any]:
        """Carry connections for the time of a with block."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a client is watched: its file names, the sockets it may use, and what opens its court when it is needed.

    `prompt` is the text that its prompt runs, which is nobody's question; `drawn` is called before it does.
    """

    programs: tuple[str, ...]
    sockets: frozenset[str]
    court: Callable[[], ChildCourt]
    prompt: str = ""
    drawn: Callable[[], None] = lambda: None


def run_client(
    carrier: Carrier,
    argv: Sequence[str],
    environ: Mapping[str, str],
    watch: Watch | None = None,
    unwatched: Callable[[str], bool] = lambda _problem: True,
) -> int:
    """Run the client to its end; its exit status, negative for the signal that it died of.

    Where the kernel offers no watch, `unwatched` is told why and may refuse: 1 then, and nothing ran.
    Raises OSError when there is no process to be had.
    """
    spawned = spawn(argv, environ, watched=watch is not None)
    client = Client(spawned, carrier.resumed)
    if watch is not None and spawned.problem and not unwatched(spawned.problem):
        client.abandon()
        return 1
    watching = _watching(spawned, watch)
    with carrier.serving():
        if watching is not None:
            watching.start()
        client.begin()
        status = client.wait()
        if watching is not None:
            watching.stop()
    client.restore_signals()
    if watching is not None:
        watching.keep()
    return status


def _watching(spawned: Spawned, watch: Watch | None) -> ExecWatch | None:
    if watch is None or spawned.listener < 0:
        return None
    if spawned.problem:  # the filter is there, but what it tells cannot be read: everything goes on
        return ExecWatch(spawned.listener, (), frozenset(), lambda _started: True, lambda _address: None)
    court = watch.court

    def unasked(text: str) -> bool:
        if not watch.prompt or text != watch.prompt:
            return False
        watch.drawn()
        return True

    return ExecWatch(
        spawned.listener,
        watch.programs,
        watch.sockets,
        lambda started: court().program(started),
        lambda address: court().connection(address),
        lambda program: court().powerless(program),
        unasked,
        lambda: court().stranger(),
        spawned.pid,
    )


def guard_words(taken: Mapping[str, str]) -> tuple[str, str]:
    """Tier and confirmed request, from the wrapper's options and SAFESHELL_CONFIRM (taken out of our environment)."""
    confirm = os.environ.pop("SAFESHELL_CONFIRM", "")
    return taken.get("guard-tier", ""), taken.get("guard-confirm", "") or confirm


def forget_password(text: str) -> None:
    """Take a connection text with a password out of our process list entry. Raises ConfigError for a broken one."""
    from safeshell.gateways.postgresconninfo import is_conninfo, parse_conninfo

    if is_conninfo(text) and parse_conninfo(text).get("password"):
        from safeshell.gateways.proctitle import forget_argument

        forget_argument(text)


def told_faults(problem: Exception) -> int:
    """A fault before the client started, as one line; the exit code of a client that could not connect."""
    print(f"safeshell: {problem}", file=sys.stderr)
    return 2


def here_user() -> str:
    """The operating system's user, as libpq asks for it."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ConfigError(f"local user with ID {os.geteuid()} does not exist") from None
