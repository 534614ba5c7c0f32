"""The hook machine: frames, cuts, garbage, bounds. Play scripts without any I/O."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.protocols.hook import (
    MAX_FRAME,
    Answered,
    Broken,
    Done,
    Flags,
    Hello,
    HookMachine,
    Prompted,
    Submitted,
)

NONCE = "0123456789abcdef" * 2


def frame(kind: str, *fields: bytes | str) -> bytes:
    raw = [field if isinstance(field, bytes) else field.encode() for field in fields]
    return b"".join(part + b"\0" for part in [f"{NONCE} {kind}".encode(), *raw])


LINE = frame("L", "77", "0000000a", "/tmp", "0", "rm -rf x\nls")
BACKSTOP = frame("B", "78", "0000000b", "/", "1", b"echo \xff\xe9")
KEYS = rb'"\C-j": "\C-x\C-_1"' + b"\n" + rb'"\C-m": "\C-x\C-_1"' + b"\n" + rb'"\C-o": "\C-x\C-_1"'
PROMPT = frame(
    "P", "77", "0000000c", "/tmp", "0000000a", "130", " PS0 keys", "ll\nla\n", "f\n__safeshell_x\n", "", KEYS, ""
)
ANSWERS = frame("A", "77", "0000000a", "4", "+one\ntwo", "-", "+", "?")
STREAM = frame("H", "77", "5.2.15") + LINE + ANSWERS + BACKSTOP + frame("D", "78", "0000000b") + PROMPT
EVENTS = [
    Hello(77, "5.2.15", "bash"),
    Submitted("77:0000000a", 77, "/tmp", "rm -rf x\nls"),
    Answered("77:0000000a", ("one\ntwo", None, "", None), frozenset({3})),
    Submitted("78:0000000b", 78, "/", "echo \udcff\udce9", backstop=True, unseen=True),
    Done("78:0000000b"),
    Prompted(
        "77:0000000c",
        77,
        "/tmp",
        "77:0000000a",
        130,
        ("PS0", "keys"),
        frozenset({"ll", "la"}),
        frozenset({"f"}),
        "",
        keys=True,
    ),
]


ZSH_PROMPT = frame("P", "77", "0000000c", "/tmp", "0", "0", "", "ll\n-g G\n-s txt", "f", "", "1", " autocd rcquotes")


def test_other_shells_tell_their_names_and_traits():
    """The first word of a version that is a word names the shell; aliases keep their kind; options come as told."""
    hello, prompt = machine(frame("H", "77", "zsh 5.9") + ZSH_PROMPT).events()
    assert hello == Hello(77, "zsh 5.9", "zsh")
    assert prompt.aliases == {"ll", "-g G", "-s txt"}
    assert prompt.traits == {"autocd", "rcquotes"}
    assert prompt.keys
    assert prompt.trap is None


def machine(*parts: bytes) -> HookMachine:
    made = HookMachine(NONCE)
    for part in parts:
        made.receive_from_client(part)
    return made


def test_every_kind_of_frame():
    """Each frame becomes its event, with names of ours left out and bytes kept."""
    assert machine(STREAM).events() == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_any_cut_gives_the_same_events(cuts):
    """How the bytes arrive doesn't matter."""
    at = sorted({0, len(STREAM), *cuts})
    assert machine(*[STREAM[a:b] for a, b in pairwise(at)]).events() == EVENTS


def test_one_byte_at_a_time():
    """The finest cut."""
    assert machine(*[STREAM[i : i + 1] for i in range(len(STREAM))]).events() == EVENTS


def test_nothing_is_answered_before_release():
    """Held means held: no byte goes out before a verdict, and then exactly one answer."""
    made = machine(LINE)
    assert made.data_to_client() == b""
    made.release("77:0000000a")
    made.release("77:0000000a")
    made.refuse("77:0000000a")
    assert made.data_to_client() == b"0000000aA0000000"
    assert made.data_to_server() == b""


def test_refuse_and_flags():
    """A refusal is one head; flags are one hexadecimal digit."""
    made = machine(LINE, BACKSTOP)
    made.refuse("77:0000000a", "why")
    made.release("78:0000000b", Flags.BACKSTOP | Flags.LEAVES)
    assert made.data_to_client() == b"0000000aD0000000" + b"0000000bA3000000"


