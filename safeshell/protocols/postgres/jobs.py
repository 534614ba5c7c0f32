"""What is sent to the server in one piece, and what becomes of its replies.

Three kinds: the client's own batch, a refusal (a text that cannot parse, whose error is rewritten),
and the guard's own statements, whose replies the client never sees. A job knows where a reply goes;
`backend.Backend` knows which reply it is. What must not live here: the order of replies, bytes of the client.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.batches import Batch
from safeshell.protocols.postgres.decoding import GUARD, read_columns, read_row, read_types
from safeshell.protocols.postgres.names import Change
from safeshell.protocols.wire import Copied, Described, Event, Ran, ServerError

UNPARSABLE = b"/* safeshell refused a statement here */ )"
"""Fails in the server's raw parser, before any setting, catalogue or transaction state is looked at."""
STREAM = 1024 * 1024
"""Bytes of rows that a kept reply holds before they are let through: rows may come before an error."""

Chunks = list[bytes]
Expect = tuple[str, Change | None]


class Job:
    """One piece. `left`: replies still to come; `tags`, `error`, `status`: what they said.

    `flushed`: the server answers it without being sent more. `rows`: where DataRow and CopyData go
    untouched (None: `take` wants them).
    """

    __slots__ = ("data", "done", "error", "expects", "flushed", "left", "raw_error", "rows", "status", "tags")

    def __init__(self, data: Chunks, expects: list[Expect], *, flushed: bool = True) -> None:
        self.data = data
        self.expects = expects
        self.flushed = flushed
        self.left = len(expects)
        self.tags: list[str] = []
        self.error: ServerError | None = None
        self.raw_error = b""
        self.status = ""
        self.rows: Chunks | None = None
        self.done: Callable[[], None] = _nothing

    def route(self, kind: int) -> Chunks | None:  # noqa: ARG002 - for the kinds of jobs
        """Where an untouched message goes; None: nowhere."""
        return None

    def take(self, kind: int, body: bytes, codec: str) -> None:
        """A reply that is not routed as it is, or has something to tell."""

    def failed(self, raw: bytes, error: ServerError, codec: str) -> tuple[Chunks, bytes] | None:  # noqa: ARG002 - the same
        """An error has come; what the client shall read of it, and where that goes."""
        self.error = self.error or error
        self.raw_error = self.raw_error or raw
        return None

    def flow(self) -> None:
        """The client must now see what was kept: the server waits for its COPY data."""


def _nothing() -> None:
    return


class ClientJob(Job):
    """The client's batch. With `keep` its replies wait in `kept`, but rows beyond STREAM pass.

    `mute`: ReadyForQuery is left out, it comes when the guard's own end of the matter is done.
    """

    __slots__ = ("batch", "cap", "client", "keep", "kept", "mute", "overflow", "size", "streaming", "tagged")

    def __init__(self, batch: Batch, client: Chunks, *, keep: bool, mute: bool, cap: int) -> None:
        super().__init__(batch.parts, list(batch.expects), flushed=bool(batch.end))
        self.batch = batch
        self.client = client
        self.keep = keep
        self.mute = mute
        self.kept: Chunks = []
        self.size = 0
        self.cap = cap
        self.streaming = self.tagged = self.overflow = False
        self.rows = None if keep else client

    def route(self, kind: int) -> Chunks | None:
        """To the client, unless it is kept."""
        if kind == _READY:
            return None if self.mute or self.keep else self.client
        return self.client if not self.keep or (self.streaming and kind != _TAG) else None

    def take(self, kind: int, body: bytes, codec: str) -> None:  # noqa: ARG002 - the same for all jobs
        """Keep a reply."""
        if not self.keep or kind == _READY:
            return
        if kind == _TAG:
            self.streaming, self.rows, self.tagged = False, None, True
        self._keep(framing.message(bytes((kind,)), body))
        if self.size > STREAM and not self.tagged:
            self.flow()

    def _keep(self, raw: bytes) -> None:
        self.kept.append(raw)
        self.size += len(raw)
        if self.size > self.cap:
            self.kept.clear()
            self.size = 0
            self.overflow = True

    def failed(self, raw: bytes, error: ServerError, codec: str) -> tuple[Chunks, bytes] | None:
        """The true error, unchanged."""
        super().failed(raw, error, codec)
        if not self.keep:
            return self.client, raw
        self._keep(raw)
        return None

    def flow(self) -> None:
        """Rows and copies pass from here on, up to the next command tag."""
        if self.keep:
            self.client += self.kept
            self.kept.clear()
            self.size = 0
            self.streaming, self.rows = True, self.client


