"""The composition of a guarded database connection: setting, audit, requests, dialogs, previews, proxy.

Used by the client wrappers as::

    setting = load_setting(config=..., tier=...)
    with open_postgres(setting, target, token=args.guard_confirm) as wire:
        status = wire.proxy.run(["psql", ...], wire.environment(os.environ))

What must not live here: arguments of a client program (its wrapper), sockets and machines (gateways),
rules (policy).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self

from safeshell.cli.setting import Setting
from safeshell.gateways.ports import PromptStatus
from safeshell.gateways.postgrestarget import Target
from safeshell.gateways.wire import Proxy
from safeshell.model.places import Environment


class Wire(Protocol):
    """One guarded target with its proxy; a context manager that closes it.

    `proxy` has `socket_directory`, `port` (of loopback TCP, 0 without it) and `run(argv, environ)`.
    """

    proxy: Proxy

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(self, *exception: object) -> None:
        """End every connection and take the socket away."""

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The child's environment: PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSFILE lead to the proxy.

        Everything that would lead past it (PGSERVICE, PGHOSTADDR, PGSSL*, target_session_attrs) is
        taken away: it is enforced on the server's side instead.
        """

    def conninfo(self) -> str:
        """`host=... port=... user=... dbname=...` of the guarded socket, without a password, for libpq clients."""

    def url(self, *, tcp: bool = False, scheme: str = "postgresql") -> str:
        """The guarded server as a URL: over the unix socket, or over loopback TCP with its one-time password."""

    def here(self) -> Environment:
        """What the target is now; the marker inside the database counts once a connection has told it."""

    def status(self) -> PromptStatus:
        """What a prompt says now: tier, target, mode, minutes, pinned, unguarded."""

    def unlock(self, minutes: int | None = None, reason: str = "") -> bool:
        """Ask on the terminal whether writes may be unlocked (`--guard-write`); True when they are."""

    def lock(self) -> None:
        """Read-only again, at once."""


def open_postgres(setting: Setting, target: Target, *, token: str = "", tcp: bool = False) -> Wire:
    """A guarded proxy for a PostgreSQL target.

    `token` is the id of a confirmed request (--guard-confirm, SAFESHELL_CONFIRM), "" for none. `tcp`
    opens a loopback port beside the unix socket, which asks for a one-time password (see `url`).
    Raises OSError when no private socket can be made.
    """
    raise NotImplementedError
