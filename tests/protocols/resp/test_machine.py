"""The RESP machine: what passes, what waits, what is refused, what the guard runs itself."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.protocols.resp.machine import RespMachine
from safeshell.protocols.resp.reader import MOST_HELD
from safeshell.protocols.resp.values import encode
from safeshell.protocols.wire import Closed, Ran, Replied, Started, Submitted

SILENT = frozenset(
    {b"GET", b"PING", b"SELECT", b"MULTI", b"EXEC", b"CLIENT|REPLY", b"CONFIG|GET", b"AUTH", b"HELLO", b"RESET"}
)
CONTAINERS = frozenset({b"CLIENT", b"CONFIG"})


def machine(**more) -> RespMachine:
    made = RespMachine("n0nce", SILENT, CONTAINERS, **more)
    made.events()
    return made


def command(*words: bytes | str) -> bytes:
    return encode([word.encode() if isinstance(word, str) else word for word in words])


def command_words(*words: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)


def submitted(made: RespMachine) -> list[Submitted]:
    return [event for event in made.events() if isinstance(event, Submitted)]


def unknown(token: bytes) -> bytes:
    return b"-ERR unknown command '" + token + b"', with args beginning with: \r\n"


def tokens(data: bytes) -> list[bytes]:
    return re.findall(rb"SAFESHELL_n0nce_\d+_", data)


def test_reads_pass_byte_for_byte():
    """Pipelines, inline commands, empty lines and either case."""
    data = command("GET", "a") * 3 + b"get b\r\n\r\n*0\r\n*-1\r\n" + command("config", "get", "x") + command("ping")
    made = machine()
    made.receive_from_client(data)
    assert made.data_to_server() == data
    assert not made.held
    assert made.passed() == {b"GET": 4, b"CONFIG|GET": 1, b"PING": 1}


def test_the_same_pipeline_with_other_values_passes_and_is_counted():
    """Known by its shape after two; the state that forbids it, and a name that asks, still count."""
    made = machine()
    for key in ("one", "two", "six", "t\r\n"):
        made.receive_from_client(command("GET", key) * 2 + command("PING"))
    assert made.data_to_server() == b"".join(
        command("GET", k) * 2 + command("PING") for k in ("one", "two", "six", "t\r\n")
    )
    assert made.passed() == {b"GET": 8, b"PING": 4}
    made.receive_from_client(command("GET", "abc") + command("DEL", "abc") + command("PING"))
    assert [event.text for event in submitted(made)] == ["DEL abc"]
    made.receive_from_client(command("GET", "key") * 2 + command("PING"))
    assert made.data_to_server() == command("GET", "abc")


def test_a_write_waits_and_all_behind_it():
    """Nothing of it reaches the server before release; then the order is kept."""
    made = machine()
    made.receive_from_client(command("GET", "a") + command("DEL", "k") + command("GET", "b"))
    (one,) = submitted(made)
    assert one.text == "DEL k"
    assert one.units[0].words == (b"DEL", b"k")
    assert made.data_to_server() == command("GET", "a")
    assert made.held
    assert made.waiting == len(command("GET", "b"))
    made.release(one.id)
    assert made.data_to_server() == command("DEL", "k") + command("GET", "b")
    made.release(one.id)
    assert made.data_to_server() == b""


def test_a_refusal_stands_in_its_place():
    """The server answers an unknown command there, and only that line is rewritten."""
    made = machine()
    made.receive_from_client(command("GET", "a") + command("FLUSHALL") + command("GET", "b"))
    made.refuse(submitted(made)[0].id, "safeshell: refused: no\nreally")
    sent = made.data_to_server()
    assert b"FLUSHALL" not in sent
    (token,) = tokens(sent)
    made.receive_from_server(b"$1\r\nx\r\n" + unknown(token) + b"$1\r\ny\r\n")
    assert made.data_to_client() == b"$1\r\nx\r\n-safeshell: refused: no; really\r\n$1\r\ny\r\n"


@pytest.mark.parametrize("quote", [b"'", b"`"])
def test_a_marker_may_be_split_anywhere(quote):
    """The carry tail; also where a value ends like the beginning of an error."""
    made = machine()
    made.receive_from_client(command("FLUSHALL"))
    made.refuse(submitted(made)[0].id, "no")
    (token,) = tokens(made.data_to_server())
    stream = b"$11\r\n-ERR unknow\r\n" + unknown(token).replace(b"'", quote) + b"+PONG\r\n"
    wanted = b"$11\r\n-ERR unknow\r\n-no\r\n+PONG\r\n"
    for cut in range(len(stream)):
        fresh = machine()
        fresh.receive_from_client(command("FLUSHALL"))
        fresh.refuse(submitted(fresh)[0].id, "no")
        fresh.data_to_server()
        fresh.receive_from_server(stream[:cut])
        fresh.receive_from_server(stream[cut:])
        assert fresh.data_to_client() == wanted, cut


def test_the_guards_own_command_leaves_no_trace():
    """Its answer stands between two markers; what the client asked before and a message in between go on."""
    made = machine()
    made.receive_from_client(command("GET", "a") + command("DEL", "k"))
    (one,) = submitted(made)
    assert made.run("look", [b"CLIENT", b"INFO"])
    opening, closing = tokens(made.data_to_server())
    message = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n"
    made.receive_from_server(b"$-1\r\n" + unknown(opening) + message + b"$4\r\ndb=3\r\n" + unknown(closing))
    assert made.events() == [Ran("look", rows=(("db=3",),))]
    assert made.data_to_client() == b"$-1\r\n" + message
    made.release(one.id)
    assert made.data_to_server() == command("DEL", "k")


def test_an_error_to_the_guards_own_command():
    """NOAUTH is told with its code."""
    made = machine()
    made.receive_from_client(command("DEL", "k"))
    made.run("look", [b"CLIENT", b"INFO"])
    opening, closing = tokens(made.data_to_server())
    made.receive_from_server(unknown(opening) + b"-NOAUTH Authentication required.\r\n" + unknown(closing))
    (ran,) = made.events()[1:]
    assert isinstance(ran, Ran)
    assert ran.error is not None
    assert (ran.error.code, ran.rows) == ("NOAUTH", ())


def test_a_watched_command_is_answered_to_both():
    """The client gets every byte of its answer, the owner what the server said."""
    for reply, tags, error in (
        (b":2\r\n", ("2",), None),
        (b"-READONLY no\r\n", (), "READONLY"),
        (b"*1\r\n+x\r\n", (), None),
    ):
        made = machine()
        made.receive_from_client(command("DEL", "k") + command("GET", "a"))
        (one,) = submitted(made)
        made.release(one.id, watch=True)
        first, second = tokens(made.data_to_server())
        stream = unknown(first) + reply + unknown(second) + b"$1\r\nx\r\n"
        for at in range(len(stream)):
            made.receive_from_server(stream[at : at + 1])
        assert made.data_to_client() == reply + b"$1\r\nx\r\n"
        (replied,) = made.events()
        assert isinstance(replied, Replied)
        assert (replied.id, replied.tags, replied.error and replied.error.code) == (one.id, tags, error)


def test_a_watched_answer_of_any_length_streams():
    """Only its beginning is copied."""
    made = machine()
    made.receive_from_client(command("EVAL", "x", "0"))
    made.release(submitted(made)[0].id, watch=True)
    first, second = tokens(made.data_to_server())
    made.receive_from_server(unknown(first) + b"$3000000\r\n")
    for _ in range(30):
        made.receive_from_server(b"y" * 100_000)
        assert len(made.data_to_client()) >= 99_000
    made.receive_from_server(b"\r\n" + unknown(second))
    assert made.events() == [Replied("r1")]


def test_inside_multi_commands_are_held_when_they_are_queued():
    """And the guard runs nothing of its own there."""
    made = machine()
    made.receive_from_client(command("MULTI") + command("DEL", "k"))
    (one,) = submitted(made)
    assert one.in_transaction
    assert not made.run("look", [b"CLIENT", b"INFO"])
    made.release(one.id)
    made.receive_from_client(command("EXEC") + command("DEL", "k"))
    assert not submitted(made)[0].in_transaction


def test_the_state_is_followed():
    """SELECT, AUTH and HELLO tell where and who."""
    made = machine()
    made.receive_from_client(command("HELLO", "3", "AUTH", "ann", "pw") + command("SELECT", "4"))
    assert made.events() == [Started("ann", "0"), Started("ann", "4")]
    assert made.state.login == (b"AUTH", b"ann", b"pw")
    made.receive_from_client(command("RESET"))
    assert made.events() == [Started("default", "0")]


def test_without_answers_a_refusal_waits_for_none():
    """CLIENT REPLY OFF and SKIP: the server's next bytes belong to something else."""
    for mode in ("OFF", "SKIP"):
        made = machine()
        made.receive_from_client(command("CLIENT", "REPLY", mode) + command("DEL", "k"))
        assert not made.run("look", [b"PING"])
        made.refuse(submitted(made)[0].id, "no")
        assert len(tokens(made.data_to_server())) == 1
        made.receive_from_server(b"-ERR unknown")
        assert made.data_to_client() == b"-ERR unknown"
    made.receive_from_client(command("DEL", "k"))
    made.refuse(submitted(made)[0].id, "no")
    made.data_to_server()
    made.receive_from_server(b"-ERR unknown")
    assert made.data_to_client() == b""