class Refusal(Job):
    """The server fails for real; the client reads another text."""

    __slots__ = ("batch", "client", "error_text", "kept", "mute")

    def __init__(self, batch: Batch, client: Chunks, error_text: Callable[[], bytes], *, mute: bool) -> None:
        super().__init__(*_failing(batch))
        self.batch = batch
        self.client = client
        self.error_text = error_text
        self.mute = mute
        self.kept: Chunks = []

    def route(self, kind: int) -> Chunks | None:
        """ReadyForQuery is the server's own."""
        return self.client if kind == _READY and not self.mute else None

    def failed(self, raw: bytes, error: ServerError, codec: str) -> tuple[Chunks, bytes] | None:
        """Our words; a FATAL error keeps its own, since it is about something else."""
        super().failed(raw, error, codec)
        return self.client, (raw if error.severity in FATAL else self.error_text())


FATAL = frozenset({"FATAL", "PANIC"})


def _failing(batch: Batch) -> tuple[Chunks, list[Expect]]:
    if batch.end == "query":
        return [framing.query(UNPARSABLE)], [("Q", None)]
    if batch.end == "sync":
        return [framing.parse(b"", UNPARSABLE), framing.SYNC], [("P", None), ("Y", None)]
    return [framing.parse(b"", UNPARSABLE), framing.FLUSH], [("P", None)]


class GuardJob(Job):
    """The guard's own statements. Rows are collected up to `cap` bytes; the client sees nothing."""

    __slots__ = ("cap", "columns", "copied", "emit", "id", "result", "size", "stream", "types")

    def __init__(  # noqa: PLR0913 - what a job of this kind is made of
        self,
        id: str,
        data: Chunks,
        expects: list[Expect],
        emit: Callable[[Event], None],
        *,
        cap: int,
        stream: bool = False,
    ) -> None:
        super().__init__(data, expects)
        self.id = id
        self.emit = emit
        self.cap = cap
        self.stream = stream
        self.size = 0
        self.columns: tuple[str, ...] = ()
        self.types: tuple[int, ...] = ()
        self.result: list[tuple[str | None, ...]] = []
        self.copied = bytearray()

    def take(self, kind: int, body: bytes, codec: str) -> None:
        """Collect."""
        if kind in (_ROW, _COPY):
            self.size += len(body)
            if kind == _COPY and self.stream:
                self.size = 0
                self.emit(Copied(self.id, body))
            elif self.size > self.cap:
                self._too_long()
            elif kind == _COPY:
                self.copied += body
            else:
                self.result.append(read_row(body, codec))
        elif kind == _COLUMNS:
            self.columns = read_columns(body, codec)
            self.result.clear()
        elif kind == _TYPES:
            self.types = read_types(body)

    def _too_long(self) -> None:
        self.result.clear()
        self.copied.clear()
        problem = ServerError("ERROR", GUARD, f"the answer is longer than {self.cap} bytes")
        self.error = self.error or problem

    def ran(self) -> Ran:
        """The whole answer."""
        tag = self.tags[-1] if self.tags else ""
        return Ran(self.id, self.columns, tuple(self.result), tag, self.error, bytes(self.copied))

    def described(self) -> Described:
        """The answer to Describe."""
        return Described(self.id, self.types, self.columns, self.error)


_READY, _ROW, _COPY, _COLUMNS, _TYPES, _TAG = b"ZDdTtC"


def guard_query(id: str, sql: bytes, emit: Callable[[Event], None], *, cap: int, stream: bool = False) -> GuardJob:
    """The guard's simple query."""
    return GuardJob(id, [framing.query(sql)], [("Q", None)], emit, cap=cap, stream=stream)
