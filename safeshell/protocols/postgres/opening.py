"""The start-up: what comes before the first ReadyForQuery.

SSLRequest and GSSENCRequest are answered N (the owner does TLS on its own side); the guard's options
are appended last to the client's; authentication passes through, but SCRAM with channel binding is
taken from the offer, since the two TLS channels are not one. What must not live here: queries.

Law: exactly one start-up packet goes to the server, whole, with our options in it or none at all.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.batches import KINDS
from safeshell.protocols.postgres.decoding import error_message, read_error, read_pair, read_status
from safeshell.protocols.postgres.jobs import Chunks
from safeshell.protocols.wire import CancelAsked, Closed, Event, ServerError, Started, StartRefused

SHORTEST_START = 8
LONGEST_START = 10_000
"""The server's own limit of a start-up packet."""
LONGEST_ANSWER = 128 * 1024
_CANCEL, _SSL, _GSS = 80877102, 80877103, 80877104
_SASL = 10
_NO_REPLICATION = frozenset({b"false", b"off", b"no", b"0", b"f", b"n", b""})
_OURS = frozenset({b"options", b"default_transaction_read_only", b"transaction_read_only"})
_REPLICATION = ServerError(
    "FATAL",
    "42501",
    "safeshell: refused: a replication connection can't be judged",
    hint="Connect without replication, or without the guard.",
)
_KINDS = frozenset("RENSKvZ")


def joined_options(theirs: bytes, ours: bytes) -> bytes:
    r"""The client's options and ours behind them. A lone backslash at their end would swallow the space between."""
    trailing = len(theirs) - len(theirs.rstrip(b"\\"))
    if trailing % 2:
        theirs = theirs[:-1]
    return theirs + b" " + ours if theirs.strip() else ours


def without_plus(body: bytes) -> bytes:
    """AuthenticationSASL without SCRAM-SHA-256-PLUS and its like."""
    names = [name for name in body[4:].split(b"\0") if name and not name.endswith(b"-PLUS")]
    if not names:
        raise ProtocolError("the server wants channel binding, which ends at the guard", fault="server")
    return body[:4] + b"".join(name + b"\0" for name in names) + b"\0"


