"""The long fuzz run of the RESP machine: dialogues with a small server of our own, random verdicts, random cuts.

Half of the streams are whole. In them the client gets, byte for byte, what the same server says to the same commands
without a guard between, but for the line of each refusal: markers, looks and watches leave no trace. The other half is
mutated on both sides: no exception, bounded buffers, nothing of a command that was not released.
What must not live here: a judge, sockets.
"""

from __future__ import annotations

import random
import re
import resource
import time
from collections import Counter
from dataclasses import dataclass, field

from safeshell.protocols.resp.machine import RespMachine
from safeshell.protocols.resp.reader import CommandReader, Violation
from safeshell.protocols.resp.values import encode
from safeshell.protocols.wire import Ran, Replied, Submitted
from tests.fuzz import report

SILENT = frozenset({b"GET", b"PING", b"SELECT", b"MULTI", b"EXEC", b"DISCARD", b"HELLO", b"RESET", b"CLIENT|ID"})
CONTAINERS = frozenset({b"CLIENT"})
MARK = re.compile(rb"MARK\d{9}")
REFUSAL = b"-safeshell: refused: no\r\n"
NOISE = (b"+OK\r\n", b"$3\r\nabc\r\n", b"-ERR unknown command 'x'\r\n", b"*1\r\n:1\r\n", b">1\r\n+m\r\n", b"-", b"\r\n")


class Failure(AssertionError):  # noqa: N818 - it is a finding, not an error of this program
    """A stream broke one of the rules."""


@dataclass
class Server:
    """As much of a Redis server as a guard can stumble over: MULTI, silence, unknown names. `refused` are lines to say."""

    multi: bool = False
    aborted: bool = False
    queued: list[tuple[bytes, ...]] = field(default_factory=list)
    muted: bool = False
    skip: int = 0
    seen: set[bytes] = field(default_factory=set)

    def answer(self, words: tuple[bytes, ...], refusal: bytes = b"") -> bytes:
        """What one command is answered, b"" where this server has been told to be silent."""
        silent = self.muted or self.skip > 0
        self.skip = max(0, self.skip - 1)
        said = self._said(words, refusal)
        loud = not refusal and not self.multi and [word.upper() for word in words] == [b"CLIENT", b"REPLY", b"ON"]
        return b"" if silent and not loud else said

    def _said(self, words: tuple[bytes, ...], refusal: bytes) -> bytes:
        head = words[0].upper()
        if refusal or head not in _KNOWN:
            self.aborted = self.aborted or self.multi
            return refusal or b"-ERR unknown command '%b', with args beginning with: \r\n" % words[0][:128]
        if self.multi and head not in (b"EXEC", b"DISCARD", b"MULTI"):
            self.queued.append(words)
            return b"+QUEUED\r\n"
        if head in (b"MULTI", b"EXEC", b"DISCARD"):
            return self._transaction(head)
        return self._done(words)

    def _transaction(self, head: bytes) -> bytes:
        if head == b"MULTI":
            self.multi, self.aborted = True, False
            return b"+OK\r\n"
        queued, self.queued = self.queued, []
        was, self.multi = self.multi, False
        if not was:
            return b"-ERR without MULTI\r\n"
        if head == b"DISCARD" or self.aborted:
            return b"+OK\r\n" if head == b"DISCARD" else b"-EXECABORT Transaction discarded\r\n"
        said = [b"*%d\r\n" % len(queued)]
        for words in queued:
            silent = self.muted
            answer = self._done(words)
            said += [] if silent and words[-1].upper() != b"ON" else [answer]
        return b"".join(said)

    def _done(self, words: tuple[bytes, ...]) -> bytes:
        head = words[0].upper()
        self.seen.update(MARK.findall(b" ".join(words)))
        if head == b"CLIENT":
            return self._client(words)
        if head == b"GET":
            return b"$%d\r\n%b\r\n" % (len(words[-1]) + 4, b"-\r\n-" + words[-1])
        return b"+PONG\r\n" if head == b"PING" else b"+OK\r\n"

    def _client(self, words: tuple[bytes, ...]) -> bytes:
        mode = words[2].upper() if len(words) > 2 else b""
        if mode == b"OFF":
            self.muted = True
            return b""
        if mode == b"SKIP":
            self.skip = 0 if self.muted else 1
            return b""
        self.muted = self.muted and mode != b"ON"
        return b"+OK\r\n" if mode == b"ON" else b"$4\r\ndb=0\r\n"


