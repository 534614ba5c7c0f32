"""The RESP machine against 100,000 mutated streams on both sides."""

from __future__ import annotations

import random

import pytest

from safeshell.protocols.resp.machine import RespMachine
from safeshell.protocols.resp.reader import CommandReader, Violation
from safeshell.protocols.resp.values import encode
from safeshell.protocols.wire import Submitted
from tests.fuzz import resp

SILENT = frozenset({b"GET", b"PING", b"SELECT", b"MULTI", b"EXEC", b"CLIENT|REPLY", b"HELLO"})
PASSING = {name.partition(b"|")[0] for name in SILENT}
COMMANDS = [
    encode([b"GET", b"a"]),
    encode([b"SET", b"SECRETKEY", b"v" * 40]),
    encode([b"FLUSHALL", b"SECRETKEY"]),
    encode([b"MULTI"]),
    encode([b"EXEC"]),
    encode([b"CLIENT", b"REPLY", b"SKIP"]),
    encode([b"SELECT", b"2"]),
    encode([b"HELLO", b"3"]),
    b"del SECRETKEY\r\n",
    b"PING\r\n",
    b"*0\r\n",
]
PIPELINE = encode([b"GET", b"key:1"]) * 2 + encode([b"PING"])
REPLIES = [
    b"+OK\r\n",
    b"$3\r\nabc\r\n",
    b"-ERR unknown command 'x', with args\r\n",
    b"*1\r\n:1\r\n",
    b">1\r\n+m\r\n",
    b"-",
    b"\r\n",
]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """A byte flipped, a stretch cut out or doubled; half of the time nothing."""
    if not data or chance.random() < 0.5:
        return data
    at, length = chance.randrange(len(data)), chance.randrange(1, 9)
    kind = chance.randrange(3)
    if kind == 0:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data[:at] + data[at + length :] if kind == 1 else data[: at + length] + data[at:]


def check_sent(server: CommandReader, data: bytes) -> None:
    """What the server would run are commands that pass by name, the guard's look, and markers."""
    server.feed(data)
    try:
        while (command := server.next()) is not None:
            head = command.words[0].upper() if command.words else b"PING"
            assert head in PASSING or head.startswith(b"SAFESHELL_"), command
    except Violation:
        return


def one(chance: random.Random) -> None:
    machine = RespMachine("n0nce", SILENT, frozenset({b"CLIENT"}))
    client = mutated(chance, b"".join(chance.choices(COMMANDS, k=chance.randrange(1, 6))))
    server, released, fed = CommandReader(), 0, 0
    if chance.random() < 0.4:  # a pipeline that the machine knows by heart, then nearly the same
        for _ in range(2):
            machine.receive_from_client(PIPELINE)
        assert machine.data_to_server() == PIPELINE * 2
        machine.receive_from_client(mutated(chance, PIPELINE))
    for _ in range(chance.randrange(1, 4)):
        cut = chance.randrange(len(client) + 1)
        machine.receive_from_client(client[:cut])
        client = client[cut:]
        for event in machine.events():
            if isinstance(event, Submitted):
                if chance.random() < 0.3:
                    machine.run("look", [b"CLIENT", b"INFO"])
                if chance.random() < 0.3:
                    released += 1
                    machine.release(event.id)
                else:
                    machine.refuse(event.id, "safeshell: refused: no")
        reply = mutated(chance, b"".join(chance.choices(REPLIES, k=chance.randrange(4))))
        fed += len(reply)
        machine.receive_from_server(reply)
        if not released:
            check_sent(server, machine.data_to_server())
        assert len(machine.data_to_client()) <= fed
        assert machine.waiting <= 4096


@pytest.mark.parametrize("seed", range(4))
def test_a_guard_leaves_no_trace(seed):
    """Before a small server, with looks, watches and refusals in any cut: the client gets what it would get without them."""
    submitted = sum(resp.stream(random.Random(f"{seed}/{n}"), n).tally["Submitted"] for n in range(1_000))
    assert submitted > 1_000


@pytest.mark.parametrize("seed", range(4))
def test_nothing_held_leaks(seed):
    """No crash, bounded buffers, and no byte of a command that was not released reaches the server."""
    chance = random.Random(seed)
    for _ in range(25_000):
        one(chance)