@dataclass(slots=True)
class Opening:
    """The start-up of one connection. `done` once ReadyForQuery came, `over` when there is nothing to go on with."""

    client: Chunks
    server: Chunks
    emit: Callable[[Event], None]
    told: Callable[[str, str], None]
    options: str
    replication: bool
    parameters: dict[str, str]
    done: bool = False
    over: bool = False
    tunnel: bool = False
    sent: bool = False
    pid: int = 0
    key: bytes = b""
    fatal: bool = False
    _protocol: bytes = b""
    _pairs: list[tuple[bytes, bytes]] = field(default_factory=list)
    _asked: bool = False
    _kept: bytes = b""

    def take_client(self, data: bytearray) -> None:
        """Take what is whole from the front of `data`. Raises ProtocolError."""
        while not (self.done or self.over):
            used = self._answer(data) if self.sent else self._packet(data)
            if not used:
                return
            del data[:used]

    def _packet(self, data: bytearray) -> int:
        """An untyped packet: how many bytes it has, 0 when it is not whole."""
        if data[:1] == b"\x16":
            raise ProtocolError(
                "TLS without asking for it first; use sslmode=disable on the guard's socket", fault="client"
            )
        if len(data) < framing.HEAD - 1:
            return 0
        length = framing.length_at(data)[0]
        if not SHORTEST_START <= length <= LONGEST_START:
            raise ProtocolError("this is no PostgreSQL start-up packet", fault="client")
        if len(data) < length:
            return 0
        code = framing.length_at(data, 4)[0]
        body = bytes(data[8:length])
        if code in (_SSL, _GSS):
            self.client.append(b"N")
        elif code == _CANCEL:
            self._cancel(body)
        elif code >> 16 == 3:  # noqa: PLR2004 - the protocol's major version
            self._start(bytes(data[4:8]), body)
        else:
            raise ProtocolError(f"protocol version {code >> 16}.{code & 0xFFFF} is not spoken here", fault="client")
        return int(length)

    def _cancel(self, body: bytes) -> None:
        if len(body) < 8:  # noqa: PLR2004 - a pid and at least four bytes of key
            raise ProtocolError("a cancel request is too short", fault="client")
        self.over = True
        self.emit(CancelAsked(framing.length_at(body)[0], body[4:]))
        self.emit(Closed("client"))

    def _start(self, protocol: bytes, body: bytes) -> None:
        fields = body.split(b"\0")
        if fields[-2:] != [b"", b""] or len(fields) % 2:
            raise ProtocolError("the start-up packet does not end as it should", fault="client")
        names, values = fields[0:-2:2], fields[1:-2:2]
        if b"" in names:
            raise ProtocolError("the start-up packet has a parameter without a name", fault="client")
        self._protocol = protocol
        self._pairs = list(zip(names, values, strict=True))
        wanted = dict(self._pairs).get(b"replication", b"off").lower()
        if wanted not in _NO_REPLICATION:
            if not self.replication:
                self.client.append(error_message(_REPLICATION, "utf-8"))
                self.over = True
                self.emit(Closed("guard"))
                return
            self.tunnel = True
            self.options = ""
        self._send()

    def _send(self) -> None:
        pairs = self._pairs
        if self.options:
            theirs = dict(pairs).get(b"options", b"")
            pairs = [pair for pair in pairs if pair[0].lower() not in _OURS]
            pairs = [*pairs, (b"options", joined_options(theirs, self.options.encode()))]
        body = self._protocol + b"".join(name + b"\0" + value + b"\0" for name, value in pairs) + b"\0"
        self.server.append((len(body) + 4).to_bytes(4, "big") + body)
        self.sent = True

    def _answer(self, data: bytearray) -> int:
        """A message of the authentication; anything else waits until the server is ready."""
        if len(data) < framing.HEAD:
            return 0
        kind, length = chr(data[0]), framing.length_at(data, 1)[0]
        if kind == "X":
            self.over = True
            self.server.append(framing.TERMINATE)
            self.emit(Closed("client"))
            return framing.HEAD
        if kind in KINDS:
            return 0
        if kind != "p" or not framing.HEAD - 1 <= length <= LONGEST_ANSWER:
            raise ProtocolError(f"an unexpected message {kind!r} while authenticating", fault="client")
        if len(data) <= length:
            return 0
        self.server.append(bytes(data[: length + 1]))
        return int(length) + 1

    def take_server(self, data: bytearray) -> None:
        """Take whole messages from the front of `data` until the server is ready. Raises ProtocolError."""
        while len(data) >= framing.HEAD and not (self.done or self.over):
            kind, length = chr(data[0]), framing.length_at(data, 1)[0]
            if kind not in _KINDS or not framing.HEAD - 1 <= length <= LONGEST_ANSWER or not self.sent:
                raise ProtocolError("it does not answer as a PostgreSQL server does", fault="server")
            if len(data) <= length:
                return
            raw = bytes(data[: length + 1])
            del data[: length + 1]
            self._reply(kind, raw)

    def _reply(self, kind: str, raw: bytes) -> None:
        body = raw[framing.HEAD :]
        if kind == "R":
            self._asked = True
            if len(body) >= 4 and framing.length_at(body)[0] == _SASL:  # noqa: PLR2004 - an Int32
                raw = framing.message(b"R", without_plus(body))
        elif kind == "S":
            self.told(*read_pair(body, "utf-8"))
        elif kind == "K":
            self.pid, self.key = framing.length_at(body.ljust(4, b"\0"))[0], body[4:]
        elif kind == "E":
            self.fatal = True
            if self.options and not self._asked:
                self._kept = raw
                self.emit(StartRefused(read_error(body, "utf-8")))
                return
        elif kind == "Z":
            read_status(body)
            self._ready()
        self.client.append(raw)

    def _ready(self) -> None:
        self.done = True
        named = {name.decode("utf-8", "surrogateescape"): value for name, value in self._pairs}
        user = named.get("user", b"")
        database = named.get("database", b"") or user
        self.emit(
            Started(
                user.decode("utf-8", "surrogateescape"),
                database.decode("utf-8", "surrogateescape"),
                dict(self.parameters),
                self.pid,
                self.key,
            )
        )

    def restart(self, options: str) -> None:
        """The same start-up again, with other options, for a new server connection."""
        if self._kept:
            self._kept = b""
            self.fatal = False
            self.options = options
            self._send()

    def give_up(self) -> None:
        """The client reads the server's refusal."""
        if self._kept:
            self.client.append(self._kept)
            self._kept = b""