_KNOWN = frozenset({b"GET", b"SET", b"DEL", b"PING", b"SELECT", b"MULTI", b"EXEC", b"DISCARD", b"CLIENT"})


@dataclass
class Dialogue:
    """One client, the machine, the server behind it. `expected` is what the client would get without a guard."""

    chance: random.Random
    whole: bool
    machine: RespMachine
    server: Server = field(default_factory=Server)
    plain: Server = field(default_factory=Server)
    reader: CommandReader = field(default_factory=CommandReader)
    expected: bytes = b""
    got: bytes = b""
    answers: bytes = b""
    forbidden: set[bytes] = field(default_factory=set)
    tally: Counter[str] = field(default_factory=Counter)
    commands: list[tuple[bytes, ...]] = field(default_factory=list)

    def play(self, said: list[tuple[bytes, ...]]) -> None:
        """Feed what the client says, piece by piece, until everything is settled."""
        self.commands = list(said)
        data = b"".join(written(self.chance, words) for words in said)
        data = data if self.whole else mutated(self.chance, data)
        while data:
            at = self.chance.randrange(1, len(data) + 1)
            self.machine.receive_from_client(data[:at])
            data = data[at:]
            self.turn()
        while self.machine.held or self.answers:
            self.turn()

    def turn(self) -> None:
        """What was sent is answered; what is held gets a verdict."""
        for event in self.machine.events():
            self.tally[type(event).__name__] += 1
            if isinstance(event, Submitted):
                self.judge(event)
        self.exchange()

    def judge(self, held: Submitted) -> None:
        """Let it run or don't; sometimes after a look."""
        machine, chance = self.machine, self.chance
        marks = set(MARK.findall(held.text.encode("latin-1", "replace")))
        self.forbidden |= marks
        if chance.random() < 0.4:
            self.tally["looks"] += machine.run("look", [b"CLIENT", b"INFO"])
            self.exchange()
        if chance.random() < 0.5:
            self.forbidden -= marks
            self.note(held.units[0].words, b"")
            machine.release(held.id, watch=chance.random() < 0.6)
        else:
            self.note(held.units[0].words, REFUSAL)
            machine.refuse(held.id, "safeshell: refused: no")

    def note(self, words: tuple[bytes, ...], refusal: bytes) -> None:
        """Up to this command the plain server has answered everything."""
        if not self.whole:
            return
        while self.commands and self.commands[0] != words:
            self.expected += self.plain.answer(self.commands.pop(0))
        self.expected += self.plain.answer(words, refusal)
        self.commands.pop(0)

    def exchange(self) -> None:
        """Bytes to the server, some of its answers back."""
        sent = self.machine.data_to_server()
        if set(MARK.findall(sent)) & self.forbidden:
            raise Failure(f"held or refused, and yet sent: {sent[:200]!r}")
        self.reader.feed(sent)
        try:
            while (command := self.reader.next()) is not None:
                self.answers += self.server.answer(command.words) if command.words else b""
        except Violation:
            if self.whole:
                raise
            self.reader = CommandReader()
        if not self.whole:
            self.answers = mutated(self.chance, self.answers + b"".join(self.chance.choices(NOISE, k=1)))
        at = self.chance.randrange(len(self.answers) + 1) if self.machine.held else len(self.answers)
        self.machine.receive_from_server(self.answers[:at])
        self.answers = self.answers[at:]
        self.got += self.machine.data_to_client()

    def end(self) -> None:
        """Everything came, nothing else."""
        for event in self.machine.events():
            self.tally[type(event).__name__] += isinstance(event, Ran | Replied)
        if self.machine.waiting > 8192:
            raise Failure(f"{self.machine.waiting} bytes are kept")
        if not self.whole:
            return
        for words in self.commands:
            self.expected += self.plain.answer(words)
        if self.got != self.expected:
            raise Failure(f"the client got {self.got!r} instead of {self.expected!r}")
        if self.server.seen != self.plain.seen:
            raise Failure(f"ran {self.server.seen} instead of {self.plain.seen}")


