"""Brace expansion: one word into several, before anything else is expanded.

Works on a word cut into atoms: an unquoted character is a one-letter string, everything else
(quoted text, an expansion) is an object that goes through untouched. What must not live here:
what those objects mean. Rules from the bash manual, section 3.5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from safeshell.languages.bash.limits import MAX_WORDS, TooMuchError

T = TypeVar("T")
_SEQUENCE_PARTS = (2, 3)
_MOST_BRACES = 128


def expand_braces(atoms: Sequence[str | T]) -> list[list[str | T]]:
    """Every word that the atoms stand for, in bash's order. Raises TooMuchError over the cap."""
    if "{" not in atoms:
        return [list(atoms)]
    if atoms.count("{") > _MOST_BRACES:
        raise TooMuchError("it has more braces than safeshell follows")
    return _expand(list(atoms), 0)


def _expand(atoms: list[str | T], depth: int) -> list[list[str | T]]:
    if depth > _MOST_BRACES:
        raise TooMuchError("its braces nest too deep")
    start = 0
    while start < len(atoms):
        found = _group(atoms, start) if atoms[start] == "{" else None
        if found is None:
            start += 1
            continue
        alternatives, end = found
        tails = _expand(atoms[end + 1 :], depth + 1)
        heads = [alternative for choice in alternatives for alternative in _expand(choice, depth + 1)]
        if len(heads) * len(tails) > MAX_WORDS:
            raise TooMuchError("its braces make more words than safeshell follows")
        return [atoms[:start] + head + tail for head in heads for tail in tails]
    return [atoms]


def _group(atoms: list[str | T], start: int) -> tuple[list[list[str | T]], int] | None:
    """The alternatives of the group opened at `start` and the place of its `}`; None: it is literal."""
    depth = 0
    cuts = [start]
    for at in range(start, len(atoms)):
        atom = atoms[at]
        if atom == "{":
            depth += 1
        elif atom == "," and depth == 1:
            cuts.append(at)
        elif atom == "}":
            depth -= 1
            if depth == 0:
                return _alternatives(atoms, [*cuts, at])
    return None


def _alternatives(atoms: list[str | T], cuts: list[int]) -> tuple[list[list[str | T]], int] | None:
    end = cuts[-1]
    if len(cuts) > 2:  # noqa: PLR2004 - the opening brace, the closing one, and a comma between them
        pairs = pairwise(cuts)
        return [atoms[left + 1 : right] for left, right in pairs], end
    inner = atoms[cuts[0] + 1 : end]
    made = _sequence("".join(inner)) if all(isinstance(atom, str) for atom in inner) else None  # type: ignore[arg-type]
    return None if made is None else ([list(text) for text in made], end)


def _sequence(text: str) -> list[str] | None:
    """`1..3`, `01..10..2`, `a..e`: the texts, None if it is no sequence."""
    parts = text.split("..")
    if len(parts) not in _SEQUENCE_PARTS:
        return None
    step = _number(parts[2]) if len(parts) > 2 else 0  # noqa: PLR2004 - first, last and the optional step
    if step is None:
        return None
    first, last = _number(parts[0]), _number(parts[1])
    if first is not None and last is not None:
        width = max(map(len, parts[:2])) if _padded(parts[0]) or _padded(parts[1]) else 0
        return [f"{number:0{width}d}" for number in _count(first, last, step)]
    if all(len(part) == 1 and part.isascii() and part.isalpha() for part in parts[:2]):
        return [chr(number) for number in _count(ord(parts[0]), ord(parts[1]), step)]
    return None


def _number(text: str) -> int | None:
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None  # noqa: PLR2004 - 64 bits


def _padded(text: str) -> bool:
    digits = text.lstrip("-+")
    return len(digits) > 1 and digits.startswith("0")


def _count(first: int, last: int, step: int) -> range:
    stride = abs(step) or 1
    made = range(first, last + 1, stride) if first <= last else range(first, last - 1, -stride)
    if len(made) > MAX_WORDS:
        raise TooMuchError("its braces make more words than safeshell follows")
    return made
