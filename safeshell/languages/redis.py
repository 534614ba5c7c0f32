"""Commands of Redis and Valkey -> Statements, by name: a list of words, or a text of lines.

What must not live here: the table of commands (rediswords), the wire protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import UNKNOWN_PART, Reading, told_lines, unread_shell
from safeshell.languages.rediswords import COMMANDS, CONTAINERS, KEYLESS, MANY_KEYS, SLEEPERS
from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.effects import RISKS, Effect, Risk
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_HEX_DIGITS = 2
_NOT_UNDERSTOOD = (Effect.NOT_UNDERSTOOD, "is not a command that is known here")


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A text of inline commands, one a line, as redis-cli reads them. Total on any text; see `ReadText`."""
    del knowledge, shell
    return Reading(tuple(_line(line, span) for line, span in told_lines(text)))


def read_words(words: Sequence[Word]) -> Statement:
    """One command given as separate words (redis-cli's arguments, the wire)."""
    text = " ".join(word.source for word in words)
    span = Span(words[0].span.start, words[-1].span.end) if words else Span(0, 0)
    return _statement(list(words), text, span)


def _line(text: str, span: Span) -> Statement:
    words = split_line(text)
    if words is None:
        claim = Claim(Effect.NOT_UNDERSTOOD, "redis.quotes", "has an open quote")
        return Statement(Language.REDIS, text, span, "", (claim,), understood=False)
    return _statement([_word(word, span) for word in words], text, span)


def _word(text: str, span: Span) -> Word:
    """A word of a line; with a part that only running tells, none of it is known."""
    if UNKNOWN_PART not in text:
        return literal_word(text, span)
    return Word((Piece(PieceKind.OPAQUE, text),), text, span)


def _statement(words: list[Word], text: str, span: Span) -> Statement:
    while words and (words[0].literal or "").isdigit():  # redis-cli: how often to repeat
        words = words[1:]
    name = (words[0].literal or "").upper() if words else ""
    below = (words[1].literal or "").upper() if len(words) > 1 else ""
    effect, reason = _meaning(name, below)
    effect, reason = _sharpened(name, words, effect, reason)
    full = f"{name}|{below}" if name in CONTAINERS and below else name
    claim = Claim(
        effect=effect,
        rule=f"redis.{full.lower().replace('|', '.') or 'unknown'}",
        reason=reason,
        targets=_targets(name, words),
        unbounded=_unbounded(effect, name, words),
    )
    understood = effect is not Effect.NOT_UNDERSTOOD
    return Statement(Language.REDIS, text, span, full.replace("|", " ").lower(), (claim,), understood=understood)


def _meaning(name: str, below: str) -> tuple[Effect, str]:
    if name == "DEBUG" and below in SLEEPERS:
        return SLEEPERS[below]
    if name in CONTAINERS and (below or name not in COMMANDS):
        return COMMANDS.get(f"{name}|{below}", _NOT_UNDERSTOOD)
    return COMMANDS.get(name, _NOT_UNDERSTOOD)


def _sharpened(name: str, words: Sequence[Word], effect: Effect, reason: str) -> tuple[Effect, str]:
    """What options make of a command. A word that is not known may be any option: doubt keeps the worse."""
    said = {(word.literal or "").upper() for word in words[2:]}
    if name == "SET" and "NX" in said and not {"XX", "GET"} & said:
        return Effect.WRITES, "sets a new key"
    if name == "COPY" and "REPLACE" not in said and all(word.literal is not None for word in words):
        return Effect.WRITES, "copies to a new key"
    if name in ("SORT", "GEORADIUS", "GEORADIUSBYMEMBER"):
        unclear = any(word.literal is None for word in words[2:])
        if not unclear and not {"STORE", "STOREDIST"} & said:
            return Effect.READS, "reads"
    return effect, reason


def _targets(name: str, words: Sequence[Word]) -> tuple[Target, ...]:
    """The keys, where the command has any."""
    if name in KEYLESS or name in CONTAINERS or name not in COMMANDS:
        return ()
    keys = words[1:] if name in MANY_KEYS else words[1:2]
    return tuple(Target(TargetKind.KEY, word.source, word.known, word.glob) for word in keys)


def _unbounded(effect: Effect, name: str, words: Sequence[Word]) -> bool:
    """Destructive, and not all its words are known."""
    if RISKS[effect] < Risk.HIGH or effect is Effect.NOT_UNDERSTOOD:
        return False
    return name == "FLUSHALL" or any(word.known is None for word in words[1:])


def split_line(text: str) -> list[str] | None:
    """Words of a line as redis-cli splits it; None for an open quote or text right after one."""
    words: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return words
        word, at = _split_word(text, at)
        if at < 0:
            return None
        words.append(word)


def _split_word(text: str, at: int) -> tuple[str, int]:
    """The word at `at` and where it ends (-1: an open quote)."""
    letters: list[str] = []
    while at < len(text) and not text[at].isspace():
        quote = text[at]
        if quote not in "\"'":
            letters.append(quote)
            at += 1
            continue
        inner, at = _quoted(text, at + 1, quote)
        if at < 0 or (at < len(text) and not text[at].isspace()):
            return "", -1
        letters.append(inner)
    return "".join(letters), at


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    """The inside of a quote opened before `at`, and the place after its end (-1: none)."""
    letters: list[str] = []
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and at + 1 < len(text) and (quote == '"' or text[at + 1] == "'"):
            letter, at = _escape(text, at + 1, quote)
            letters.append(letter)
            continue
        letters.append(text[at])
        at += 1
    return ("".join(letters), at + 1) if at < len(text) else ("", -1)


def _escape(text: str, at: int, quote: str) -> tuple[str, int]:
    """What stands after a backslash, and the place after it."""
    digits = text[at + 1 : at + 1 + _HEX_DIGITS]
    if quote == '"' and text[at] == "x" and len(digits) == _HEX_DIGITS and _is_hex(digits):
        return chr(int(digits, 16)), at + 1 + _HEX_DIGITS
    return (_ESCAPES.get(text[at], text[at]) if quote == '"' else text[at]), at + 1


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)
