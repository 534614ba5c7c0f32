"""Zsh lines read by the real parsers, for the tests of this directory. What must not live here: assertions."""

from __future__ import annotations

from safeshell.languages.reading import Reading, SessionNames
from safeshell.languages.registry import read
from safeshell.model.facts import Answer, Question
from safeshell.model.statements import Language
from tests.languages.bash.lines import KNOWLEDGE, PARSE

COMMENTS = frozenset({"interactivecomments"})


def reading(
    text: str, traits: frozenset[str] = COMMENTS, aliases: frozenset[str] = frozenset(), **told: str
) -> Reading:
    """What a zsh would run for `text`; `told` answers questions by `kind_name`."""
    from safeshell.model.facts import Ask

    facts: dict[Question, Answer] = {
        Question(Ask(kind), name): value for (kind, _, name), value in ((key.partition("_"), told[key]) for key in told)
    }
    return read(Language.ZSH, text, KNOWLEDGE, facts, PARSE, SessionNames(aliases, traits=traits))


def effects(text: str, **options: object) -> set[str]:
    """The effects of everything that a zsh line would run."""
    found = reading(text, **options)  # type: ignore[arg-type]
    return {effect.value for statement in found.statements for inner in statement.walk() for effect in inner.effects}


def targets(text: str, **options: object) -> list[str | None]:
    """The values of all targets of what destroys."""
    found = reading(text, **options)  # type: ignore[arg-type]
    return [
        target.value
        for statement in found.statements
        for inner in statement.walk()
        for claim in inner.claims
        if claim.effect.value.startswith("destroys")
        for target in claim.targets
    ]
