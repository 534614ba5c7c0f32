"""The quick lane beside the long way: the same bytes, the same books."""

import random
from collections import Counter

import pytest

from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.lane import _binds, _plain
from safeshell.protocols.wire import Submitted
from tests.protocols.postgres import play
from tests.protocols.postgres.play import BOUND, PARSED, B, D, E, P, Play, Q, S, columns, done, error, ready, row, tag

READS = ("select 1", "select é", "select $1", "show x", "begin", "commit")
"""What the owner of these plays lets pass by its text alone; the last are there to be mistaken for reads."""
ANSWER = columns("a") + row("1") + done("SELECT 1")
TAGS = {"begin": "BEGIN", "commit": "COMMIT", "rollback": "ROLLBACK", "show x": "SHOW", "update t": "UPDATE 1"}
STRANGE = (
    play.reply("N", b"SNOTICE\0\0"),
    play.reply("A", b"\0\0\0\1c\0p\0"),
    play.parameter("client_encoding", "LATIN1"),
    play.parameter("client_encoding", "UTF8"),
    play.parameter("default_transaction_read_only", "off"),
    play.parameter("default_transaction_read_only", "on"),
    error("gone", "57P01", "FATAL"),
    play.reply("I"),
    play.reply("s"),
    ready("T"),
)


class Way:
    """One machine and its owner, who lets the reads pass. `quick`: it uses the lane."""

    def __init__(self, mode, *, quick):
        self.machine = Play(mode=mode).machine
        self.quick, self.passed = quick, Counter()
        self.heard = []

    def client(self, data):
        machine, sent = self.machine, b""
        text = machine.lane.offered(data) if self.quick else None
        if text in READS:
            machine.lane.forward()
            self.passed[machine.lane.letters] += 1
            sent = data
        else:
            machine.receive_from_client(data)
        return self.all(to_server=sent)

    def server(self, data):
        if self.machine.lane.answered(data):
            return self.all(to_client=data)
        self.machine.receive_from_server(data)
        return self.all()

    def all(self, to_server=b"", to_client=b""):
        machine = self.machine
        for _ in range(9):
            events = machine.events()
            self.heard += events
            for event in events:
                if isinstance(event, Submitted) and event.text in READS:
                    machine.learn(event.id)
                    machine.release(event.id)
                elif isinstance(event, Submitted) and event.text == "update t":
                    machine.allow_writes(event.id)
                    machine.release(event.id)
                elif isinstance(event, Submitted):
                    machine.refuse(event.id, "safeshell: refused: no")
        state = machine.state, machine.outstanding, machine.held, machine.hungry, machine.closed, machine.parameters
        return to_server + machine.data_to_server(), to_client + machine.data_to_client(), state


class Server:
    """Answers what it is sent, as PostgreSQL would, with the wrong thing now and then."""

    def __init__(self, chance):
        self.chance, self.status, self.skipping, self.rest = chance, "I", False, b""

    def answers(self, data):
        self.rest += data
        while len(self.rest) >= 5 and len(self.rest) > framing.length_at(self.rest, 1)[0]:
            size = framing.length_at(self.rest, 1)[0] + 1
            raw, self.rest = self.rest[:size], self.rest[size:]
            yield self.answer(chr(raw[0]), raw[5:])

    def answer(self, kind, body):
        if self.skipping and kind != "S":
            return b""
        if self.chance.random() < 0.04 and kind in "QBE":
            self.status = "E" if self.status == "T" else self.status
            self.skipping = kind != "Q"
            return error() + (ready(self.status) if kind == "Q" else b"")
        fixed = {"P": PARSED, "B": BOUND, "C": play.CLOSED, "D": columns("a"), "E": row("1") + tag("SELECT 1")}
        if kind in fixed:
            return fixed[kind]
        if kind == "S":
            self.skipping = False
            return ready(self.status)
        if kind != "Q":
            return b""
        texts = body.rstrip(b"\0").decode(errors="replace").lower().split("; ")
        return b"".join(self.run(text) for text in texts) + ready(self.status)

    def run(self, text):
        word = text.split()[0] if text.split() else ""
        if word in ("begin", "commit", "rollback"):
            self.status = "T" if word == "begin" or "rollback to" in text else "I"
        if "refused" in text:
            self.status = "E" if self.status == "T" else "I"
            return error()
        return (
            columns("a") + row("1") + tag("SELECT 1") if word == "select" else tag(TAGS.get(text, word.upper() or "X"))
        )


def bind_unnamed(chance):
    return framing.bind(b"", b"", chance.choice([(), (0,), (0, 1)]), [b"7", None])


