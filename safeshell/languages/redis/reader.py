"""Commands of Redis and Valkey -> Statements, by name: a list of words, or a text of lines.

What must not live here: the tables (commands, keyspecs, settings), options (options), the wire protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import UNKNOWN_PART, Reading, told_lines, unread_shell
from safeshell.languages.redis.commands import ADVICE, COMMANDS, CONTAINERS, REASONS
from safeshell.languages.redis.keyspecs import CHANGED, keys_of
from safeshell.languages.redis.lines import split_line
from safeshell.languages.redis.options import sharpened
from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.effects import RISKS, Effect, Risk
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_NOT_UNDERSTOOD = (Effect.NOT_UNDERSTOOD, "is not a command that is known here")
_NUMBERED = frozenset({"SWAPDB"})
"""Commands whose words are databases."""


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A text of inline commands, one a line, as redis-cli reads them. Total on any text; see `ReadText`."""
    del knowledge, shell
    return Reading(tuple(_line(line, span) for line, span in told_lines(text)))


def read_words(words: Sequence[Word]) -> Statement:
    """One command given as separate words (redis-cli's arguments, the wire)."""
    text = " ".join(word.source for word in words)
    span = Span(words[0].span.start, words[-1].span.end) if words else Span(0, 0)
    return _typed(list(words), text, span)


def _line(text: str, span: Span) -> Statement:
    words = split_line(text)
    if words is None:
        claim = Claim(Effect.NOT_UNDERSTOOD, "redis.quotes", "has an open quote")
        return Statement(Language.REDIS, text, span, "", (claim,), understood=False)
    return _typed([_word(word, span) for word in words], text, span)


def _word(text: str, span: Span) -> Word:
    """A word of a line; with a part that only running tells, none of it is known."""
    if UNKNOWN_PART not in text:
        return literal_word(text, span)
    return Word((Piece(PieceKind.OPAQUE, text),), text, span)


def _typed(words: list[Word], text: str, span: Span) -> Statement:
    while words and (words[0].literal or "").isdigit():  # redis-cli: how often to repeat
        words = words[1:]
    name = full_name([word.literal for word in words[:2]])
    return statement(name, words, text, span, meaning=meaning_of(name, [word.literal for word in words]))


def full_name(words: Sequence[str | None]) -> str:
    """`GET`, `CONFIG|SET`; "" where the first word is not known."""
    name = (words[0] or "").upper() if words else ""
    if name in CONTAINERS and len(words) > 1:
        return f"{name}|{(words[1] or '').upper()}"
    return name


def meaning_of(name: str, words: Sequence[str | None]) -> tuple[Effect, str]:
    """Effect and reason by the tables alone."""
    effect, reason = COMMANDS.get(name, _NOT_UNDERSTOOD)
    return sharpened(name, words, (effect, REASONS.get(name, reason)))


def statement(  # noqa: PLR0913 - a command and all that is known of it
    name: str,
    words: Sequence[Word],
    text: str,
    span: Span,
    *,
    meaning: tuple[Effect, str],
    preview: str = "",
    targets: tuple[Target, ...] = (),
) -> Statement:
    """One command with what it means; `preview` names what shows its damage, "" where nothing can be looked at."""
    effect, reason = meaning
    claim = Claim(
        effect=effect,
        rule=f"redis.{name.lower().replace('|', '.') or 'unknown'}",
        reason=reason,
        targets=targets or targets_of(name, words),
        unbounded=_unbounded(effect, name, words),
        advice=ADVICE.get(name, "") if effect is not Effect.READS else "",
        preview=preview if effect is not Effect.READS else "",
    )
    understood = effect is not Effect.NOT_UNDERSTOOD
    verb = name.replace("|", " ").lower() if understood or name in COMMANDS else name.lower()
    literal = tuple(word.literal for word in words)
    return Statement(Language.REDIS, text, span, verb, (claim,), understood=understood, words=literal)


def targets_of(name: str, words: Sequence[Word]) -> tuple[Target, ...]:
    """The keys of which something goes; the databases where the command names some."""
    if name in _NUMBERED:
        return tuple(Target(TargetKind.DATABASE, word.source, word.known) for word in words[1:])
    found = keys_of(name, [word.literal for word in words]) or ()
    changed = [key for key in found if key.access in CHANGED] or list(found)
    chosen = [words[key.index] for key in changed]
    return tuple(Target(TargetKind.KEY, word.source, word.known, word.glob) for word in chosen)


def _unbounded(effect: Effect, name: str, words: Sequence[Word]) -> bool:
    """Destructive, and not all its words are known."""
    if RISKS[effect] < Risk.HIGH or effect is Effect.NOT_UNDERSTOOD:
        return False
    return name == "FLUSHALL" or any(word.known is None for word in words[1:])