def written(chance: random.Random, words: tuple[bytes, ...]) -> bytes:
    """As an array, or as a line."""
    plain = all(word.isalnum() for word in words)
    return b" ".join(words) + b"\r\n" if plain and chance.random() < 0.2 else encode(words)


def said(chance: random.Random, number: int) -> list[tuple[bytes, ...]]:
    """The commands of one client, those that do something with a mark of their own."""
    found: list[tuple[bytes, ...]] = []
    for at in range(chance.randrange(1, 16)):
        mark = b"MARK%09d" % ((number * 16 + at) % 10**9)
        kinds: tuple[tuple[bytes, ...], ...] = (
            (b"GET", b"a"),
            (b"GET", b"k\r\n-ERR"),
            (b"SET", mark, b"v" * chance.randrange(200)),
            (b"del", mark),
            (b"PING",),
            (b"MULTI",),
            (b"EXEC",),
            (b"DISCARD",),
            (b"CLIENT", b"REPLY", chance.choice([b"ON", b"off", b"SKIP"])),
            (b"CLIENT", b"ID"),
            (b"SELECT", b"2"),
            (b"NONSENSE", mark),
        )
        chosen = chance.choice(kinds)
        inside = any(one[0] == b"MULTI" for one in found)
        if not inside or chosen[0] not in (
            b"NONSENSE",
            b"MULTI",
        ):  # whether EXEC runs would be known to the server alone
            found.append(chosen)
    return found


def mutated(chance: random.Random, data: bytes) -> bytes:
    """A byte flipped, a stretch cut out or doubled; half of the time nothing."""
    if not data or chance.random() < 0.5:
        return data
    at, length, kind = chance.randrange(len(data)), chance.randrange(1, 9), chance.randrange(3)
    if kind == 0:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data[:at] + data[at + length :] if kind == 1 else data[: at + length] + data[at:]


def stream(chance: random.Random, number: int) -> Dialogue:
    """One dialogue."""
    whole = chance.random() < 0.5
    dialogue = Dialogue(chance, whole, RespMachine("n0nce", SILENT, CONTAINERS))
    dialogue.machine.events()
    dialogue.play(said(chance, number))
    dialogue.end()
    return dialogue


def main(words: list[str]) -> int:
    count = int(words[0]) if words else 100_000
    seed = int(words[1]) if len(words) > 1 else 20261122
    tally: Counter[str] = Counter()
    worst, begun = 0.0, time.monotonic()
    for number in range(count):
        at = time.monotonic()
        try:
            tally += stream(random.Random(f"{seed}/{number}"), number).tally
        except Exception as problem:
            print(f"stream {number} of seed {seed}: {problem!r}")
            tally["failed"] += 1
            if tally["failed"] > 5:
                raise
        worst = max(worst, time.monotonic() - at)
    took = time.monotonic() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = ", ".join(f"{name} {tally[name]:,}" for name in ("Submitted", "looks", "Ran", "Replied"))
    lines = [
        f"{count:,} dialogues of a client with a small Redis server, half of them mutated on both sides, random verdicts, seed {seed}.",
        "",
        f"- streams that crashed, leaked something held, left a trace or outgrew their bound: {tally['failed']}",
        f"- slowest stream: {worst * 1e3:.0f} ms; largest resident size: {memory:.0f} MB; {took:.0f} s in all",
        f"- events: {told}",
    ]
    print("\n".join(lines))
    report.write("RESP machine", lines)
    return 1 if tally["failed"] else 0
