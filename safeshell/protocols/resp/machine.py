"""One connection of a Redis client, held where somebody has to say yes. Sans I/O.

Commands that its owner lets pass by name (`silent`, and `trusted` until a moment) go on as they came, byte for byte,
without being looked at further; every other command waits, one at a time, as `Submitted`. Refused, its place in the
stream is taken by an unknown command, so that the server itself answers with one error there (inside MULTI it then
aborts the transaction); that line alone is rewritten (markers). The guard's own commands (`run`) go between two such
markers. What must not live here: what commands mean, sockets, clocks (the owner's `now` is passed in).

Law: see protocols.wire; beyond it, bytes behind a held command wait unread until it is settled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass, field
from safeshell.protocols.resp.gate import Gate
from safeshell.protocols.resp.lane import Known, alike, known, one_by_one
from safeshell.protocols.resp.markers import MOST_ANSWER, Answers, Marker
from safeshell.protocols.resp.quoting import quote
from safeshell.protocols.resp.reader import MOST_HELD, MOST_WORDS, Command, CommandReader, Violation
from safeshell.protocols.resp.state import CHANGING, Connection
from safeshell.protocols.resp.values import ReplyError, Value, encode, parse
from safeshell.protocols.wire import Closed, Event, Ran, Replied, ServerError, Started, Submitted, Unit

_ENOUGH = 1024 * 1024
"""Bytes waiting behind a held command beyond which the client is read no further."""
_STREAMED = 64 * 1024
"""A passing command longer than this goes on piece by piece."""
_TOO_LONG = (
    "safeshell: refused: a command of more than {size} MiB or {words:,} words cannot be shown and judged; "
    "split it into smaller ones"
)


def _forever_past() -> float:
    return 0.0


@dataclass(slots=True)
class RespMachine:
    """`nonce` is a secret of ASCII letters and digits. `silent` names the commands that always pass.

    Names are `GET` or `CONFIG|GET`, in capitals, as bytes; `containers` are those whose second word counts.
    `gate` asks for a password first. `trusted` maps a name to the moment (of `now`) until which it passes.
    """

    nonce: str
    silent: frozenset[bytes] = frozenset()
    containers: frozenset[bytes] = frozenset()
    now: Callable[[], float] = _forever_past
    gate: Gate | None = None
    trusted: dict[bytes, float] = field(default_factory=dict)
    state: Connection = field(default_factory=Connection)
    _passed: Counter[bytes] = field(default_factory=Counter)
    _reader: CommandReader = field(default_factory=CommandReader)
    _answers: Answers = field(default_factory=Answers)
    _events: list[Event] = field(default_factory=list)
    _to_server: list[bytes] = field(default_factory=list)
    _to_client: list[bytes] = field(default_factory=list)
    _held: Command | None = None
    _id: str = ""
    _number: int = 0
    _deaf: bool = False
    _over: bool = False
    _discarding: bool = False
    _quick: frozenset[bytes] = field(init=False)
    _open: frozenset[bytes] = frozenset()
    _lane_until: float = 0.0
    _known: Known | None = None

    def __post_init__(self) -> None:
        self._events.append(Started("default", "0"))
        plain = {name for name in self.silent if b"|" not in name and name not in CHANGING}
        self._quick = frozenset(plain | {name.lower() for name in plain})

    # ---- protocols.wire.Machine -----------------------------------------------------------------

    @property
    def held(self) -> bool:
        """A command waits for its release or refusal."""
        return self._held is not None

    @property
    def hungry(self) -> bool:
        """False while enough waits behind a held command."""
        return self._held is None or self._reader.size < _ENOUGH

    @property
    def waiting(self) -> int:
        """Bytes that wait behind a held command: more than none is a pipeline."""
        return self._reader.size

    def receive_from_client(self, data: bytes) -> None:
        """Take bytes of the client, in any cut."""
        if self._deaf:
            return
        like = self._known
        if like and self._held is None and self._reader.idle and self._lane() is like.lane and like.covers(data):
            self._to_server.append(data)  # the same pipeline again, in the same state
            for name, number in like.names:
                self._passed[name] += number
            return
        self._reader.feed(data)
        self._advance()

    def receive_from_server(self, data: bytes) -> None:
        """Take bytes of the server, in any cut."""
        if self._over:
            return
        self._to_client.append(self._answers.feed(data))
        for run, raw in self._answers.finished:
            self._ran(run, raw)
        self._answers.finished.clear()
        for watched, raw in self._answers.answered:
            self._events.append(_replied(watched, raw))
        self._answers.answered.clear()

    def client_closed(self) -> None:
        """The client is gone: what is held will never run."""
        if not self._over:
            self._end("client")

    def server_closed(self) -> None:
        """The server is gone."""
        if not self._over:
            self._to_client.append(self._answers.rest())
            self._end("server")

    def events(self) -> list[Event]:
        """What happened since the last call."""
        if not self._events:
            return []
        found, self._events = self._events, []
        return found

    def data_to_client(self) -> bytes:
        """Bytes for the client."""
        return _taken(self._to_client)

    def data_to_server(self) -> bytes:
        """Bytes for the server."""
        return _taken(self._to_server)

    def release(self, id: str, *, watch: bool = False) -> None:
        """Let it run. `watch`: `Replied` tells what the server answered, where it answers at once and in full."""
        command = self._settle(id)
        if command is None:
            return
        watch = watch and self.answers(command.words)
        if watch:
            self._mark(Marker(self._token(), watches=id))
        self._send(command)
        if watch:
            self._mark(Marker(self._token(), watched=id))
        self._advance()

    def refuse(self, id: str, reason: str) -> None:
        """Don't; the server answers in its place, and its line becomes `reason`."""
        command = self._settle(id)
        if command is not None:
            self._substitute(reason)
            self._advance()

    # ---- more than the others -------------------------------------------------------------------

    def run(self, id: str, words: Sequence[bytes]) -> bool:
        """The guard's own command behind everything that was sent, while something is held: `Ran` tells its answer.

        False where none would come: the connection does not answer, or is inside MULTI.
        """
        if self._held is None or self._over or not self.state.answers or self.state.in_multi:
            return False
        self._mark(Marker(self._token(), opens=id))
        self._to_server.append(encode(words))
        self._mark(Marker(self._token(), closes=id))
        return True

    def answers(self, words: Sequence[bytes]) -> bool:
        """Whether the server answers a command at once, and what comes behind it too: CLIENT REPLY may silence it."""
        return self.state.answers and not self.state.in_multi and self.name_of(words) != b"CLIENT|REPLY"

    def trust(self, name: bytes, until: float) -> None:
        """Let commands of this name pass until a moment of `now`."""
        if name not in CHANGING:
            self.trusted[name] = until
            self._lane_until = 0.0

    def passed(self) -> Counter[bytes]:
        """How many commands of which name passed without being submitted since the last call."""
        counted: Counter[bytes] = Counter()
        for name, number in self._passed.items():
            counted[name.upper()] += number
        self._passed.clear()
        return counted

    def stop(self) -> None:
        """Read nothing more of this client: a loop that was stopped."""
        self._deaf = True

    # ---- the client's side ----------------------------------------------------------------------

    def _advance(self) -> None:
        """Let pass what passes, up to the next command that has to wait."""
        try:
            while self._held is None and not self._deaf:
                if self._reader.between:
                    self._quickly()
                command = self._reader.next()
                if command is None:
                    self._overlong()
                    return
                self._take(command)
        except Violation as fault:
            self._deaf = True
            self._to_server.append(fault.echo)

    def _quickly(self) -> None:
        """Whole commands of names that pass, found by cutting at line ends and checking every length."""
        data, quick = self._reader.take_buffer(), self._lane()
        tokens = data.split(b"\r\n")
        names = alike(tokens, quick)
        if names:
            at = len(tokens) - 1
        else:
            at, names = one_by_one(tokens, quick)
        if not at:
            self._reader.give_back(data)
            return
        rest = b"\r\n".join(tokens[at:])
        self._to_server.append(data[: len(data) - len(rest)] if rest else data)
        if rest:
            self._passed.update(names)
        else:
            like = self._known = known(data, tokens, names, quick, self._known)
            for name, number in like.names:
                self._passed[name] += number
        self._reader.give_back(rest)

    def _lane(self) -> frozenset[bytes]:
        """Names that pass right now; after CLIENT REPLY SKIP the next command is looked at one by one."""
        if self.state.skip or (self.gate is not None and not self.gate.opened):
            return frozenset()
        if not self.trusted:
            return self._quick
        if self.now() >= self._lane_until:
            self._open_lane()
        return self._open

    def _open_lane(self) -> None:
        """The lane with the names that are trusted; it holds until the first of them is so no more."""
        moment = self.now()
        for name in [name for name, until in self.trusted.items() if until <= moment]:
            del self.trusted[name]
        plain = [name for name in self.trusted if b"|" not in name]
        self._open = self._quick.union(plain, (name.lower() for name in plain))
        self._lane_until = min(self.trusted.values(), default=0.0)

    def _take(self, command: Command) -> None:
        """One whole command: pass it on, swallow it, or hold it."""
        if command.drained:
            self._drained(command)
        elif not command.words:
            self._to_server.append(command.raw)
        elif self.gate is not None and not self._enters(self.gate, command):
            return
        elif self._passes(command.words):
            self._passed[self.name_of(command.words)] += 1
            self._send(command)
        else:
            self._hold(command)

    def _enters(self, gate: Gate, command: Command) -> bool:
        """At a loopback port: True for a command that goes on; one that the gate settles is answered."""
        words, line = gate.judge(command.words)
        if words is None:
            self._answer_in_place(line)
            return False
        if words != command.words:
            command.words, command.raw = words, encode(words)
        return True

    def name_of(self, words: Sequence[bytes]) -> bytes:
        """`GET`, `CONFIG|GET`."""
        head = words[0].upper()
        return head + b"|" + words[1].upper() if head in self.containers and len(words) > 1 else head

    def _passes(self, words: Sequence[bytes]) -> bool:
        name = self.name_of(words)
        if name in self.silent:
            return True
        if self.state.replica and name == b"REPLCONF":
            return True
        return self.trusted.get(name, 0.0) > self.now()

    def _hold(self, command: Command) -> None:
        self._number += 1
        self._held, self._id = command, f"r{self._number}"
        text = quote(command.words)
        unit = Unit(text, words=command.words)
        self._events.append(Submitted(self._id, text, (unit,), self.state.in_multi))

    def _settle(self, id: str) -> Command | None:
        if self._held is None or id != self._id or self._over:
            return None
        command, self._held = self._held, None
        return command

    def _send(self, command: Command) -> None:
        self._to_server.append(command.raw)
        if self.state.sent(command.words):
            self._events.append(Started(self.state.user, str(self.state.database)))

    def _overlong(self) -> None:
        """A command that is not whole yet and long already: pass it on in pieces, or give up keeping it."""
        reader = self._reader
        if reader.draining:
            self._pieces(reader.drained())
        elif reader.size > _STREAMED and self._streams(reader.begun):
            self._discarding = False
            self._pieces(reader.drain())
            self._pieces(self._after_draining())
        elif reader.size > MOST_HELD or reader.word_count > MOST_WORDS:
            self._discarding = True
            reader.drain()
            self._after_draining()

    def _streams(self, begun: Sequence[bytes]) -> bool:
        """A command whose name is known to pass, whatever follows; those that change the state are kept whole."""
        if not begun or begun[0].upper() in CHANGING or (self.gate is not None and not self.gate.opened):
            return False
        return (begun[0].upper() not in self.containers or len(begun) > 1) and self._passes(begun)

    def _after_draining(self) -> bytes:
        """Read on where keeping stopped. The command may even end here."""
        command = self._reader.next()
        if command is not None:
            self._take(command)
            return b""
        return self._reader.drained()

    def _pieces(self, data: bytes) -> None:
        if not self._discarding:
            self._to_server.append(data)

    def _drained(self, command: Command) -> None:
        if self._discarding:
            self._substitute(_TOO_LONG.format(size=MOST_HELD >> 20, words=MOST_WORDS))
            return
        self._to_server.append(command.raw)
        self._passed[self.name_of(command.words)] += 1

    # ---- the server's side ----------------------------------------------------------------------

    def _token(self) -> bytes:
        self._number += 1
        return f"SAFESHELL_{self.nonce}_{self._number}_".encode()

    def _substitute(self, reason: str) -> None:
        """An unknown command in the place of the client's; nothing is due where the server does not answer."""
        line = "; ".join(part.strip() for part in reason.splitlines() if part.strip())
        self._answer_in_place(b"-" + line.encode("utf-8", "replace") + b"\r\n")

    def _answer_in_place(self, line: bytes) -> None:
        token = self._token()
        if self.state.answers:
            self._mark(Marker(token, line=line))
        else:
            self._to_server.append(encode([token]))
        self.state.skip = max(0, self.state.skip - 1)
        self.state.refused()

    def _mark(self, marker: Marker) -> None:
        self._answers.due.append(marker)
        self._to_server.append(encode([marker.token]))

    def _ran(self, id: str, raw: bytes) -> None:
        """The answer to `run`; messages of channels that came in between go on to the client."""
        answer: Value = None
        error = ServerError("ERROR", "guard", "the answer is too long") if len(raw) > MOST_ANSWER else None
        at = 0
        while error is None and at < len(raw):
            try:
                found = parse(raw, at)
            except ProtocolError as fault:
                error = ServerError("ERROR", "guard", str(fault))
                break
            if found is None:
                break
            value, end = found
            if raw[at] in b">*":
                self._to_client.append(raw[at:end])
            else:
                answer = value
            at = end
        if isinstance(answer, ReplyError):
            error = ServerError("ERROR", answer.code, answer.text)
        rows = ((_text(answer),),) if error is None else ()
        self._events.append(Ran(id, rows=rows, error=error))

    def _end(self, side: str) -> None:
        self._over = self._deaf = True
        self._held = None
        self._to_server.clear()
        self._events.append(Closed(side))


def _replied(id: str, raw: bytes) -> Replied:
    """The server's answer to a watched command, its beginning at least."""
    try:
        found = parse(raw)
    except ProtocolError:
        found = None
    value = found[0] if found else None
    if isinstance(value, ReplyError):
        return Replied(id, error=ServerError("ERROR", value.code, value.text))
    return Replied(id, tags=(_text(value) or "",) if isinstance(value, bytes | int) else ())


def _taken(parts: list[bytes]) -> bytes:
    if not parts:
        return b""
    if len(parts) == 1:
        return parts.pop()
    data = b"".join(parts)
    parts.clear()
    return data


def _text(value: Value) -> str | None:
    if value is None:
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
