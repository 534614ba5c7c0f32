"""The long fuzz run of the PostgreSQL machine: mutated dialogues of both sides, random verdicts in between.

What is watched in each stream: no exception; bounded buffers; whole frontend messages to the server
and nothing else; no Query that was not released; nothing of the client's while one is held, and nothing
new of what was refused (a text that was only parsed may be parsed again); silence after Broken. What must not live here: a judge, sockets.
"""

from __future__ import annotations

import random
import re
import resource
import time
from collections import Counter
from dataclasses import dataclass, field

from safeshell.protocols.postgres.machine import PostgresMachine
from safeshell.protocols.wire import Broken, Event, Replied, Started, Submitted
from tests.fuzz import report
from tests.protocols.conformance import kept
from tests.protocols.postgres import play

CAP = 4000
MARK = re.compile(rb"MARK\d{7}")
FRONTEND = frozenset(b"QPBDECSHXdcfFp")
CONTROL = [
    "begin",
    "commit",
    "rollback",
    "savepoint a",
    "rollback to a",
    "release a",
    "commit and chain",
    "begin; select 1",
]
SMALL = (play.S, play.S, play.S, play.H, play.COPY_DONE, play.reply("f", b"x\0"), play.reply("F", b"\0\0\0\1"))
REPLIES = (
    play.PARSED, play.PARSED, play.BOUND, play.BOUND, play.CLOSED, play.NO_DATA, play.columns("a"), play.row("1"),
    play.row("x" * 900), play.done("SELECT 1"), play.done("BEGIN", "T"), play.done("X", "T"), play.tag("COMMIT"),
    play.ready("I"), play.ready("T"), play.ready("E"), play.error(), play.error() + play.ready("E"),
    play.error() + play.ready("I"), play.reply("G", b"\0\0\0"), play.reply("H", b"\0\0\0"), play.reply("d", b"1\n"),
    play.reply("c"), play.reply("s"), play.reply("I"), play.reply("A", b"\0\0\0\1c\0p\0"), play.reply("N", b"Sx\0\0"),
    play.parameter("client_encoding", "SJIS"), play.parameter("default_transaction_read_only", "off"),
    play.reply("t", b"\0\1\0\0\0\x17"), play.error("gone", "57P01", "FATAL"),
)  # fmt: skip


COPYING = play.reply("G", b"\0\0\0")


class Failure(AssertionError):  # noqa: N818 - it is a finding, not an error of this program
    """A stream broke one of the rules."""


@dataclass
class Watch:
    """What must be true of one machine, whatever it was fed."""

    machine: PostgresMachine
    held: Submitted | None = None
    replied: str = ""
    sent: Submitted | None = None
    released: set[bytes] = field(default_factory=set)
    refused: set[bytes] = field(default_factory=set)
    parsed: set[bytes] = field(default_factory=set)
    broken: bool = False
    started: bool = False
    rest: bytes = b""
    tally: Counter[str] = field(default_factory=Counter)

    def look(self) -> None:
        """Take all output and check it."""
        quiet = self.broken
        before = self.held
        for event in self.machine.events():
            self.hear(event)
        sent = self.machine.data_to_server()
        self.machine.data_to_client()
        if (quiet or self.broken) and sent:
            raise Failure("it spoke to the server after Broken")
        self.check(sent, waiting=before is not None and before is self.held)
        if self.machine.buffered > 3 * CAP:
            raise Failure(f"it keeps {self.machine.buffered} bytes")

    def hear(self, event: Event) -> None:
        self.tally[type(event).__name__] += 1
        if isinstance(event, Submitted):
            self.held = event
        elif isinstance(event, Replied):
            self.replied = event.id
        elif isinstance(event, Broken):
            self.broken = True
        elif isinstance(event, Started):
            self.started = True

    def check(self, sent: bytes, *, waiting: bool) -> None:
        marks = set(MARK.findall(sent))
        if waiting and marks:
            raise Failure(f"{marks} went on while {self.held} was held")
        if marks & self.refused - self.parsed:
            raise Failure(f"{marks & self.refused} went on after a refusal")
        self.parsed |= marks
        self.rest += sent
        while len(self.rest) >= 5 and self.started:
            length = int.from_bytes(self.rest[1:5], "big")
            if self.rest[0] not in FRONTEND or length < 4:
                raise Failure(f"no frontend message: {self.rest[:40]!r}")
            if len(self.rest) <= length:
                return
            message, self.rest = self.rest[: length + 1], self.rest[length + 1 :]
            if message[:1] == b"Q" and set(MARK.findall(message)) - self.released:
                raise Failure(f"never released: {message!r}")

    def judge(self, chance: random.Random) -> None:
        """One random thing that an owner may do."""
        machine, held = self.machine, self.held
        what = chance.randrange(8)
        if held is None:
            if self.replied and what < 4:
                name, self.replied = self.replied, ""
                if what == 3 and machine.again(name):
                    self.held = self.sent
                    self.tally["again"] += 1
                else:
                    machine.finish(name, chance.choice([None, "I"])) if what < 2 else machine.fail(name, "no")
            elif what == 7:
                machine.unlock(chance.random() < 0.5)
        elif what == 0:
            machine.run("g", "select 1", stream=chance.random() < 0.5)
        elif what == 1:
            machine.run_extended("g", "select $1", parameters=(b"1",))
        elif what == 2:
            machine.allow_writes(held.id, block=chance.random() < 0.5)
        elif what < 6:
            self.sent, self.held = held, None
            self.released |= set(MARK.findall(held.text.encode("utf-8", "surrogatepass")))
            self.tally["released"] += 1
            machine.release(held.id, hold=what == 5)
        else:
            self.held = None
            self.refused |= set(MARK.findall(held.text.encode("utf-8", "surrogatepass"))) - self.released
            machine.refuse(held.id, "no", keep_transaction=chance.random() < 0.5)


