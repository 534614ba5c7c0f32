"""What one reading works with: knowledge, answered facts, the parser, questions still open.

What must not live here: syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.languages.bash.fast import fast_tree
from safeshell.languages.bash.limits import Budget
from safeshell.languages.reading import NO_NAMES, Parse, ParseFailure, SessionNames
from safeshell.model.facts import Ask, Facts, Question
from safeshell.model.knowledge import Knowledge
from safeshell.model.values import dataclass, field


@dataclass(slots=True)
class Desk:
    """Shared by everything that takes part in one reading.

    `written` are the paths that the text itself writes to (None: an unknown one): what a file holds
    now says nothing about what it will hold when it is run.
    """

    knowledge: Knowledge
    facts: Facts
    parse: Parse
    names: SessionNames = NO_NAMES
    questions: dict[Question, None] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    written: set[str | None] = field(default_factory=set)
    unknown_aliases: set[str] = field(default_factory=set)
    trees: dict[str, Mapping[str, Any] | ParseFailure] = field(default_factory=dict)

    def tree(self, text: str) -> Mapping[str, Any] | ParseFailure:
        """The syntax tree of a text, by the fast path where that is exact, each text once."""
        if text not in self.trees:
            self.trees[text] = fast_tree(text) or self.parse(text)
        return self.trees[text]

    def ask(self, about: Ask, subject: str) -> tuple[bool, str | None]:
        """Whether it is answered, and the answer; else the question is put on the list."""
        question = Question(about, subject)
        if question in self.facts:
            answer = self.facts[question]
            return True, answer if isinstance(answer, str) else None
        self.questions[question] = None
        return False, None
