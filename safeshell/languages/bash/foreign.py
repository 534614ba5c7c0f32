"""Bytes that are no UTF-8 (a file name in Latin-1): they stand for themselves, whatever they mean.

Such a byte arrives as a lone surrogate (PEP 383), which the parser takes for an error, though for the shell
it is a letter as any other. So the text is read with a private character in the place of each such byte,
and whatever comes out of the reading has the bytes again. What must not live here: the shells' grammar.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from enum import Enum
from typing import Any

from safeshell.languages.reading import Reading
from safeshell.model.facts import Facts
from safeshell.model.statements import Span
from safeshell.model.values import FIELDS, replace

_FIRST, _COUNT = 0x80, 0x80
_LONE, _PRIVATE = 0xDC80, 0xF780
_THERE = {_LONE + number: chr(_PRIVATE + number) for number in range(_COUNT)}
_BACK = {_PRIVATE + number: chr(_LONE + number) for number in range(_COUNT)}
_WIDER = len(chr(_PRIVATE).encode()) - 1
"""How many bytes more the private character takes."""


def holds_foreign(text: str) -> bool:
    """Whether there are such bytes in the text, and none of the characters that would stand for them."""
    if text.isascii():
        return False
    letters = set(map(ord, text))
    return not letters.isdisjoint(_THERE) and letters.isdisjoint(_BACK)


def readable(text: str) -> str:
    """The text with a private character for each foreign byte."""
    return text.translate(_THERE)


def readable_facts(facts: Facts) -> Facts:
    """The answers to what was asked about names with such bytes in them."""
    return {_translated(question, _THERE, None): _translated(fact, _THERE, None) for question, fact in facts.items()}


def original(reading: Reading, text: str) -> Reading:
    """A reading of the readable text as one of `text`: its own bytes in every name, and spans that fit it."""
    marks: list[int] = []
    at = 0
    for letter in readable(text):
        if ord(letter) in _BACK:
            marks.append(at)
        at += len(letter.encode("utf-8"))
    found: Reading = _translated(reading, _BACK, marks)
    return found


def _translated(value: Any, table: Mapping[int, str], marks: list[int] | None) -> Any:
    """A value of the model with every text in it translated, and every span moved."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, Span) and marks is not None:
        return Span(*(end - _WIDER * bisect_left(marks, end) for end in (value.start, value.end)))
    if isinstance(value, tuple):
        return tuple(_translated(item, table, marks) for item in value)
    if isinstance(value, Mapping):
        return {key: _translated(item, table, marks) for key, item in value.items()}
    names: Mapping[str, Any] = getattr(type(value), FIELDS, {})
    return (
        replace(value, **{name: _translated(getattr(value, name), table, marks) for name in names}) if names else value
    )