def said(chance):
    """One turn of a client: mostly whole known statements, now and then several, a piece, or nonsense."""
    bind = framing.bind(
        b"", chance.choice([b"s", b"s", b"s", b"u", b""]), chance.choice([(), (0,), (0, 1)]), [b"7", None]
    )
    prepared = bind + D("P") * chance.randrange(2) + E() + S
    turns = (
        [Q("select 1")] * 6 + [prepared] * 6 + [Q(text) for text in READS] + [Q("rollback"), Q("update t"), Q("drop x")]
    )
    turns += [P("select $1") + bind_unnamed(chance) + D("P") * chance.randrange(2) + E() + S] * 6
    turns += [P("select $1", types=(23,)) + bind_unnamed(chance) + D("P") + E() + S] * 3
    turns += [P("update t") + bind_unnamed(chance) + E() + S, bind_unnamed(chance) + E() + S, D("S") + S]
    turns += [P("select $1") + bind + E() + S, P("select $1", "u") + bind_unnamed(chance) + E() + S]
    turns += [P("select $1", "s") + S, P("update t", "u") + S, E() + S, bind + E() + E() + S, bind + E(limit=1) + S, S]
    turns += [
        bind[:-1] + bytes([chance.random() < 0.1]) + E() + S,
        B(b"7", name="s", portal="p") + E("p") + S,
        P("select 1") + B() + E() + S,
    ]
    found = chance.choice(turns)
    while chance.random() < 0.1:
        found += chance.choice(turns)
    return found


def pieces(chance, data):
    while data:
        size = len(data) if chance.random() < 0.8 else chance.randrange(1, len(data) + 1)
        yield data[:size]
        data = data[size:]


def whole(_chance, data):
    return data


def played(seed, mode, spoilt=whole):
    """One dialogue both ways at once; how often the lane was taken, by the letters of what went through it.

    `spoilt` may change what either side says.
    """
    chance = random.Random(seed)
    ways, server = (Way(mode, quick=True), Way(mode, quick=False)), Server(chance)

    def both(side, data):
        quick, slow = (getattr(way, side)(data) for way in ways)
        assert quick == slow, (seed, side, data)
        return quick[0]

    setup = P("select $1", "s") + S
    for turn in [setup, *(said(chance) for _ in range(40))]:
        waiting = [both("client", piece) for piece in pieces(chance, spoilt(chance, turn))]
        for _ in range(20):
            reply = b"".join(part for data in waiting for part in server.answers(data))
            if reply and chance.random() < 0.02:
                reply = chance.choice(STRANGE) + reply
            if chance.random() < 0.03:
                on = chance.random() < 0.5
                for way in ways:
                    way.machine.unlock(on)
            waiting = [both("server", piece) for piece in pieces(chance, spoilt(chance, reply))]
            if not any(waiting):
                break
    ends = chance.choice(["client_closed", "server_closed"])
    for way in ways:
        getattr(way.machine, ends)()
    assert ways[0].all() == ways[1].all(), seed
    slow = iter(ways[1].heard)
    assert all(event in slow for event in ways[0].heard), seed  # the same, and in order, but for what passed
    ways[0].machine.lane.settle()
    return ways[0].passed


@pytest.mark.parametrize("mode", ["options", "pinned", "off"])
def test_with_and_without_the_lane_both_sides_read_the_same(mode):
    """Hundreds of random dialogues with errors, notices, cuts, transactions, unlocks: every byte and state is the same."""
    passed = sum((played(seed, mode) for seed in range(300)), Counter())
    assert set(passed) == (set() if mode == "pinned" else {"Q", "BREY", "BEY", "PBREY", "PBEY"})
    assert mode == "pinned" or passed.total() > 1000, passed


def known(*messages, mode="options"):
    """A machine at rest that has seen these wholes."""
    way = Way(mode, quick=True)
    server = Server(random.Random(0))
    server.chance = type("Never", (), {"random": lambda _self: 1.0})()
    for data in messages:
        sent = way.client(data)[0]
        while sent:
            sent = way.server(b"".join(server.answers(sent)))[0]
    assert not way.passed
    return way


def test_only_what_was_learned_is_offered():
    """A text is offered when its owner knew it before, by its exact bytes; nothing while one is on its way."""
    lane = known(Q("select 1")).machine.lane
    assert lane.offered(Q("select 2")) is None
    assert lane.offered(Q("select 1") + Q("select 1")) is None
    assert lane.offered(Q("select 1")[:-1]) is None
    assert lane.offered(Q("select 1")) == "select 1"
    lane.forward()
    assert lane.offered(Q("select 1")) is None
    assert lane.answered(ANSWER)
    assert lane.offered(Q("select 1")) == "select 1"