@pytest.mark.parametrize("mode", ["SKIP", "OFF"])
def test_what_silences_the_server_is_not_watched(mode):
    """Its own second marker would never be answered, and every refusal after it would show the server's words."""
    made = RespMachine("n0nce", SILENT - {b"CLIENT|REPLY"}, CONTAINERS)
    made.receive_from_client(command("CLIENT", "REPLY", mode))
    (held,) = submitted(made)
    assert not made.answers(command_words("CLIENT", "REPLY", mode))
    made.release(held.id, watch=True)
    assert made.data_to_server() == command("CLIENT", "REPLY", mode)


def test_trust_ends():
    """A name passes until its moment."""
    clock = [10.0]
    made = machine(now=lambda: clock[0])
    made.trust(b"SET", 11.0)
    made.receive_from_client(command("SET", "a", "1") * 3 + command("set", "a", "1"))
    assert not made.held
    assert made.passed() == {b"SET": 4}
    clock[0] = 11.5
    made.receive_from_client(command("SET", "a", "1"))
    assert made.held


def test_a_huge_passing_command_streams():
    """A gigantic value is not kept when its command passes whatever follows."""
    made = machine(now=lambda: 0.0)
    made.trust(b"SET", 1.0)
    whole = command("SET", "k", b"x" * (3 << 20))
    sent, most = b"", 0
    for at in range(0, len(whole), 50_000):
        made.receive_from_client(whole[at : at + 50_000])
        most = max(most, made.waiting)
        sent += made.data_to_server()
    assert sent == whole
    assert most < 200_000
    made.receive_from_client(command("DEL", "k"))
    assert made.held


