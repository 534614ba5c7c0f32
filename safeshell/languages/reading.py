"""What a language hands back for a text, and the parser that it is handed.

What must not live here: any language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from safeshell.model.facts import Question
from safeshell.model.statements import Statement


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
    Neither: the parser is missing, too slow, or knows less than bash.
    """

    message: str
    incomplete: bool = False
    rejected: bool = False


Parse = Callable[[str], "Mapping[str, Any] | ParseFailure"]
"""shfmt's JSON tree of a bash text (offsets in bytes), or why there is none. Owns its deadline."""
