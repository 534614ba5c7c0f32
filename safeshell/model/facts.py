"""Questions that pure code asks about the world, and the shapes of their answers.

A language or a policy names what it wants to know as a Question; the gateway has a door answer it.
What must not live here: how an answer is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from safeshell.model.places import Environment, Place


class Ask(StrEnum):
    """What a question is about; `Question.subject` is what stands in brackets.

    The answers' types: VARIABLE, ALIAS, FUNCTION, FILE_TEXT: str, or None when there is none or it
    may not be read. PATH: PathFact. PROGRAM: ProgramFact. PLACE (`kind name database user` joined by
    NUL): Environment. PUBLISHED (a git ref or range, in cwd): bool, has a remote seen these commits.
    """

    VARIABLE = "variable"
    ALIAS = "alias"
    FUNCTION = "function"
    FILE_TEXT = "file_text"
    PATH = "path"
    PROGRAM = "program"
    PLACE = "place"
    PUBLISHED = "published"


SHELL_NAMES: frozenset[Ask] = frozenset({Ask.VARIABLE, Ask.ALIAS, Ask.FUNCTION})
"""Questions that only the shell of the session can answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out. Equal questions have equal answers within one action."""

    about: Ask
    subject: str


@dataclass(frozen=True, slots=True)
class PathFact:
    """What is known of one path target.

    `path` is absolute and free of `.` and `..`; `resolved` follows symbolic links (equal to `path`
    where nothing was looked at). `kind` is file, directory, device, other or "" (missing).
    `home` is the person's home directory, `work_tree` the root of the git work tree it lies in,
    `scratch_root` the root below which everything is scratch (/tmp, ~/.cache, ...): each None if the
    path does not lie STRICTLY below such a root. `cwd_below` says that the path lies below the
    current directory. `looked` is False when no file was looked at; then `exists` is an assumption.
    """

    path: str
    resolved: str
    exists: bool
    kind: str = ""
    home: str | None = None
    work_tree: str | None = None
    scratch_root: str | None = None
    cwd_below: bool = False
    looked: bool = True


@dataclass(frozen=True, slots=True)
class ProgramFact:
    """A program that no pack knows: where it was found, and whether this person had it remembered."""

    path: str
    sha256: str
    remembered: bool


Answer = str | bool | PathFact | ProgramFact | Environment | None
Facts = Mapping[Question, Answer]
"""Answers by question; a missing question has not been asked yet."""


def place_question(place: Place) -> Question:
    """The question for the environment of a place; `place_of` is its inverse."""
    fields = [place.kind, place.name, "1" if place.known else "0"]
    fields += [part for pair in sorted(place.detail.items()) for part in pair]
    return Question(Ask.PLACE, "\0".join(fields))


def place_of(question: Question) -> Place:
    """The place that a PLACE question asks for."""
    kind, name, known, *rest = question.subject.split("\0")
    return Place(kind, name, known == "1", dict(zip(rest[::2], rest[1::2], strict=True)))
