"""What the road asks of the world. A gateway answers each request; replies are typed.

What must not live here: answering.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeVar

from safeshell.model.audit import AuditEvent
from safeshell.model.effects import Mode
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Assessment, Confirmation, Preview, Verdict
from safeshell.model.values import dataclass

R = TypeVar("R")


class Request(Generic[R]):
    """Something to be done outside; R is the type of the reply."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class GatherFacts(Request[Facts]):
    """Answer these questions. A question that nobody can answer is left out of the reply."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class TakePreview(Request[Preview]):
    """Show the damage. Never raises: a failure is a Preview with caveats and unknown exactness."""

    assessment: Assessment


@dataclass(frozen=True, slots=True)
class AskOperator(Request[Confirmation]):
    """Ask the person, or leave a request where there is none. Anything unclear means no.

    `digest` binds the answer to what was shown. `unlockable` says that `u` may be offered,
    `rememberable` that the program may be remembered. `remedy` is the preview's, where it may be offered
    beside the bare run.
    """

    assessment: Assessment
    verdict: Verdict
    preview: Preview
    digest: str
    mode: Mode
    unlockable: bool = False
    unlock_minutes: int = 15
    reason_required: bool = False
    rememberable: bool = False
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Record(Request[bool]):
    """Write this to the audit; False when it could not be written."""

    event: AuditEvent


@dataclass(frozen=True, slots=True)
class RememberProgram(Request[bool]):
    """Remember the program at this path, by its sha256, for this person on this host."""

    path: str


Road = Generator[Request[Any], Any, R]


def perform(request: Request[R]) -> Generator[Request[R], R, R]:
    """Ask for one thing and give back its reply with its type.

    Used as: facts = yield from perform(GatherFacts(questions)).
    """
    return (yield request)