@pytest.mark.parametrize(
    "before",
    [(Q("begin"),), (P("select $1", "s") + B(name="s") + E() + play.H,), (b"Q\0",)],
    ids=["fresh transaction", "open pipeline", "a piece"],
)
def test_the_lane_is_shut_while_anything_else_goes_on(before):
    """A transaction whose lock is due, a pipeline, a message that has begun: the long way."""
    assert known(Q("select 1"), *before).machine.lane.offered(Q("select 1")) is None


def test_an_unlock_and_another_encoding_shut_it():
    """After an unlock the server must be told first; another encoding makes other texts of the same bytes."""
    way = known(Q("select é"))
    assert way.machine.lane.offered(Q("select é"))
    way.server(play.parameter("client_encoding", "LATIN1"))
    assert way.machine.lane.offered(Q("select é")) is None
    way = known(Q("select 1"))
    way.machine.unlock(True)
    assert way.machine.lane.offered(Q("select 1")) is None


def test_a_portal_that_passed_is_known_behind_it():
    """In a transaction the unnamed portal lives on: an Execute behind the lane is judged with the values of its Bind."""
    bound = B(b"7", name="s") + E() + S
    way = known(P("select $1", "s") + S, bound, Q("begin"), Q("select 1"))
    assert way.client(bound)[0] == bound
    assert way.passed == {"BEY": 1}
    way.server(BOUND + row("1") + done("SELECT 1", "T"))
    way.heard.clear()
    way.client(E() + S)
    assert way.heard[0].units[0].parameters == (b"7",)


GOOD = columns("a") + row("1") + row("2") + tag("SELECT 2")


@pytest.mark.parametrize(
    "data",
    [
        GOOD + ready("T"), GOOD + ready() + ready(), GOOD[:-1] + ready(), error() + ready(), ready(),
        columns("a") + done("SHOW"), columns("a") + done("SELECT 1")[:-6] + done("SELECT 1"),
        columns("a") + play.reply("N", b"\0") + done("SELECT 1"), row(ready().decode()), GOOD[:-6] + ready(),
        b"T\0\0\0\3" + done("SELECT 1"), columns("a") + b"D\0\0\0\0" + done("SELECT 1"),
        columns("a") + row("x" * 20000) + done("SELECT 1"),
    ],
)  # fmt: skip
def test_only_a_plain_answer_passes_untouched(data):
    """Whole messages of one SELECT with the status of before; a row that looks like the end is none."""
    assert _plain(GOOD + ready(), (b"T",), ready())
    assert not _plain(data, (b"T",), ready())


def test_a_bind_is_read_as_the_long_way_reads_it():
    """Every cut and every changed byte of a Bind: the lane takes it exactly when the long way does."""
    chance, good = random.Random(5), framing.bind(b"", b"s", (0, 1), (b"7", None))
    assert _binds(good, 8, len(good))
    for _ in range(5000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 3)):
            data[chance.randrange(8, len(data))] = chance.choice([0, 1, 2, 255])
        del data[chance.choice([len(data), len(data), chance.randrange(9, len(data))]) :]
        try:
            framing.read_bind(bytes(data[5:]))
        except framing.ProtocolError:
            assert not _binds(bytes(data) + b"E\0\0\0\x09\0\0\0\0\0", 8, len(data))
        else:
            assert _binds(bytes(data) + b"E\0\0\0\x09\0\0\0\0\0", 8, len(data))


def test_an_unnamed_statement_that_passed_is_known_behind_it():
    """A Bind of the unnamed statement behind the lane is judged by the text of its Parse, and with its types."""
    parsed = P("select $1", types=(23,)) + B(b"7") + E() + S
    way = known(parsed, Q("begin"), Q("select 1"))
    assert way.client(parsed)[0] == parsed
    assert way.passed == {"PBEY": 1}
    way.server(PARSED + BOUND + row("1") + done("SELECT 1", "T"))
    way.heard.clear()
    way.client(B(b"8") + E() + S)
    (unit,) = way.heard[0].units
    assert (unit.text, unit.parameters, unit.types) == ("select $1", (b"8",), (23,))


def test_a_parse_with_a_name_or_other_bytes_goes_the_long_way():
    """Another type, another text, a name, a Bind of something else."""
    parsed = P("select $1", types=(23,)) + B(b"7") + E() + S
    lane = known(parsed).machine.lane
    assert lane.offered(parsed) == "select $1"
    for other in (
        P("select $1", types=(25,)) + B(b"7") + E() + S,
        P("select  $1", types=(23,)) + B(b"7") + E() + S,
        P("select $1", "s", types=(23,)) + B(b"7") + E() + S,
        P("select $1", types=(23,)) + B(b"7", name="s") + E() + S,
        P("select $1", types=(23,)) + B(b"7", portal="p") + E("p") + S,
        P("select $1", types=(23,)) + S,
        P("select $1", types=(23,)),
        parsed + S,
        parsed[:-1],
    ):
        assert lane.offered(other) is None, other