def client_says(chance: random.Random, count: int) -> bytes:
    """Some messages of a client, each with a mark of its own."""
    said = []
    for number in range(chance.randrange(1, 4)):
        mark = f"MARK{count * 4 + number:07d}"
        name, portal = chance.choice(["", "", "s"]), chance.choice(["", "", "p"])
        kinds = (
            play.Q(f"select {mark}"),
            play.Q(chance.choice(CONTROL)),
            play.P(f"select {mark}", name) + play.B(b"v", name=name, portal=portal) + play.E(portal) + play.S,
            play.P(f"select {mark}", name),
            play.B(name=name, portal=portal),
            play.E(portal, chance.randrange(2)),
            play.D(chance.choice("SP"), name),
            play.closing(chance.choice("SP"), name),
            chance.choice(SMALL),
            play.copy(b"x" * chance.randrange(300)),
            play.Q(f"{mark} " + "y" * (CAP if chance.random() < 0.1 else 500)),
        )
        said.append(chance.choice(kinds))
    return b"".join(said)


def mutated(chance: random.Random, data: bytes) -> bytes:
    """Mostly as it was, else a byte flipped, a stretch cut out, or doubled."""
    if chance.random() < 0.95 or not data:
        return data
    at, length, kind = chance.randrange(len(data)), chance.randrange(1, 9), chance.randrange(3)
    if kind == 0:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data[:at] + data[at + length :] if kind == 1 else data[: at + length] + data[at:]


def answers(chance: random.Random, machine: PostgresMachine) -> bytes:
    """What a server would say to what it was asked, most of the time, so that streams get deep."""
    if chance.random() < 0.04:
        return b"".join(chance.choices(REPLIES, k=chance.randrange(1, 4)))
    status = chance.choice("IIITTE")
    tag = play.tag(chance.choice(["SELECT 1", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "PREPARE", "DEALLOCATE"]))
    failing = play.error() + (play.ready(status))
    said = {
        "Q": failing if chance.random() < 0.2 else tag + play.ready(status) if chance.random() < 0.9 else COPYING,
        "P": play.PARSED,
        "B": play.BOUND,
        "D": play.reply("t", b"\0\0") + play.NO_DATA,
        "R": play.NO_DATA,
        "E": chance.choice([tag, tag, tag, tag, play.reply("s"), play.row("1") + tag, play.error()]),
        "C": play.CLOSED,
        "Y": play.ready(status),
    }
    return b"".join(said[one.letter] for one in list(machine._backend.queue)[: chance.randrange(1, 8)])


def stream(chance: random.Random, number: int) -> Watch:
    """One dialogue."""
    mode = chance.choice(["options", "pinned", "off"])
    machine = PostgresMachine("abc", mode=mode, cap=CAP)
    watch = Watch(machine)
    opening = play.startup(user="u", database="d") if chance.random() < 0.97 else chance.randbytes(40)
    machine.receive_from_client(opening)
    hello = play.reply("R", b"\0\0\0\0") + play.parameter("server_version", "15.1") + play.ready()
    machine.receive_from_server(hello if chance.random() < 0.97 else mutated(chance, chance.randbytes(3) + hello))
    machine.data_to_server()  # the start-up packet, which has no type byte
    watch.look()
    for turn in range(chance.randrange(2, 14)):
        data = mutated(chance, client_says(chance, number * 14 + turn)) if chance.random() < 0.5 else b""
        at = chance.randrange(len(data) + 1)
        for piece in (data[:at], data[at:]):
            machine.receive_from_client(piece)
            watch.look()
        watch.judge(chance)
        watch.look()
        machine.receive_from_server(mutated(chance, answers(chance, machine)))
        watch.look()
    if kept(machine) > 12 * CAP:
        raise Failure(f"it keeps {kept(machine)} bytes")
    (machine.client_closed if chance.random() < 0.5 else machine.server_closed)()
    watch.look()
    return watch


def main(words: list[str]) -> int:
    count = int(words[0]) if words else 100_000
    seed = int(words[1]) if len(words) > 1 else 20261122
    chance = random.Random(seed)
    tally: Counter[str] = Counter()
    worst = 0.0
    begun = time.monotonic()
    for number in range(count):
        state, at = chance.getstate(), time.monotonic()
        try:
            tally += stream(chance, number).tally
        except Exception as problem:
            print(f"stream {number} of seed {seed}: {problem!r}")
            tally["failed"] += 1
            if tally["failed"] > 5:
                raise
            chance.setstate(state)
            chance.random()
        worst = max(worst, time.monotonic() - at)
    took = time.monotonic() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = ", ".join(f"{name} {tally[name]:,}" for name in ("Submitted", "released", "Replied", "Ran", "Broken"))
    lines = [
        f"{count:,} mutated dialogues of client and server with random verdicts between them, seed {seed}.",
        "",
        f"- streams that crashed, leaked something held, spoke after the end or outgrew their bound: {tally['failed']}",
        f"- slowest stream: {worst * 1e3:.0f} ms; largest resident size: {memory:.0f} MB; {took:.0f} s in all",
        f"- events: {told}",
    ]
    print("\n".join(lines))
    report.write("PostgreSQL machine", lines)
    return 1 if tally["failed"] else 0