def test_a_huge_held_command_is_refused_in_bounds():
    """It cannot be shown; its bytes are swallowed, and what follows is read aright."""
    made = machine()
    whole = command("SET", "k", b"x" * (MOST_HELD + (1 << 20)))
    for at in range(0, len(whole), 100_000):
        made.receive_from_client(whole[at : at + 100_000])
        assert made.waiting <= MOST_HELD + 200_000
    assert not made.held
    sent = made.data_to_server()
    assert len(sent) < 200
    (token,) = tokens(sent)
    made.receive_from_server(unknown(token))
    assert b"safeshell: refused: a command of more than 8 MiB" in made.data_to_client()
    made.receive_from_client(command("GET", "a"))
    assert made.data_to_server() == command("GET", "a")


@pytest.mark.parametrize(
    ("data", "echo"),
    [
        (b"*1x\r\n", b"*x\r\n"),
        (b"*01\r\n$4\r\nPING\r\n", b"*x\r\n"),
        (b"*1\r\n+4\r\n", b"*1\r\n+\r\n"),
        (b"*1\r\n$-1\r\n", b"*1\r\n$x\r\n"),
        (b"*1\r\n$4\r\nPINGxx", b"*1\r\n$x\r\n"),
        (b'GET "a\r\n', b'"\r\n'),
        (b"x" * 70_000, b"a" * 65_537),
    ],
)
def test_protocol_errors_are_the_servers_own(data, echo):
    """The server hears something that it answers alike; nothing after it is read."""
    made = machine()
    made.receive_from_client(command("GET", "a") + data)
    assert made.data_to_server() == command("GET", "a") + echo
    made.receive_from_client(command("GET", "a"))
    assert made.data_to_server() == b""


