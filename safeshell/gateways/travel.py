"""Driving a road: each request goes to the door that answers it.

What must not live here: the doors themselves, and any judgement of a reply.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from safeshell.guard.requests import (
    AskOperator,
    GatherFacts,
    Record,
    RememberProgram,
    Request,
    Road,
    TakePreview,
)
from safeshell.model.audit import AuditEvent
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Assessment, Confirmation, Preview

R = TypeVar("R")


class Doors(Protocol):
    """The world as the road sees it. No door raises for an answer that it does not have."""

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """Answers to those questions that can be answered."""

    def preview(self, assessment: Assessment) -> Preview:
        """The damage; never raises."""

    def ask(self, question: AskOperator) -> Confirmation:
        """The person's answer; anything unclear is a no."""

    def record(self, event: AuditEvent) -> bool:
        """True when the event is written."""

    def remember(self, path: str) -> bool:
        """True when the program is remembered from now on."""


def answer(doors: Doors, request: Request[Any]) -> object:
    """The reply of the door that a request belongs to; TypeError for one that nobody knows."""
    match request:
        case GatherFacts(questions):
            return doors.gather(questions)
        case TakePreview(assessment):
            return doors.preview(assessment)
        case AskOperator():
            return doors.ask(request)
        case Record(event):
            return doors.record(event)
        case RememberProgram(path):
            return doors.remember(path)
        case _:
            raise TypeError(f"no door answers {type(request).__name__}")


def travel(road: Road[R], doors: Doors) -> R:
    """Drive a road to its end and give back what it concludes."""
    try:
        request = next(road)
        while True:
            request = road.send(answer(doors, request))
    except StopIteration as end:
        conclusion: R = end.value
        return conclusion
