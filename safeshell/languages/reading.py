"""What a language hands back for a text, and the parser that it is handed.

What must not live here: any language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from safeshell.model.facts import Question
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement
from safeshell.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """Statements of one text.

    `questions` would make the reading better (variables, aliases, functions, texts of files that
    are run): the road has them answered and reads again. `complete` is False where the shell would
    ask for another line. `invalid` means that the shell itself will reject the text and run nothing.
    """

    statements: tuple[Statement, ...]
    questions: tuple[Question, ...] = ()
    complete: bool = True
    invalid: bool = False


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """Why there is no syntax tree. Exactly one text, said to a person.

    `incomplete`: the text ends in the middle of a construct. `rejected`: bash itself rejects it too.
    Neither: the parser is missing, too slow, or knows less than the shell. `spelled`: the same text as
    the shell itself spells it out (zsh's short forms of loops), which may be read in its place.
    """

    message: str
    incomplete: bool = False
    rejected: bool = False
    spelled: str = ""


Parse = Callable[[str], "Mapping[str, Any] | ParseFailure"]
"""shfmt's JSON tree of a bash text (offsets in bytes), or why there is none. Owns its deadline."""


@dataclass(frozen=True, slots=True)
class SessionNames:
    """Names that the interactive shell would not take at their word: its aliases and functions.

    Empty outside a session. `complete` is False where the shell could not list them all: then a
    command word may mean something else than the program of that name. Aliases of other kinds than the
    usual begin with it: `-g NAME` is one for any word, `-s NAME` one for commands that end in .NAME
    (zsh). `traits` are the options of that shell that decide how it reads a text.
    """

    aliases: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    complete: bool = True
    traits: frozenset[str] = frozenset()


UNKNOWN_PART = "safeshell_unknown"
"""Stands in a text of a little language where a part of it is known only while it runs (`"s/$old/x/"`).

The readers take such a part for data: a number, a pattern, the end of a name. Where it could be code (a
command of sed, a statement of SQL or awk), the statement that holds it is `dynamic` or not understood.
That data breaks out of its quotes or slashes is an attack, not a mistake, and is not looked for.
"""

NO_NAMES = SessionNames()
"""What a script, a child shell or `safeshell check` sees: no alias and no function of a session."""

ReadShell = Callable[[str], tuple[Statement, ...]]
"""How a language has the shell text inside it read (`\\!`, `system()`, `e`): its statements go into
`nested` as they are. Their spans are of the inner text. The shell's reader owns depth and deadline."""


def unread_shell(text: str) -> tuple[Statement, ...]:
    """Where no shell reader is at hand, the shell text inside is not understood."""
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    return (Statement(Language.BASH, text, span, "", understood=False, dynamic=True),)


ReadText = Callable[[str, Knowledge, ReadShell], Reading]
"""`read` of every little language (sed, awk, crontab, python, postgres, mysql, redis, mongo): total on any text,
one Statement a command of that language (one for a whole program of sed or awk), no questions, a
Statement with understood=False for what the language could not make out."""


def told_lines(text: str) -> Iterator[tuple[str, Span]]:
    """The lines of a text in a language of one statement a line, without blanks around, with their spans.

    Empty lines and comments are left out. Spans are in bytes and cover the whole line.
    """
    at = 0
    for line in text.splitlines(keepends=True):
        size = len(line.encode("utf-8", "surrogatepass"))
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield stripped, Span(at, at + size)
        at += size
