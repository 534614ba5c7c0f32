"""What one reading works with: knowledge, answered facts, the parser, questions still open.

What must not live here: syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.languages.bash.dialects import dialect_of
from safeshell.languages.bash.limits import Budget
from safeshell.languages.reading import NO_NAMES, Parse, ParseFailure, SessionNames
from safeshell.model.facts import Ask, Facts, Question
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language
from safeshell.model.values import dataclass, field, replace


@dataclass(slots=True)
class Desk:
    """Shared by everything that takes part in one reading.

    `written` are the paths that the text itself writes to (None: an unknown one): what a file holds
    now says nothing about what it will hold when it is run. `hidden` turns True when words came out with a
    substitution and a subscript's bracket as plain text, kept from running by quotes: what is read again may
    hold both then (`seen`: which of the two). `integers` are the variables that the text made integers: what
    they are given is evaluated.
    """

    knowledge: Knowledge
    facts: Facts
    parse: Parse
    names: SessionNames = NO_NAMES
    questions: dict[Question, None] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    written: set[str | None] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    integers: set[str] = field(default_factory=set)
    unknown_aliases: set[str] = field(default_factory=set)
    language: Language = Language.BASH
    trees: dict[tuple[Language, str], Mapping[str, Any] | ParseFailure] = field(default_factory=dict)

    def tree(self, text: str, language: Language | None = None) -> Mapping[str, Any] | ParseFailure:
        """The syntax tree of a text (of the outermost text's language, where none is named), each text once."""
        key = (language or self.language, text)
        if key not in self.trees:
            inside = replace(self.names, traits=self.names.traits | {"interactivecomments"})
            names = self.names if language is None else inside  # only what is typed may have no comments
            self.trees[key] = dialect_of(key[0]).tree(text, self.parse, names)
        return self.trees[key]

    def notice(self, text: str) -> None:
        """Remember what quotes kept from meaning anything: see `hidden`."""
        if "$(" in text or "`" in text:
            self.seen.add("substitution")
        if "[" in text:
            self.seen.add("subscript")

    @property
    def hidden(self) -> bool:
        """Whether a text that is evaluated later may hold a subscript that runs something."""
        return len(self.seen) > 1

    def ask(self, about: Ask, subject: str) -> tuple[bool, str | None]:
        """Whether it is answered, and the answer; else the question is put on the list."""
        question = Question(about, subject)
        if question in self.facts:
            answer = self.facts[question]
            return True, answer if isinstance(answer, str) else None
        self.questions[question] = None
        return False, None
