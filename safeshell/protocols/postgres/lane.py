"""The quick lane: a statement that is known already, between two moments in which nothing else is going on.

At rest nothing waits, nothing is held, no words of the guard's are due round a read. Then a Query whose bytes
came before, or Bind, Describe, Execute, Sync of a known statement, with or without an unnamed Parse that came
before, goes on as it came, and a reply that is
exactly what a SELECT answers comes back as it came. Whatever else happens meanwhile makes the books be
written as if the statement had gone the long way (`settle`), and the long way goes on from there. What must
not live here: whether a statement may run (the owner says so, each time, by `forward`).

Law: the bytes on both sides are those of the long way; nothing is guessed from the last bytes of a reply, its
messages are walked.
"""

from __future__ import annotations

import struct
from struct import Struct

from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.backend import Backend, Copying
from safeshell.protocols.postgres.batches import Batch, Gathering
from safeshell.protocols.postgres.conductor import Conductor
from safeshell.protocols.postgres.control import Control, classify
from safeshell.protocols.postgres.decoding import ready_message
from safeshell.protocols.postgres.inbox import Inbox
from safeshell.protocols.postgres.names import Change, Names, Portal, Statement
from safeshell.protocols.postgres.transactions import Transactions
from safeshell.protocols.wire import Unit

_LONGEST_TEXT, _MOST = 1024, 256
"""Texts that are known: characters of one, and how many."""
_LONGEST = 16384
"""Bytes of a batch or of a reply; longer ones gain nothing."""
_PARSE, _BIND, _ROW, _TAG = b"PBDC"
_SELECT = b"SELECT "
_DESCRIBE, _EXECUTE = framing.describe(b"P", b""), framing.execute(b"")
_TAILS = {_DESCRIBE + _EXECUTE + framing.SYNC: "BREY", _EXECUTE + framing.SYNC: "BEY"}
"""What stands behind the Bind, and the letters that stand for the whole."""
_HEADS = {
    "Q": (b"T",),
    "BREY": (b"2", b"T"),
    "BEY": (b"2",),
    "PBREY": (b"1", b"2", b"T"),
    "PBEY": (b"1", b"2"),
}
_READY = {status: ready_message(status) for status in "IT"}
_length_at = framing.length_at
_count_at, _size_at = Struct("!H").unpack_from, Struct("!i").unpack_from


