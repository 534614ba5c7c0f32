"""Requests and their replies."""

from __future__ import annotations

from safeshell.guard.requests import GatherFacts, perform
from safeshell.model.facts import Ask, Question


def test_perform_yields_the_request_and_gives_back_the_reply():
    """`facts = yield from perform(...)` is the reply that was sent."""
    road = perform(GatherFacts((Question(Ask.PATH, "x"),)))
    assert next(road) == GatherFacts((Question(Ask.PATH, "x"),))
    try:
        road.send({"answer": 1})
    except StopIteration as end:
        assert end.value == {"answer": 1}
