"""Shell lines of packs -> statements, as the tests of packs read them: by the bash reader and shfmt.

No alias, function, variable or file of this machine is known, as in `safeshell check` without --here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cache

from safeshell.gateways.shfmt import Shfmt
from safeshell.languages.bash import read
from safeshell.languages.words import Word, literal_word
from safeshell.model.facts import Ask, Facts
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Claim
from safeshell.model.values import dataclass

MAX_ROUNDS = 8


@dataclass(frozen=True)
class Line:
    """One line as read: every claim in it, nested ones too, and whether all of it was understood."""

    text: str
    claims: tuple[Claim, ...]
    understood: bool = True

    @property
    def rules(self) -> set[str]:
        return {claim.rule for claim in self.claims}

    @property
    def effects(self) -> set[str]:
        return {claim.effect.value for claim in self.claims}


@cache
def parser() -> Shfmt:
    """One shfmt runner for the whole test run."""
    return Shfmt()


def read_lines(lines: Iterable[str], knowledge: Knowledge) -> dict[str, Line]:
    """Read many lines at once: shfmt parses them in batches."""
    texts = list(dict.fromkeys(lines))
    parser().prime(texts)
    return {text: read_line(text, knowledge) for text in texts}


def read_line(text: str, knowledge: Knowledge) -> Line:
    """One line, read again while it asks for aliases or functions, of which there are none."""
    facts: Facts = {}
    for _ in range(MAX_ROUNDS):
        reading = read(text, knowledge, facts, parser())
        asked = {q: None for q in reading.questions if q.about in (Ask.ALIAS, Ask.FUNCTION) and q not in facts}
        if not asked:
            break
        facts = {**facts, **asked}
    inner = [each for statement in reading.statements for each in statement.walk()]
    claims = tuple(claim for statement in inner for claim in statement.claims)
    return Line(text, claims, not reading.invalid and all(statement.understood for statement in inner))


def words_of(line: str) -> list[Word]:
    """A plain line as literal words."""
    return [literal_word(text) for text in shlex.split(line)]
