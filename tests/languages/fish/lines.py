"""fish lines read for the tests of this directory. What must not live here: assertions."""

from __future__ import annotations

from safeshell.languages.reading import Reading, SessionNames
from safeshell.languages.registry import read
from safeshell.model.facts import Answer, Ask, Question
from safeshell.model.statements import Language
from tests.languages.bash.lines import KNOWLEDGE, PARSE


def reading(text: str, **told: str | None) -> Reading:
    """What a fish would run for `text`; `told` answers questions by `kind_name`."""
    facts: dict[Question, Answer] = {}
    for key, value in told.items():
        kind, _, name = key.partition("_")
        facts[Question(Ask(kind), name)] = value
    return read(Language.FISH, text, KNOWLEDGE, facts, PARSE, SessionNames(complete=not told))


def effects(text: str, **told: str | None) -> set[str]:
    """The effects of everything that a fish line would run."""
    found = reading(text, **told).statements
    return {effect.value for statement in found for inner in statement.walk() for effect in inner.effects}


def words(text: str) -> list[tuple[str | None, ...]]:
    """The words of every command, None for what only running tells."""
    return [inner.words for statement in reading(text).statements for inner in statement.walk() if inner.words]


def targets(text: str, **told: str | None) -> list[str | None]:
    """The values of all targets of what destroys."""
    return [
        target.value
        for statement in reading(text, **told).statements
        for inner in statement.walk()
        for claim in inner.claims
        if claim.effect.value.startswith("destroys")
        for target in claim.targets
    ]
