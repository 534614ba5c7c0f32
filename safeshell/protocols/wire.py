"""What every database machine has in common: its events and its interface. Sans I/O.

A machine stands between one client and one server connection. Bytes go in on both sides, events come
out, and what was held goes on only when its owner says so. PostgreSQL and RESP share these names; a
field that only one of them fills says so. What must not live here: bytes of any one protocol, sockets.

Law: a machine never sends a client's statement to the server before `release`; after `Broken` it is
deaf and mute; every buffer is bounded as long as its owner stops reading from a client that is not
`hungry`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from safeshell.model.values import dataclass, field


@dataclass(frozen=True, slots=True)
class ServerError:
    """What a server answered instead of a result. `code` is the SQLSTATE, or the first word of a RESP error."""

    severity: str
    code: str
    message: str
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to run within a submitted whole.

    PostgreSQL: the text of one Query message (which may hold several statements) or of one Execute,
    then with its Bind's `parameters` (None is NULL), their `formats` (0 text, 1 binary, one each) and
    `types` (OIDs as far as client or server named them, 0 where not). Redis: the command's `words`.
    """

    text: str
    parameters: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()
    words: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    r"""The client wants this run; it waits for `release(id)` or `refuse(id, ...)`.

    `text`: all units joined by ";\n", for people and for the digest. `in_transaction`: the client has
    a transaction open; `failed`: it is aborted, so that the server takes nothing but its end.
    `pipeline`: units before these ran without a Sync since, so that previews go by `run_extended` and
    a preview that fails takes the pipeline with it.
    """

    id: str
    text: str
    units: tuple[Unit, ...]
    in_transaction: bool
    failed: bool = False
    pipeline: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """Authenticated and ready. Redis: at once, and again after AUTH, SELECT and HELLO."""

    user: str
    database: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class StartRefused:
    """PostgreSQL: the server refused the start-up before it asked for anything, with our options in it.

    The client has not been told yet: `restart(options)` tries again on a new server connection,
    `give_up()` passes the server's error on.
    """

    error: ServerError


@dataclass(frozen=True, slots=True)
class Parameter:
    """The server told a parameter's new value. PostgreSQL only."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Ran:
    """The answer to `run` or `run_extended` with this id. `tag` is the last command's.

    Columns and rows are those of the last statement that returned any. `error` is also set by the
    machine itself (code "guard") when the run was impossible or its answer too long to keep.
    """

    id: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    tag: str = ""
    error: ServerError | None = None
    copied: bytes = b""


@dataclass(frozen=True, slots=True)
class Copied:
    """A piece of the COPY data of `run(id, ..., stream=True)`; `Ran` follows the last."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """The answer to `describe`: the types of the parameters and the names of the columns."""

    id: str
    types: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    error: ServerError | None = None


@dataclass(frozen=True, slots=True)
class Replied:
    """What was released with `hold=True` has been answered; the answer waits for `finish` or `fail`.

    `status` is the transaction status that the server reported with it ("" in a pipeline without Sync).
    """

    id: str
    tags: tuple[str, ...] = ()
    error: ServerError | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """This connection asks to cancel what the session with this pid and key runs. PostgreSQL only."""

    pid: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """One `side` ("client", "server" or "guard") has ended in good order: flush and close both."""

    side: str


@dataclass(frozen=True, slots=True)
class Broken:
    """`side` ("client" or "server") broke the protocol; nothing more is read or written. Close both."""

    side: str
    problem: str


Event = (
    Submitted | Started | StartRefused | Parameter | Ran | Copied | Described | Replied | CancelAsked | Closed | Broken
)


class Machine(Protocol):
    """What a gateway may ask of any database's machine."""

    @property
    def held(self) -> bool:
        """Something waits for its release or refusal."""

    @property
    def hungry(self) -> bool:
        """More bytes of the client are welcome; else its owner stops reading from it for a while."""

    def receive_from_client(self, data: bytes) -> None:
        """Take bytes of the client, in any cut."""

    def receive_from_server(self, data: bytes) -> None:
        """Take bytes of the server, in any cut. The object is kept, not copied: it must be bytes."""

    def client_closed(self) -> None:
        """The client is gone: what is held will never run."""

    def server_closed(self) -> None:
        """The server is gone."""

    def events(self) -> Sequence[Event]:
        """What happened since the last call."""

    def data_to_client(self) -> bytes:
        """Bytes to send to the client."""

    def data_to_server(self) -> bytes:
        """Bytes to send to the server."""

    def release(self, id: str) -> None:
        """Let it run. Ignored for an id that doesn't wait."""

    def refuse(self, id: str, reason: str) -> None:
        """Don't let it run; the client reads `reason` as its server's error. Ignored for an id that doesn't wait."""
