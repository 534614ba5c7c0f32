"""The walk along the server's messages, each matched with what was sent.

`REPLIES` says which reply may follow which message; a missing key is the server's fault, and nothing
is guessed from the look of the last bytes. Bytes that pass untouched are cut from the chunk they came
in, as long as possible, and a long row passes in pieces. What must not live here: what is done when a
job ends, the client's side.

Law: each reply belongs to exactly one job. NotificationResponse and ParameterStatus always pass; after
an error the server skips to the next Sync, and so does the queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.decoding import read_error, read_pair, read_status, read_tag, read_types
from safeshell.protocols.postgres.jobs import FATAL, Chunks, Job
from safeshell.protocols.postgres.names import Change, Names

STAY, NEXT = False, True
_ROWS = {"D": STAY, "C": STAY, "I": STAY, "G": STAY, "H": STAY, "d": STAY, "c": STAY}
_TABLE: dict[str, dict[str, bool]] = {
    "Q": {**_ROWS, "T": STAY, "Z": NEXT},
    "P": {"1": NEXT},
    "B": {"2": NEXT},
    "D": {"t": STAY, "T": NEXT, "n": NEXT},
    "R": {"T": NEXT, "n": NEXT},
    "E": {**_ROWS, "C": NEXT, "I": NEXT, "s": NEXT},
    "C": {"3": NEXT},
    "Y": {"Z": NEXT},
}
REPLIES = {sent: {ord(kind): move for kind, move in moves.items()} for sent, moves in _TABLE.items()}
"""Message sent (Query, Parse, Bind, Describe of a statement, of a portal as R, Execute, Close, Sync as Y) -> replies."""

_ROW, _COPY, _ERROR, _NOTICE, _NOTIFY, _PARAMETER, _TAG, _READY, _COPY_IN, _SUSPENDED, _TYPES = b"DdENASCZGst"
_STREAMED = frozenset((_ROW, _COPY))
_COPY_FAIL = framing.message(b"f", b"safeshell sends no data\0")


class Copying(Enum):
    """What the server makes of the client's COPY messages: nothing, takes them, or waits for a Sync behind them."""

    NO = 0
    DATA = 1
    SYNC = 2


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """One message sent that will be answered."""

    letter: str
    change: Change | None
    job: Job