def test_an_end_refuses_what_waits():
    """Nothing held leaks when the client goes."""
    made = machine()
    made.receive_from_client(command("DEL", "k"))
    (one,) = submitted(made)
    made.client_closed()
    made.release(one.id)
    assert made.data_to_server() == b""
    assert made.events() == [Closed("client")]


def test_back_pressure():
    """Behind a held command only so much is read."""
    made = machine()
    made.receive_from_client(command("DEL", "k"))
    assert made.hungry
    made.receive_from_client(b"x" * (1 << 20))
    assert not made.hungry


WORDS = st.lists(st.binary(max_size=30), min_size=1, max_size=5).filter(lambda words: words[0] != b"")
KNOWN = st.sampled_from([b"GET", b"DEL", b"SET", b"ping", b"MULTI", b"EXEC", b"SELECT", b"client"])


def play(data: bytes, cuts: list[int], seed: int) -> tuple[list, bytes]:
    """Everything that a machine says to these bytes in these pieces, every second held command being refused."""
    made, said, sent = machine(), [], b""
    chooser = random.Random(seed)
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    for begin, end in itertools.pairwise(places):
        made.receive_from_client(data[begin:end])
        while made.held:
            for event in made.events():
                said.append(event)
                if isinstance(event, Submitted):
                    made.release(event.id) if chooser.random() < 0.5 else made.refuse(event.id, "no")
        said += made.events()
        sent += made.data_to_server()
    return said, sent


@given(
    st.lists(st.tuples(KNOWN, st.lists(st.binary(max_size=20), max_size=3)), max_size=6),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_any_cut_gives_the_same(commands, cuts):
    """Events and bytes do not hang on how the bytes arrive."""
    data = b"".join(encode([name, *words]) for name, words in commands)
    assert play(data, cuts, 1) == play(data, [], 1)


@settings(max_examples=200)
@given(st.lists(WORDS, max_size=5))
def test_all_allowed_is_transparent(commands):
    """What is released arrives byte for byte."""
    data = b"".join(map(encode, commands))
    made, sent = machine(), b""
    made.receive_from_client(data)
    while made.held:
        made.release(submitted(made)[0].id)
    sent = made.data_to_server()
    assert sent == data


@given(st.binary(max_size=400), st.binary(max_size=400), st.booleans())
def test_random_bytes(client, server, held):
    """No crash on either side, and no buffer grows beyond what came in."""
    made = machine()
    if held:
        made.receive_from_client(command("DEL", "k"))
        made.run("look", [b"CLIENT", b"INFO"])
    made.receive_from_client(client)
    made.receive_from_server(server)
    assert len(made.data_to_client()) <= len(server)
    assert made.waiting <= len(client)
    assert b"DEL" not in made.data_to_server() or not held or b"DEL" in client