def test_an_unknown_id_is_not_answered():
    """Only what waits can be released."""
    made = machine(LINE)
    made.release("78:0000000a")
    made.release("nonsense")
    assert made.data_to_client() == b""


def test_questions_keep_the_line_waiting():
    """`ask` answers with N and leaves the verdict open."""
    made = machine(LINE)
    made.ask("77:0000000a", ("variable D", "alias ll"))
    assert made.data_to_client() == b"0000000aN0000019variable D\nalias ll"
    made.receive_from_client(ANSWERS)
    made.release("77:0000000a")
    assert made.data_to_client() == b"0000000aA0000000"


def test_a_prompt_gets_its_segment_and_its_trap():
    """The payload's length counts bytes; the trap's text follows as a second answer."""
    made = machine(PROMPT)
    made.prompt("77:0000000c", "[PROD é] ", "trap -- 'x' DEBUG")
    assert made.data_to_client() == b"0000000cP8000010" + "[PROD é] ".encode() + b"0000000cT0000017trap -- 'x' DEBUG"


def test_our_own_trap_is_no_news():
    """A DEBUG trap of ours is told as None, a person's by its text."""
    for trap, told in (
        (b"trap -- '__safeshell_skip' DEBUG\n", None),
        (b"trap -- 'x y' DEBUG\n", "trap -- 'x y' DEBUG"),
        (b"", ""),
    ):
        raw = frame("P", "1", "00000001", "/", "0", "0", "", "", "", trap, KEYS, "")
        assert machine(raw).events()[0].trap == told


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0",
        b"nonsense\0",
        f"{NONCE} X\0".encode(),
        ("f" * 32 + " L\0").encode(),
        frame("L", "77", "short", "/", "0", "x"),
        frame("L", "x", "0000000a", "/", "0", "x"),
        frame("L", "77", "0000000A", "/", "0", "x"),
        frame("A", "77", "0000000a", "-1"),
        frame("P", "77", "0000000c", "/", "bad", "0", "", "", "", "", ""),
    ],
)
def test_a_broken_peer_is_cut_off(garbage):
    """After garbage the machine is deaf and mute: what waited is never released."""
    made = machine(LINE, garbage, BACKSTOP)
    assert [type(event) for event in made.events()] == [Submitted, Broken]
    made.release("77:0000000a")
    assert made.data_to_client() == b""


@pytest.mark.parametrize("flood", [b"x" * (MAX_FRAME + 1), frame("L", "1", "0000000a", "/", "0") + b"y" * MAX_FRAME])
def test_no_frame_grows_without_end(flood):
    """Too long a field, or a frame of too many bytes, breaks the machine and frees its buffers."""
    made = HookMachine(NONCE)
    for at in range(0, len(flood), 65536):
        made.receive_from_client(flood[at : at + 65536])
    assert isinstance(made.events()[-1], Broken)
    assert not made._held
    assert not made._fields


def test_a_frame_that_promises_too_many_answers_is_bounded():
    """The count of an A frame can't make the machine keep more than a frame's bytes."""
    made = machine(frame("A", "1", "0000000a", "9999999999"))
    for _ in range(80):
        made.receive_from_client(b"-\0" * 32768)
    assert isinstance(made.events()[-1], Broken)


@given(st.lists(st.binary(max_size=200), max_size=20))
@settings(max_examples=300)
def test_random_bytes_never_crash(parts):
    """Whatever comes, events come out and nothing is raised."""
    made = machine(*parts)
    assert all(isinstance(event, Broken) for event in made.events())


def test_a_hundred_thousand_mutated_frames():
    """Mutations of good frames: no crash, no release without a good frame, buffers within bounds."""
    dice = random.Random(7)
    for _ in range(20_000):
        data = bytearray(STREAM)
        for _ in range(5):
            data[dice.randrange(len(data))] = dice.randrange(256)
        made = HookMachine(NONCE)
        made.receive_from_client(bytes(data))
        for event in made.events():
            if isinstance(event, Submitted):
                made.release(event.id)
        assert len(made._held) <= len(STREAM)
        assert made.data_to_client().count(b"A0000000") <= 2
