"""Secrets are covered before anything is kept. Pure text work, linear in the text.

Covered: values by their name (secret_names), by their shape (secret_shapes), by the program that
takes them (secret_words). Not found, and told so in the user guide: secrets without a name or a known
shape, like the second value of `INSERT INTO users VALUES ('ada', 'secret')`, positional arguments,
and anything encoded once more. When in doubt more is covered rather than less.

What must not live here: judging what would run; files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from safeshell.records.extents import Extents, occurs
from safeshell.records.secret_names import TRIGGERS, is_secret_name, named_secrets
from safeshell.records.secret_shapes import SHAPE_TRIGGERS, shaped_secrets
from safeshell.records.secret_words import triggers, worded_parts, worded_secrets

REDACTED = "[redacted]"

_SHORT = 16
_PLAIN = re.compile(r"[\w./~+,-]*").fullmatch

_REMEMBERED = 512
_clean: set[str] = set()
"""Short texts that were found to hold no secret: hosts, directories, reasons come again with every line.
Never a text with a secret."""


def redact(text: str) -> str:
    """The text with `[redacted]` in place of each secret; everything else stays as it is."""
    if text in _clean:
        return text
    covered = _redacted(text)
    if covered == text and len(text) <= _REMEMBERED:
        if len(_clean) >= _REMEMBERED:
            _clean.clear()
        _clean.add(text)
    return covered


def _redacted(text: str) -> str:
    lowered = text.lower()
    if (len(text) < _SHORT and _PLAIN(text)) or (lowered == text and text.isalnum()):
        return text  # a lone word: too short for a token, without a place for a name and a value
    extents = Extents(text)
    spans: list[tuple[int, int]] = []
    if occurs(TRIGGERS, lowered):
        spans += named_secrets(extents)
    if occurs(triggers(), lowered):
        spans += worded_secrets(extents)
    if occurs(SHAPE_TRIGGERS, lowered):
        spans += shaped_secrets(extents, lowered)
    return _covered(text, spans) if spans else text


def redact_words(words: Sequence[str]) -> list[str]:
    """The same for an argument list, where `--password` and its value are two words."""
    kept = worded_parts(words)
    return [word[: kept[index]] + REDACTED if index in kept else redact(word) for index, word in enumerate(words)]


def redact_detail(detail: Mapping[str, object]) -> dict[str, object]:
    """A copy in plain JSON values, with every string in it redacted, keys too.

    The value of a key with a secret name is covered whole. What JSON does not know becomes text.
    """
    return _cleaned_mapping(detail, secret=False)


def _cleaned_mapping(detail: Mapping[str, object], *, secret: bool) -> dict[str, object]:
    cleaned: dict[str, object] = {}
    for key, value in detail.items():
        name, names_secret = _key(str(key))
        cleaned[name] = _cleaned(value, secret=secret or names_secret)
    return cleaned


@lru_cache(maxsize=256)
def _key(key: str) -> tuple[str, bool]:
    """A key as it may be kept, and whether its value is secret; keys are few and come again and again."""
    return redact(key), is_secret_name(key)


def _cleaned(value: object, *, secret: bool) -> object:
    if type(value) is str and not secret:
        return redact(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return _cleaned_mapping(value, secret=secret)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _cleaned_list(value, secret=secret)
    if secret:
        return REDACTED if value != "" else ""
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, int) or (isinstance(value, float) and value - value == 0.0):
        return value
    return redact(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _cleaned_list(values: Iterable[object], *, secret: bool) -> list[object]:
    listed = list(values)
    if not secret and len(listed) > 1 and all(isinstance(value, str) for value in listed):
        return list(redact_words([str(value) for value in listed]))
    return [_cleaned(value, secret=secret) for value in listed]


def _covered(text: str, spans: list[tuple[int, int]]) -> str:
    """Replace the spans, overlapping ones as one."""
    parts: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position or end <= start:
            continue
        if start >= position:
            parts += (text[position:start], REDACTED)
        position = end
    parts.append(text[position:])
    return "".join(parts)
