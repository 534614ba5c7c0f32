"""One suite that every database machine passes: `TestX = suite(Case(...))`.

What must not live here: anything that only one protocol has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.protocols.wire import Broken, Event, Machine, Submitted

CLIENT, SERVER = "client", "server"
Dialogue = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Case:
    """One machine to be tested.

    `make`: a fresh one, started and drained. `dialogue`: who says what when everything is allowed.
    `held`: a client's bytes that must wait, with `secret` in them and nowhere else. `bound`: bytes
    that it may keep beyond three times what it was fed. `hints`: what noise is mixed with.
    """

    make: Callable[[], Machine]
    dialogue: Dialogue
    held: bytes
    secret: bytes
    bound: int
    hints: tuple[bytes, ...] = ()


@dataclass
class Seen:
    """All that came out of a machine."""

    events: list[Event] = field(default_factory=list)
    to_client: bytes = b""
    to_server: bytes = b""


def feed(machine: Machine, side: str, data: bytes, seen: Seen, *, release: bool = True) -> None:
    """One piece of bytes; everything submitted is released, and all output taken."""
    (machine.receive_from_client if side == CLIENT else machine.receive_from_server)(data)
    drain(machine, seen, release=release)


def drain(machine: Machine, seen: Seen, *, release: bool) -> None:
    while found := list(machine.events()):
        seen.events += found
        for event in found:
            if release and isinstance(event, Submitted):
                machine.release(event.id)
    seen.to_client += machine.data_to_client()
    seen.to_server += machine.data_to_server()


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    at = sorted({0, len(data), *(one % (len(data) + 1) for one in cuts)})
    return [data[a:b] for a, b in pairwise(at)]


def kept(thing: object, seen: set[int] | None = None) -> int:
    """Bytes in all that a machine holds on to, however deep."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, type) or callable(thing):
        return 0
    seen.add(id(thing))
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if isinstance(thing, dict):
        return sum(kept(part, seen) for pair in thing.items() for part in pair)
    if isinstance(thing, list | tuple | set | frozenset | deque):
        return sum(kept(part, seen) for part in thing)
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return sum(kept(getattr(thing, name, None), seen) for name in (*slots, *getattr(thing, "__dict__", ())))


def suite(case: Case) -> type:  # noqa: C901 - a class of tests, each of its own
    """A class of tests for this machine; its name in a module begins with Test."""

    class Conformance:
        """The tests of one machine."""

        def played(self, cuts: tuple[int, ...] = ()) -> Seen:
            machine, seen = case.make(), Seen()
            for side, data in case.dialogue:
                for piece in cut(data, cuts):
                    feed(machine, side, piece, seen)
            return seen

        def test_transparent_when_everything_is_allowed(self):
            """Each side gets exactly the bytes of the other, and something was judged on the way."""
            seen = self.played()
            said = {side: b"".join(data for who, data in case.dialogue if who == side) for side in (CLIENT, SERVER)}
            assert seen.to_server == said[CLIENT]
            assert seen.to_client == said[SERVER]
            assert any(isinstance(event, Submitted) for event in seen.events)

        @given(st.lists(st.integers(0, 2**20), max_size=12).map(tuple))
        @settings(max_examples=60, deadline=None)
        def test_any_split_gives_the_same_events(self, cuts):
            """How the bytes are cut changes neither an event nor a byte."""
            assert self.played(cuts) == self.played()

        def test_one_byte_at_a_time(self):
            """The finest cut."""
            assert self.played(tuple(range(100_000))) == self.played()

        @given(st.lists(st.integers(0, 2**20), max_size=6).map(tuple), st.binary(max_size=30))
        @settings(max_examples=60, deadline=None)
        def test_nothing_held_leaks_before_its_release(self, cuts, noise):
            """Neither cuts, nor answers that nobody asked for, nor the end of a side let it out."""
            machine, seen = case.make(), Seen()
            for piece in cut(case.held, cuts):
                feed(machine, CLIENT, piece, seen, release=False)
            feed(machine, SERVER, noise, seen, release=False)
            machine.release("no such id")
            (machine.client_closed if len(noise) % 2 else machine.server_closed)()
            drain(machine, seen, release=True)
            assert case.secret not in seen.to_server

        @given(
            st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(max_size=200)), max_size=20), st.randoms()
        )
        @settings(max_examples=120, deadline=None)
        def test_random_bytes(self, said, chance):
            """No crash, buffers within bounds, and after Broken no more events and no byte to the server."""
            machine, seen, fed = case.make(), Seen(), 0
            for side, noise in said:
                data = chance.choice(case.hints) + noise if case.hints and chance.random() < 0.5 else noise
                feed(machine, side, data, seen, release=chance.random() < 0.5)
                fed += len(data)
                assert kept(machine) <= 3 * fed + case.bound
            if any(isinstance(event, Broken) for event in seen.events):
                assert isinstance(seen.events[-1], Broken)
                late = Seen()
                feed(machine, CLIENT, case.held, late)
                assert late == Seen()

        def test_what_waits_is_told_once_and_answered_once(self):
            """`held` says so; a release counts once, whatever is asked behind it."""
            machine, seen = case.make(), Seen()
            feed(machine, CLIENT, case.held, seen, release=False)
            (event,) = [one for one in seen.events if isinstance(one, Submitted)]
            assert machine.held
            machine.release(event.id)
            sent = machine.data_to_server()
            assert case.secret in sent
            machine.release(event.id)
            machine.refuse(event.id, "safeshell: refused: too late")
            assert machine.data_to_server() == b""

        def test_a_refused_one_never_goes_on(self):
            """After refuse the server gets other bytes, or none, and release comes too late."""
            machine, seen = case.make(), Seen()
            feed(machine, CLIENT, case.held, seen, release=False)
            (event,) = [one for one in seen.events if isinstance(one, Submitted)]
            machine.refuse(event.id, "safeshell: refused: no")
            machine.release(event.id)
            assert case.secret not in machine.data_to_server()

    return Conformance