@dataclass(slots=True)
class Lane:
    """The lane of one machine, made of its parts. `open`: it may be offered something."""

    backend: Backend
    conductor: Conductor
    gathering: Gathering
    inbox: Inbox
    law: Transactions
    names: Names
    open: bool = False
    closed: bool = False
    sent: bytes = b""
    letters: str = ""
    _offer: bytes = b""
    _statement: Statement | None = None
    _bound: tuple[Statement, bytes] | None = None
    _unnamed: Statement | None = None
    _parses: dict[bytes, Statement] = field(default_factory=dict)
    _queries: dict[bytes, str] = field(default_factory=dict)
    _texts: set[str] = field(default_factory=set)

    def rest(self) -> None:
        """Open when nothing is going on, and the lock needs no word round a read."""
        backend, conductor = self.backend, self.conductor
        self.open = (
            not self.closed
            and conductor.current is None
            and conductor.status == backend.status
            and not (backend.queue or conductor.work or backend.server or backend.client or self.names.sent)
            and not (backend.skipping or backend.fatal or backend.partial or backend.copying is not Copying.NO)
            and conductor.quiet
            and not (self.gathering.open or self.gathering.cap < _LONGEST or self.inbox.partial)
            and self.law.rests(conductor.status)
        )

    def learn(self, batch: Batch) -> None:
        """The owner knows this text; when it comes again, it may be offered."""
        first = batch.parts[0] if batch.parts else b""
        if batch.text in self._texts and not batch.simple and (not _parses_unnamed(first) or first in self._parses):
            return
        if len(batch.units) != 1 or len(batch.text) > _LONGEST_TEXT or classify(batch.text) is not Control.OTHER:
            return
        if len(self._texts) + len(self._queries) + len(self._parses) >= _MOST:
            self.forget()
        if batch.simple:
            self._queries[first] = batch.text
            return
        self._texts.add(batch.text)
        if _parses_unnamed(first) and [letter for letter, _ in batch.expects[:2]] == ["P", "B"]:
            self._parses[first] = Statement(batch.text, framing.read_parse(first[framing.HEAD :])[2])

    def forget(self) -> None:
        """What bytes mean has changed."""
        self._queries.clear()
        self._texts.clear()
        self._parses.clear()

    def offered(self, data: bytes) -> str | None:
        """The text that these bytes of the client run, when they may go on at once if the owner knows it."""
        if self.sent or not framing.HEAD < len(data) <= _LONGEST:
            return None
        text = self._queries.get(data)
        if text is None:
            text = self._prepared(data)
        else:
            self._offer, self.letters = data, "Q"
        if text is not None and not self.open:
            self.rest()
        return text if self.open else None

    def _prepared(self, data: bytes) -> str | None:
        """The same for (Parse,) Bind of the unnamed portal to a known statement, (Describe,) Execute, Sync."""
        at = _length_at(data, 1)[0] + 1 if data[0] == _PARSE else 0
        if at + framing.HEAD >= len(data) or data[at] != _BIND or data[at + framing.HEAD]:
            return None
        end = at + _length_at(data, at + 1)[0] + 1
        letters = _TAILS.get(data[end:])
        name_end = data.find(0, at + framing.HEAD + 1, end)
        if letters is None or name_end < 0:
            return None
        name = data[at + framing.HEAD + 1 : name_end]
        if bool(at) is bool(name):  # a Parse is the unnamed statement's, and then it is bound
            return None
        found = self._parses.get(data[:at]) if at else self.names.confirmed.get(b"S" + name)
        if not isinstance(found, Statement) or found.sql not in self._texts or not _binds(data, name_end + 1, end):
            return None
        self._offer, self.letters, self._statement = data, "P" + letters if at else letters, found
        return found.sql

    def forward(self) -> None:
        """What was offered last is sent by the owner, as it came."""
        self.sent = self._offer

    def answered(self, data: bytes) -> bool:
        """These bytes of the server are the whole answer to what was sent: the owner sends them as they came."""
        if not self.sent or not _plain(data, _HEADS[self.letters], _READY[self.conductor.status]):
            return False
        self.gathering.passed()
        if self.letters == "Q":
            self.names.forget_unnamed()
            self._bound = self._unnamed = None
        elif self._statement is not None:
            if self.letters[0] == "P":
                self._unnamed = self._statement = Statement(self._statement.sql, self._statement.types)
            self._bound = self._statement, self.sent
        self.sent = b""
        return True

    def settle(self) -> None:
        """Something else comes: write the books as if what passed here had gone the long way."""
        self.open = False
        if self._unnamed is not None:
            self.names.confirm(Change(b"", statement=self._unnamed))
            self.conductor.has_unnamed()
            self._unnamed = None
        if self._bound is not None:
            (statement, raw), self._bound = self._bound, None
            at = _length_at(raw, 1)[0] + 1 if raw[0] == _PARSE else 0
            _, _, formats, values = framing.read_bind(raw[at + framing.HEAD : at + _length_at(raw, at + 1)[0] + 1])
            self.names.confirmed[b"P"] = Portal(Unit(statement.sql, values, formats, statement.types))
        if self.sent:
            raw, self.sent = self.sent, b""
            self._send_again(raw)

    def _send_again(self, raw: bytes) -> None:
        """The long way, whose bytes have been sent already."""
        batch, at = None, 0
        while at < len(raw):
            end = at + 1 + _length_at(raw, at + 1)[0]
            batch, at = self.gathering.add(chr(raw[at]), raw[at:end]), end
        if batch is not None:
            self.conductor.take(batch)
            self.conductor.release(batch, hold=False)
        if b"".join(self.backend.server) != raw:
            raise RuntimeError("a statement would have gone another way")
        self.backend.server.clear()

    def close(self) -> None:
        """The session has ended."""
        self.closed, self.open, self.sent, self._bound, self._unnamed = True, False, b"", None, None


def _parses_unnamed(message: bytes) -> bool:
    return len(message) > framing.HEAD and message[0] == _PARSE and not message[framing.HEAD]


def _binds(data: bytes, at: int, end: int) -> bool:
    """From its formats on, a Bind message is as framing.read_bind has it; what reads beyond `end` never gets back to it."""
    try:
        formats = _count_at(data, at)[0]
        at += 2 + 2 * formats
        values = _count_at(data, at)[0]
        at += 2
        for _ in range(values):
            size = _size_at(data, at)[0]
            if size < -1:
                return False
            at += 4 + size if size > 0 else 4
        at += 2 + 2 * _count_at(data, at)[0]
    except struct.error:
        return False
    return at == end and (formats in (0, 1) or formats == values)


def _plain(data: bytes, heads: tuple[bytes, ...], ready: bytes) -> bool:
    """Whole messages and nothing else: the heads, rows, one SELECT's tag, ReadyForQuery with the status of before."""
    last = len(data) - len(ready)
    if last > _LONGEST or not data.endswith(ready):  # the long way is not slower then; the walk decides
        return False
    at = 0
    for head in heads:
        if data[at : at + 1] != head or at >= last - 4:
            return False
        size = _length_at(data, at + 1)[0]
        if size < 4:  # noqa: PLR2004 - a length counts its own four bytes
            return False
        at += size + 1
    while at < last and data[at] == _ROW:
        size = _length_at(data, at + 1)[0]
        if size < 4:  # noqa: PLR2004 - the same
            return False
        at += size + 1
    if at >= last or data[at] != _TAG or not data.startswith(_SELECT, at + framing.HEAD):
        return False
    return at + 1 + int(_length_at(data, at + 1)[0]) == last
