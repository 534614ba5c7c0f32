"""The client's messages gathered into wholes that are judged at once.

A whole is one Query, or extended messages up to Sync, Flush or a Query behind them; a pipeline that
grows beyond SOFT bytes is judged in parts. What a whole would run stands in its units; one without
units (only Parse, Describe, Close, Sync) runs nothing. What must not live here: who releases it.

Law: a whole is complete or it is not submitted; above the cap its bytes are dropped while they come,
so that it can only be refused.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres.encodings import decode
from safeshell.protocols.postgres.framing import read_bind, read_execute, read_parse, read_query, read_target
from safeshell.protocols.postgres.names import Change, Names, Portal, Statement
from safeshell.protocols.wire import Unit

SOFT = 1024 * 1024
ENDS = {"Q": "query", "F": "query", "S": "sync", "H": "flush"}
CALL = "safeshell: refused: function calls by the protocol can't be judged; call it by a SELECT"
NAMED = "safeshell: refused: this names a savepoint of safeshell's own"


@dataclass(slots=True, eq=False)
class Batch:
    """One whole. `end`: "query", "sync", "flush" or "" (part of a long pipeline).

    `expects` holds, for each message that is answered, the letter of expected.REPLIES and what its
    success does to the names. `problem`: why it can only be refused. `needs`: the text and types of
    the unnamed statement that it takes from before. `simple`: nothing but one Query. `runs`: it binds
    or executes something; `looks`: it makes the server look at a text at least, which settles a
    transaction's characteristics. `text`: all that it would run.
    """

    id: str
    parts: list[bytes] = field(default_factory=list)
    expects: list[tuple[str, Change | None]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    end: str = ""
    size: int = 0
    problem: str = ""
    simple: bool = False
    needs: Statement | None = None
    pipeline: bool = False
    runs: bool = False
    looks: bool = False
    text: str = ""

    @property
    def ends_in_ready(self) -> bool:
        """Its last reply is a ReadyForQuery."""
        return self.end in ("query", "sync")

    @property
    def again(self) -> bool:
        """It can be sent once more after it failed: no name that it makes outlives the failure."""
        names = [change.name for letter, change in self.expects if letter == "P" and change is not None]
        return self.ends_in_ready and not any(names)


@dataclass(slots=True)
class Gathering:
    """The whole that is being gathered. `codec` is the client's encoding."""

    names: Names
    cap: int
    secret: str
    codec: str = "utf-8"
    _count: int = 0
    _batch: Batch | None = None
    _local: dict[bytes, Statement | Portal | None] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """A whole has begun and not ended."""
        return self._batch is not None

    @property
    def room(self) -> int:
        """Bytes that the open whole may still grow by."""
        return self.cap - (self._batch.size if self._batch else 0)

    def passed(self) -> None:
        """A whole went another way; it has a number, too."""
        self._count += 1

    def drop(self) -> None:
        """Forget what was gathered."""
        self._batch = None
        self._local.clear()

    def add(self, kind: str, raw: bytes) -> Batch | None:
        """Take one message; the whole when it is complete. Raises ProtocolError."""
        batch = self._grown(len(raw))
        if not batch.problem:
            batch.parts.append(raw)
            _READERS[kind](self, batch, raw[5:])
        return self._ended(kind, batch)

    def add_oversize(self, kind: str) -> Batch | None:
        """A message that was too long to keep: its whole can only be refused."""
        batch = self._grown(0)
        self._spoil(batch, self._too_long())
        return self._ended(kind, batch)

    def _too_long(self) -> str:
        return f"safeshell: refused: the statement is longer than {self.cap // (1024 * 1024)} MB, too long to be judged"

    def _grown(self, size: int) -> Batch:
        if self._batch is None:
            self._count += 1
            self._batch = Batch(str(self._count))
        self._batch.size += size
        if self._batch.size > self.cap:
            self._spoil(self._batch, self._too_long())
        return self._batch

    def _spoil(self, batch: Batch, problem: str) -> None:
        batch.problem = batch.problem or problem
        batch.runs = batch.looks = True
        batch.text = ""
        batch.parts.clear()
        batch.expects.clear()
        batch.units.clear()
        batch.needs = None

    def _ended(self, kind: str, batch: Batch) -> Batch | None:
        end = ENDS.get(kind)
        if end is None and (batch.size < SOFT or batch.problem):
            return None
        batch.end = end or ""
        batch.simple = kind == "Q" and len(batch.parts) == 1
        batch.text = batch.units[0].text if len(batch.units) == 1 else ";\n".join(unit.text for unit in batch.units)
        if self.secret in batch.text or (len(batch.text) < SOFT and self.secret in batch.text.lower()):
            self._spoil(batch, NAMED)
        self.drop()
        return batch

    def _decoded(self, raw: bytes) -> str:
        return decode(raw, self.codec)

    def read_query(self, batch: Batch, body: bytes) -> None:
        """The whole of a simple query."""
        batch.units.append(Unit(self._decoded(read_query(body))))
        batch.runs = batch.looks = True
        batch.expects.append(("Q", None))

    def read_parse(self, batch: Batch, body: bytes) -> None:
        """A text gets a name."""
        name, sql, types = read_parse(body)
        batch.looks = True
        made = Statement(self._decoded(sql), types)
        self._local[b"S" + name] = made
        batch.expects.append(("P", Change(name, statement=made)))

    def read_bind(self, batch: Batch, body: bytes) -> None:
        """A statement gets its values."""
        portal, statement, formats, values = read_bind(body)
        batch.runs = batch.looks = True
        if not statement:
            self._need_unnamed(batch)
        made = self.names.portal(statement, values, formats, self._local)
        self._local[b"P" + portal] = made
        batch.expects.append(("B", Change(portal, portal=made)))

    def _need_unnamed(self, batch: Batch) -> None:
        if b"S" not in self._local:
            found = self.names.find(b"S", self._local)
            batch.needs = found if isinstance(found, Statement) else None

    def read_describe(self, batch: Batch, body: bytes) -> None:
        """Somebody wants to know."""
        what, name = read_target(body, "Describe")
        if what == b"P":
            batch.expects.append(("R", None))
            return
        if not name:
            self._need_unnamed(batch)
        found = self.names.find(b"S" + name, self._local)
        statement = found if isinstance(found, Statement) else None
        batch.expects.append(("D", Change(name, statement=statement) if statement else None))

    def read_execute(self, batch: Batch, body: bytes) -> None:
        """A portal runs, or goes on."""
        name, _ = read_execute(body)
        batch.runs = batch.looks = True
        unit = self.names.unit(name, self._local)
        if unit is not None:
            batch.units.append(unit)
        found = self.names.find(b"P" + name, self._local)
        batch.expects.append(("E", Change(name, portal=found) if isinstance(found, Portal) else None))

    def read_close(self, batch: Batch, body: bytes) -> None:
        """A name goes."""
        what, name = read_target(body, "Close")
        self._local[what + name] = None
        batch.expects.append(("C", Change(name, closes=what)))

    def read_sync(self, batch: Batch, body: bytes) -> None:
        """The pipeline's end."""
        _empty(body)
        batch.expects.append(("Y", None))

    def read_flush(self, batch: Batch, body: bytes) -> None:  # noqa: ARG002 - all readers have one shape
        """The client wants its answers now."""
        _empty(body)

    def read_call(self, batch: Batch, body: bytes) -> None:  # noqa: ARG002 - its arguments decide nothing
        """Arguments decide nothing: it is refused."""
        self._spoil(batch, CALL)


def _empty(body: bytes) -> None:
    if body:
        raise ProtocolError("a Sync or Flush message has a body", fault="client")


_READERS: dict[str, Callable[[Gathering, Batch, bytes], None]] = {
    "Q": Gathering.read_query,
    "P": Gathering.read_parse,
    "B": Gathering.read_bind,
    "D": Gathering.read_describe,
    "E": Gathering.read_execute,
    "C": Gathering.read_close,
    "S": Gathering.read_sync,
    "H": Gathering.read_flush,
    "F": Gathering.read_call,
}
KINDS = frozenset(_READERS)
