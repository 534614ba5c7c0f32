"""A person who answers every question of a wire at once. What must not live here: assertions."""

from __future__ import annotations

from collections.abc import Callable

from safeshell.cli.wireroad import WireCourt
from safeshell.guard.requests import AskOperator
from safeshell.model.judgement import Confirmation, Consent


def agreeing(monkeypatch, answer: Callable[[AskOperator], Confirmation]) -> list[AskOperator]:
    """Every question gets this answer; the questions, as they come."""
    asked: list[AskOperator] = []

    def ask(_court, _case, question: AskOperator) -> Confirmation:
        asked.append(question)
        return answer(question)

    monkeypatch.setattr(WireCourt, "ask", ask)
    return asked


def by_remedy(question: AskOperator) -> Confirmation:
    """Yes, and with the remedy where one is offered."""
    return Confirmation(question.digest, "ada", Consent.TYPED, granted=True, at=0.0, remedy=bool(question.remedy))
