"""The ports of the wire gateway: what its loop needs of a database, and what a database may use of it.

`wire.Proxy` owns sockets and knows no database. An adapter gives every client connection a `Session`,
which turns bytes into bytes and decides what is held. All methods of a session are called in the
loop's thread, one at a time; what blocks (`dial`, previews, questions) runs in worker threads, which
come back by `Hub.post` and `Hub.call`. What must not live here: any I/O, any database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from safeshell.model.errors import SafeshellError
from safeshell.model.values import dataclass

R = TypeVar("R")


class UpstreamError(SafeshellError):
    """The server's side failed. `str()` says what happened, where, and which side it was."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who connected: a process of this host over a unix socket, or loopback TCP with `tcp` True."""

    pid: int = 0
    uid: int = -1
    tcp: bool = False


class Stream(Protocol):
    """A non-blocking connection to a server, encrypted or not. `address` names it for people."""

    address: str
    wants_write: bool

    def fileno(self) -> int:
        """The descriptor to poll."""

    def recv(self, size: int) -> bytes | None:
        """Up to `size` bytes; None when there is nothing now, b"" at the end. Raises OSError."""

    def send(self, data: bytes | memoryview) -> int:
        """How many bytes were taken, 0 when none can be now. Raises OSError."""

    def close(self) -> None:
        """End it at once."""


class Hub(Protocol):
    """The loop as sessions and their workers see it."""

    def post(self, work: Callable[[], None]) -> None:
        """Have `work` done in the loop's thread, soon; from any thread."""

    def call(self, work: Callable[[], R], patience: float = 30.0) -> R:
        """Have `work` done in the loop's thread and wait for its result; from a worker only.

        What it raises is raised here; TimeoutError when the loop did not answer in `patience` seconds.
        """

    def work(self, job: Callable[[], None], name: str = "") -> None:
        """Run `job` in a worker thread."""

    def later(self, seconds: float, work: Callable[[], None]) -> Any:
        """Do `work` in the loop's thread after a while."""


class Line(Protocol):
    """One client connection as its session sees it. Loop's thread only."""

    peer: Peer

    @property
    def hub(self) -> Hub:
        """The loop."""

    @property
    def stream(self) -> Stream | None:
        """The connection to the server, None before and after."""

    def flush(self) -> None:
        """Send what the session has for either side: call it after anything was released, refused or run."""

    def redial(self) -> None:
        """Drop the server's side and dial anew; the client notices nothing."""

    def hang_up(self) -> None:
        """Send what is left to the client, then close both sides."""


class Session(Protocol):
    """One client's conversation: a sans-IO machine and the judgement of what it holds.

    While it is not `hungry` the client is read no further. The loop calls `to_client` and `to_server`
    after every other call and sends what they give.
    """

    @property
    def hungry(self) -> bool:
        """More bytes of the client are welcome."""

    def forward_client(self, data: bytes) -> bool:
        """True: these bytes go to the server as they came, and nothing else is to be done. Else `from_client` takes them."""

    def forward_server(self, data: bytes) -> bool:
        """The same for bytes of the server, and the client."""

    def from_client(self, data: bytes) -> None:
        """Bytes of the client."""

    def from_server(self, data: bytes) -> None:
        """Bytes of the server."""

    def to_client(self) -> bytes:
        """What the client gets now."""

    def to_server(self) -> bytes:
        """What the server gets now. The first bytes here make the loop dial."""

    def client_gone(self) -> None:
        """The client closed or was killed: whatever is held is refused, what waits for an answer stops."""

    def server_gone(self, problem: str) -> None:
        """The server's side ended; `problem` says how ("" for an orderly end)."""

    def dial(self) -> Stream:
        """Connect to the server. Blocks, in a worker. Raises UpstreamError."""

    def undialled(self, problem: UpstreamError) -> None:
        """No server could be reached: say so to the client in its own protocol; the line then hangs up."""


class Adapter(Protocol):
    """One database: makes a session for every client."""

    def session(self, line: Line) -> Session:
        """A client connected."""

    def ended(self, session: Session) -> None:
        """Its connection is closed."""
