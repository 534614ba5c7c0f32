"""One command as it stands on the wire, read with what the connected server can tell.

What is asked: what the server says of a name that no table has; whether the keys that would be overwritten exist;
how big the key of a heavy read is. What must not live here: the tables, asking, bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import Reading
from safeshell.languages.redis.commands import COMMANDS, HEAVY
from safeshell.languages.redis.keyspecs import CHANGED, database_of, keys_of
from safeshell.languages.redis.lines import quote_word, split_line
from safeshell.languages.redis.reader import full_name, meaning_of, statement
from safeshell.languages.redis.server import ABSENT, meaning, original
from safeshell.languages.words import literal_word
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.model.facts import Facts

PREVIEW = "redis"
HEAVY_MOST = 10_000
"""Elements that are read at once without a word."""
_HEAVY_BYTES = 10_000_000

_NEW_WHEN_ABSENT = frozenset(
    [
        "SET",
        "SETEX",
        "PSETEX",
        "GETSET",
        "MSET",
        "MSETEX",
        "SETRANGE",
        "HSET",
        "HMSET",
        "HSETEX",
        "BITOP",
        "SINTERSTORE",
        "SUNIONSTORE",
        "SDIFFSTORE",
        "ZRANGESTORE",
        "ZINTERSTORE",
        "ZUNIONSTORE",
        "ZDIFFSTORE",
        "GEOSEARCHSTORE",
        "GEORADIUS",
        "GEORADIUSBYMEMBER",
        "COPY",
        "RESTORE",
    ]
)
"""Commands that overwrite, and destroy nothing where the key is new."""
_CUT = " more words, sha256 "
"""In the word that stands for those that a long line leaves out; they may be any keys and any options."""
_PAIRS = {"LRANGE": (2, 3), "ZRANGE": (2, 3), "ZREVRANGE": (2, 3)}
_LIMITS = {"XRANGE": "COUNT", "XREVRANGE": "COUNT", "SORT": "LIMIT", "SORT_RO": "LIMIT", "ZRANGE": "LIMIT"}
"""Which words bound a read: a range of positions, or a count after this word."""


def read(text: str, facts: Facts, database: int = 0) -> Reading:
    """One command in redis-cli's spelling, as the machine writes it, sent to this database. Total on any text."""
    words = split_line(text)
    span = Span(0, len(text.encode("utf-8", "surrogateescape")))
    if words is None:
        claim = Claim(Effect.NOT_UNDERSTOOD, "redis.quotes", "has an open quote")
        return Reading((Statement(Language.REDIS, text, span, "", (claim,), understood=False),))
    cut = any(_CUT in word for word in words)
    name, meant, questions = _meant([None if _CUT in word else word for word in words], facts)
    if name in _NEW_WHEN_ABSENT and meant[0] is Effect.DESTROYS_ROWS and not cut:
        questions = (*questions, *_absence(name, words, database))
    elif name in HEAVY and meant[0] is Effect.READS:
        questions = (*questions, *_size(name, words))
    meant = _settled(name, meant, questions, facts)
    targets = _databases(name, database)
    made = statement(
        name, [literal_word(word) for word in words], text, span, meaning=meant, preview=PREVIEW, targets=targets
    )
    return Reading((made,), questions=questions)


def _databases(name: str, database: int) -> tuple[Target, ...]:
    """What a flush empties, for the challenge to name."""
    if name == "FLUSHALL":
        return (Target(TargetKind.DATABASE, "all databases", "all"),)
    return (Target(TargetKind.DATABASE, f"db{database}", f"db{database}"),) if name == "FLUSHDB" else ()


def _meant(words: Sequence[str | None], facts: Facts) -> tuple[str, tuple[Effect, str], tuple[Question, ...]]:
    """The command's common name and its meaning, by the tables or by what the server says of it."""
    name = full_name(words)
    if name in COMMANDS:
        return name, meaning_of(name, words), ()
    question = Question(Ask.SERVER_COMMAND, name or str(words[0] if words else "").upper())
    if question not in facts:
        return name, meaning_of(name, words), (question,)
    answer = facts[question]
    if not isinstance(answer, str):
        return name, ABSENT, (question,)
    renamed = full_name([original(answer).partition("|")[0], *words[1:]])
    if renamed in COMMANDS:
        return renamed, meaning_of(renamed, words), (question,)
    return name, meaning(answer), (question,)


def _absence(name: str, words: Sequence[str], database: int) -> tuple[Question, ...]:
    """Whether the keys that would be overwritten exist; another database is not asked, so there they may."""
    if database_of(name, words, database) != database:
        return ()
    changed = [words[key.index] for key in keys_of(name, words) or () if key.access in CHANGED]
    return (Question(Ask.KEYS_ABSENT, " ".join(map(quote_word, changed))),) if changed else ()


def _size(name: str, words: Sequence[str]) -> tuple[Question, ...]:
    keys = keys_of(name, words)
    if not keys or _few(name, words):
        return ()
    return tuple(Question(Ask.KEY_SIZE, f"{HEAVY[name][0]} {quote_word(words[key.index])}") for key in keys[:3])


def _few(name: str, words: Sequence[str]) -> bool:
    """True when the words themselves bound what is read."""
    upper = [word.upper() for word in words]
    limit = _LIMITS.get(name)
    if limit in upper:
        return _number(words[-1]) is not None and abs(_number(words[-1]) or 0) <= HEAVY_MOST
    if name not in _PAIRS or "BYSCORE" in upper or "BYLEX" in upper:
        return False
    first, last = (_number(words[place]) if place < len(words) else None for place in _PAIRS[name])
    if first is None or last is None or (first < 0) != (last < 0):
        return False
    return last - first < HEAVY_MOST


def _number(word: str) -> int | None:
    digits = word.removeprefix("-")
    return int(word) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None  # noqa: PLR2004 - 64 bits


def _settled(name: str, meant: tuple[Effect, str], questions: Sequence[Question], facts: Facts) -> tuple[Effect, str]:
    """What the answers make of it."""
    for question in questions:
        answer = facts.get(question)
        if question.about is Ask.KEYS_ABSENT and answer is True:
            return Effect.WRITES, "sets a new key"
        if question.about is Ask.KEY_SIZE and isinstance(answer, str):
            unit = HEAVY[name][1]
            if int(answer) > (_HEAVY_BYTES if unit == "bytes" else HEAVY_MOST):
                return Effect.BLOCKS_OTHERS, f"reads {int(answer):,} {unit} at once while everybody waits"
    return meant
