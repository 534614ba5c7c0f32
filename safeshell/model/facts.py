"""Questions that pure code asks about the world, and the shapes of their answers.

A language or a policy names what it wants to know as a Question; the gateway has a door answer it.
What must not live here: how an answer is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from safeshell.model.places import Environment, Place
from safeshell.model.values import dataclass


class Ask(StrEnum):
    """What a question is about; `Question.subject` is what stands in brackets.

    The answers' types: VARIABLE, ALIAS, FUNCTION, FILE_TEXT: str, or None when there is none or it
    may not be read. GLOB (a pattern as the shell reads it): the paths that it stands for now, one a line, relative
    ones to the shell's directory; None where the shell does not tell. PATH: PathFact. PROGRAM: ProgramFact. PLACE (made by `place_question`):
    Environment. CARRIED (made by `model.carried`): bool, is the shell that a line opens ready to be followed.
    PUBLISHED (a git ref or range, in cwd): bool, has a remote seen these commits.
    Of a connected Redis: SERVER_COMMAND (`NAME` or `NAME|SUBCOMMAND`): `name;flags`, None where it has no such
    command; KEYS_ABSENT (keys in redis-cli's spelling): bool, does none of them exist; KEY_SIZE (`SCARD key`):
    the number as text.

    Of the database that a statement goes to: ROUTINE (a function's name as SQL writes it, with its schema
    where the text has one): "immutable", "stable" or "volatile", the worst of all overloads the name may
    mean, None when there is none. OPERATOR ("+++", "schema.+++"): the same of the function behind it.
    PREPARED (a prepared statement's name): the text it was prepared with, or None. COLUMN
    ("schema.table.column" as SQL writes it): its type as format_type() gives it, or None. OWNER ("schema.table"
    as SQL writes it): the role that owns the relation, or None. REJECTED (a whole message): bool, does the
    server's own grammar refuse it, so that nothing of it can run. TEMPORARY (a table's name as SQL writes it):
    bool, is it a table of this session alone, without triggers and rules.
    """

    VARIABLE = "variable"
    GLOB = "glob"
    ALIAS = "alias"
    FUNCTION = "function"
    FILE_TEXT = "file_text"
    PATH = "path"
    PROGRAM = "program"
    PLACE = "place"
    CARRIED = "carried"
    PUBLISHED = "published"
    SERVER_COMMAND = "server_command"
    KEYS_ABSENT = "keys_absent"
    KEY_SIZE = "key_size"
    ROUTINE = "routine"
    OPERATOR = "operator"
    PREPARED = "prepared"
    COLUMN = "column"
    OWNER = "owner"
    REJECTED = "rejected"
    TEMPORARY = "temporary"


SHELL_NAMES: frozenset[Ask] = frozenset({Ask.VARIABLE, Ask.ALIAS, Ask.FUNCTION, Ask.GLOB})
"""Questions that only the shell of the session can answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out. Equal questions have equal answers within one action."""

    about: Ask
    subject: str


def place_question(place: Place) -> Question:
    """The question which environment a place belongs to; `place_of` is its inverse.

    The subject is `known`, kind and name, then each detail as `field=value`, sorted, joined by NUL,
    which no word of a command line can hold.
    """
    details = (f"{name}={value}" for name, value in sorted(place.detail.items()))
    return Question(Ask.PLACE, "\0".join(("known" if place.known else "", place.kind, place.name, *details)))


def place_of(question: Question) -> Place:
    """The place that a PLACE question asks about. Raises ValueError for any other question."""
    known, kind, name, *details = question.subject.split("\0")
    detail = dict(item.split("=", 1) for item in details)
    return Place(kind=kind, name=name, known=bool(known), detail=detail)


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
