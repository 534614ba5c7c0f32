"""The PostgreSQL machine: one client connection, one server connection, held in between.

Being built; the signatures are settled. What must not live here: bytes of single messages (framing).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.protocols.wire import Event

READ_ONLY = "-c default_transaction_read_only=on"
CAP = 64 * 1024 * 1024


class PostgresMachine:
    """Sans I/O. `nonce`: the session's random letters and digits, for names of our own on the server.

    `options` are appended last to the start-up's (empty: none). `mode`: "options" (the server's
    default is read-only by them), "pinned" (BEGIN READ ONLY round each unit), "off" (nothing is
    enforced). `replication`: let replication connections through unjudged. `cap`: bytes of one held
    whole, of one answer to `run`, and of one kept reply.
    """

    def __init__(
        self, nonce: str, *, options: str = READ_ONLY, mode: str = "options", replication: bool = False, cap: int = CAP
    ) -> None:
        raise NotImplementedError

    state: str  # "I", "T", "E" as the client last saw it; "" before the start
    outstanding: int  # expected replies that have not come yet
    held: bool  # a Submitted waits for its end, or a kept reply for finish or fail
    hungry: bool  # False: stop reading from this client for a while
    started: bool
    closed: bool  # flush both sides and close them
    pid: int
    key: bytes

    def receive_from_client(self, data: bytes) -> None:
        """See wire.Machine."""

    def receive_from_server(self, data: bytes) -> None:
        """See wire.Machine."""

    def client_closed(self) -> None:
        """See wire.Machine."""

    def server_closed(self) -> None:
        """See wire.Machine."""

    def events(self) -> Sequence[Event]:
        """See wire.Machine."""
        raise NotImplementedError

    def data_to_client(self) -> bytes:
        """See wire.Machine."""
        raise NotImplementedError

    def data_to_server(self) -> bytes:
        """See wire.Machine."""
        raise NotImplementedError

    def release(self, id: str, *, hold: bool = False) -> None:
        """Let it run; with `hold` its reply waits (event Replied) for `finish` or `fail`."""

    def finish(self, id: str, status: str | None = None) -> None:
        """Pass the kept reply on; ReadyForQuery says `status` where given."""

    def fail(self, id: str, reason: str, *, detail: str = "", hint: str = "", code: str = "42501") -> None:
        """Throw the kept reply away; the server fails for real, the client reads `reason`."""

    def refuse(  # noqa: PLR0913 - what an ErrorResponse may say
        self,
        id: str,
        reason: str,
        *,
        detail: str = "",
        hint: str = "",
        code: str = "42501",
        keep_transaction: bool = False,
    ) -> None:
        """The server fails for real; the client reads `reason` (first line the message, further lines the detail)."""

    def run(self, id: str, sql: str, *, stream: bool = False) -> None:
        """The guard's own simple query, when nothing is outstanding -> Ran (with `stream`: Copied, ..., Ran).

        Right after Started, while something is held, or while a kept reply waits. Runs queue up.
        """

    def run_extended(
        self,
        id: str,
        sql: str,
        *,
        parameters: tuple[bytes | None, ...] = (),
        formats: tuple[int, ...] = (),
        types: tuple[int, ...] = (),
    ) -> None:
        """The same with parameters, under names of its own; in a pipeline without Sync -> Ran."""

    def describe(self, id: str, sql: str, *, types: tuple[int, ...] = ()) -> None:
        """Ask the server for the parameter types and columns of a text -> Described."""

    def allow_writes(self, id: str, *, block: bool = True) -> bool:
        """This held unit may write; call it before the first `run` for it. `block`: it can run in a transaction block.

        False: it can't be made so (its transaction began read-only), nothing was changed.
        """
        raise NotImplementedError

    def unlock(self, on: bool) -> None:  # noqa: FBT001 - the whole call reads unlock(True)
        """All units may write until `unlock(False)`; takes effect before the next unit."""

    def pin(self) -> None:
        """The server's default isn't read-only: go on in mode "pinned"."""

    def restart(self, options: str = "") -> None:
        """After StartRefused: the same start-up with other options, for a new server connection; mode "pinned"."""

    def give_up(self) -> None:
        """After StartRefused: pass the server's error on to the client."""
