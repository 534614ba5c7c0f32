"""Short ways to make knowledge and words, for the tests of the command interpreter."""

from __future__ import annotations

import textwrap

from safeshell.languages.commands import Interpretation, interpret
from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Span
from safeshell.policy.packs import load_packs

RULE = "reason: does it, examples: [x], counter_examples: [y]"
"""The keys that every rule needs, for rules written on one line."""


def knowledge(commands: str) -> Knowledge:
    """Knowledge of one pack called `t` with these commands, given as YAML."""
    return load_packs({"t": "pack: t\nversion: 1\ncommands:\n" + textwrap.indent(textwrap.dedent(commands), "  ")})


def unknown(text: str = "$X", *, before: str = "", splits: bool = False, opaque: bool = False) -> Word:
    """A word that is not known before running, perhaps after literal text."""
    pieces = (Piece(PieceKind.LITERAL, before),) if before else ()
    kind = PieceKind.OPAQUE if opaque else PieceKind.VARIABLE
    return Word((*pieces, Piece(kind, text)), before + text, Span(0, 0), splits)


def globbed(text: str) -> Word:
    """A word that is an unquoted pattern."""
    return Word((Piece(PieceKind.GLOB, text),), text, Span(0, 0))


def words(*parts: str | Word) -> list[Word]:
    """Literal words, split at spaces, and other words as they are."""
    found: list[Word] = []
    for part in parts:
        found += [part] if isinstance(part, Word) else [literal_word(text) for text in part.split()]
    return found


def run(known: Knowledge, *parts: str | Word, piped: bool = False, appended: bool = False) -> Interpretation:
    """One command interpreted."""
    return interpret(words(*parts), known, piped=piped, appended=appended)


def effects(found: Interpretation) -> list[str]:
    """The effects of all claims in order."""
    return [claim.effect.value for claim in found.claims]


def rules(found: Interpretation) -> list[str]:
    """The rules of all claims in order, without the name of the pack."""
    return [claim.rule.removeprefix("t.") for claim in found.claims]


def targets(found: Interpretation) -> list[str | None]:
    """The values of all targets in order."""
    return [target.value for claim in found.claims for target in claim.targets]