@dataclass(slots=True)
class Backend:
    """The server's side. `client` and `server` are what is to be sent; `told` hears parameters, `ended` ended jobs."""

    client: Chunks
    server: Chunks
    names: Names
    told: Callable[[str, str], None]
    cap: int
    codec: str = "utf-8"
    status: str = ""
    skipping: bool = False
    fatal: bool = False
    copying: Copying = Copying.NO
    queue: deque[Expected] = field(default_factory=deque)
    ended: list[Job] = field(default_factory=list)
    _rest: bytearray = field(default_factory=bytearray)
    _left: int = 0
    _left_to: Chunks | None = None
    _rows: Chunks | None = None
    _instead: tuple[Chunks, bytes] | None = None

    @property
    def buffered(self) -> int:
        """Bytes of an incomplete message."""
        return len(self._rest)

    @property
    def mid_row(self) -> bool:
        """The client has got a part of a row."""
        return self._left > 0

    @property
    def partial(self) -> bool:
        """Something of the server's has begun and not ended."""
        return bool(self._rest or self._left or self._instead or self.ended)

    def send(self, job: Job) -> None:
        """Put a job on the wire; not while the server skips."""
        self.server += job.data
        self.names.send(change for letter, change in job.expects if letter in "PBC")
        self.queue.extend(Expected(letter, change, job) for letter, change in job.expects)
        self._look_ahead()

    def send_sync(self, job: Job) -> None:
        """The Sync that ends the skipping."""
        self.server.append(framing.SYNC)
        self.skipping = False
        job.left = 1
        self.queue.append(Expected("Y", None, job))
        self._look_ahead()

    def _look_ahead(self) -> None:
        head = self.queue[0] if self.queue else None
        self._rows = head.job.rows if head and head.letter in "QE" else None

    def feed(self, data: bytes) -> None:
        """Take bytes of the server. Raises ProtocolError."""
        if self._rest:
            self._rest += data
            if len(self._rest) < framing.HEAD or len(self._rest) <= framing.length_at(self._rest, 1)[0]:
                self._check_room()
                return
            data = bytes(self._rest)
            self._rest.clear()
        pos = self._walk(data)
        if pos < len(data):
            self._rest += data[pos:] if pos else data
            self._check_room()

    def _check_room(self) -> None:
        if len(self._rest) >= framing.HEAD and framing.length_at(self._rest, 1)[0] > self.cap:
            raise ProtocolError("a message is longer than anything a server sends", fault="server")

    def _walk(self, data: bytes) -> int:
        """Walk over whole messages; the offset of what is left over."""
        end, length_at = len(data), framing.length_at
        out, pos = self._left_to, min(self._left, len(data))
        self._left -= pos
        start = 0
        while end - pos >= framing.HEAD:
            kind = data[pos]
            after = pos + 1 + length_at(data, pos + 1)[0]
            if kind in _STREAMED and self._rows is not None and self._rows is out and after > pos + 4:
                if after <= end:
                    pos = _skip_alike(data, after, end)
                    continue
                self._left, self._left_to, pos = after - end, out, end
                break
            if after > end and not self._long_row(kind):
                break
            target = self._rows if after > end else self._message(kind, data, pos, after)
            if target is not out:
                _pass(out, data, start, pos)
                out, start = target, pos
            if self._instead is not None:
                self._instead[0].append(self._instead[1])
                self._instead = None
            if after > end:
                self._left, self._left_to, pos = after - end, out, end
                break
            pos = after
            if self.ended:
                _pass(out, data, start, pos)
                start = pos
                self._end_jobs()
        _pass(out, data, start, pos)
        return pos

    def _long_row(self, kind: int) -> bool:
        return kind in _STREAMED and self._rows is not None

    def _end_jobs(self) -> None:
        ended, self.ended = self.ended, []
        for job in ended:
            job.done()

    def _message(self, kind: int, data: bytes, pos: int, after: int) -> Chunks | None:
        """One whole message: where it goes untouched, or None."""
        if after < pos + framing.HEAD:
            raise ProtocolError("a message says that it is shorter than its own head", fault="server")
        if kind == _PARAMETER:
            self._parameter(data[pos + 5 : after])
            return self.client
        if kind == _NOTIFY:
            return self.client
        head = self.queue[0] if self.queue else None
        if kind == _NOTICE:
            return self._noticed(head, data[pos + 5 : after])
        if kind == _ERROR:
            return self._failed(head, data[pos:after])
        move = REPLIES[head.letter].get(kind) if head else None
        if head is None or move is None:
            raise ProtocolError(f"an unexpected message {chr(kind)!r} while {_waiting(head)}", fault="server")
        return self._answered(head, kind, data[pos + 5 : after], move=move)

    def _parameter(self, body: bytes) -> None:
        self.told(*read_pair(body, self.codec))

    def _noticed(self, head: Expected | None, body: bytes) -> Chunks | None:
        if head is None:
            return self.client
        target = head.job.route(_NOTICE)
        if target is None:
            head.job.take(_NOTICE, body, self.codec)
        return target

    def _answered(self, head: Expected, kind: int, body: bytes, *, move: bool) -> Chunks | None:
        job = head.job
        if kind == _TAG:
            tag = read_tag(body)
            job.tags.append(tag)
            self.names.heard(tag)
        elif kind == _COPY_IN:
            self._copy_in(head)
        elif kind == _READY:
            self.status = job.status = read_status(body)
            self.copying = Copying.NO
        elif kind == _TYPES and head.change and head.change.statement:
            head.change.statement.types = read_types(body)
        target = job.route(kind)
        if target is None:
            job.take(kind, body, self.codec)
        if move is NEXT:
            self._next(head, kind)
        elif job.rows is not self._rows:
            self._look_ahead()
        return target

    def _next(self, head: Expected, kind: int) -> None:
        self.queue.popleft()
        if head.change is not None:
            if head.letter in "PBC":
                self.names.confirm(head.change)
            elif kind == _SUSPENDED and head.change.portal:
                head.change.portal.suspended = True
        self._done(head.job)
        self._look_ahead()

    def _done(self, job: Job) -> None:
        job.left -= 1
        if job.left == 0:
            self.ended.append(job)

    def _copy_in(self, head: Expected) -> None:
        """The server wants data: the client's, never the guard's."""
        job = head.job
        if job.route(_COPY_IN) is None:
            job.flow()
        if job.route(_COPY_IN) is None:
            self.server.append(_COPY_FAIL)
        else:
            self.copying = Copying.DATA

    def copied(self) -> None:
        """The client's data has ended (or the server wants no more): an extended COPY now needs a new Sync.

        The Sync that stood behind the Execute was ignored by the server, which was copying.
        """
        extended = self.queue and self.queue[0].letter != "Q"
        self.copying = Copying.SYNC if extended and any(one.letter == "Y" for one in self.queue) else Copying.NO

    def _failed(self, head: Expected | None, raw: bytes) -> Chunks | None:
        """An error ends its message, and all behind it up to the next Sync."""
        error = read_error(raw[5:], self.codec)
        self.fatal = self.fatal or error.severity in FATAL
        if head is None:
            return self.client
        self.names.forget_sent()
        self._instead = head.job.failed(raw, error, self.codec)
        if self._instead is None and error.severity in FATAL:
            self._instead = (self.client, raw)
        if self.copying is Copying.DATA:
            self.copied()
        if head.letter not in "QY":
            self._skip()
        return None

    def _skip(self) -> None:
        while self.queue and self.queue[0].letter != "Y":
            self._done(self.queue.popleft().job)
        self.skipping = not self.queue
        self._look_ahead()


def _waiting(head: Expected | None) -> str:
    return f"the answer to a {head.letter!r} was due" if head else "nothing was asked"


def _skip_alike(data: bytes, pos: int, end: int) -> int:
    """Walk over whole rows, the bulk of all that a server sends; where the first other message begins."""
    length_at, last = framing.length_at, end - framing.HEAD
    while pos <= last and data[pos] == _ROW:
        size = length_at(data, pos + 1)[0]
        if pos + size >= end or size < framing.HEAD - 1:
            break
        pos += size + 1
    return pos


def _pass(out: Chunks | None, data: bytes, start: int, end: int) -> None:
    if out is not None and end > start:
        out.append(data[start:end])
