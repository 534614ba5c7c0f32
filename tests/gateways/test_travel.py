"""Each request goes to its door, and the reply comes back to the road."""

from __future__ import annotations

import pytest

from safeshell.gateways.travel import answer, travel
from safeshell.guard.requests import GatherFacts, Record, RememberProgram, Request, TakePreview, perform
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.judgement import Preview

EVENT = AuditEvent(0.0, "s", "", EventKind.NOTE)


class World:
    def gather(self, questions):
        return {"gathered": questions}

    def preview(self, assessment):
        return Preview(f"preview of {assessment}")

    def ask(self, question):
        raise AssertionError

    def record(self, event):
        return event is EVENT

    def remember(self, path):
        return path == "/x"


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (GatherFacts((1,)), {"gathered": (1,)}),
        (TakePreview("a"), Preview("preview of a")),
        (Record(EVENT), True),
        (RememberProgram("/x"), True),
    ],
)
def test_each_request_has_its_door(request_, reply):
    """The type of a request says which door answers."""
    assert answer(World(), request_) == reply


def test_an_unknown_request_is_an_error():
    """A request that nobody answers must not look like a yes."""

    class Odd(Request):
        pass

    with pytest.raises(TypeError, match="Odd"):
        answer(World(), Odd())


def test_a_road_is_driven_to_its_end():
    """Replies go back in, the conclusion comes out."""

    def road():
        first = yield from perform(Record(EVENT))
        second = yield from perform(RememberProgram("/y"))
        return first, second

    assert travel(road(), World()) == (True, False)


def test_a_road_without_requests():
    """Nothing to ask is a conclusion at once."""

    def road():
        return "done"
        yield

    assert travel(road(), World()) == "done"
