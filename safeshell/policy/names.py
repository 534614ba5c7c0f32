"""What a bare name says about its tier: the word rule.

What must not live here: configured rules, and anything but names.
"""

from __future__ import annotations

from safeshell.model.tiers import Tier

PRODUCTION_WORDS = frozenset({"prod", "prd", "production", "live"})
NEGATED_WORDS = frozenset({"nonprod", "nonprd", "nonproduction", "preprod", "preprd", "preproduction", "notprod"})
NEGATIONS = frozenset({"non", "not", "no", "pre"})
DOUBT_WORDS = frozenset(
    {"dev", "devel", "development", "test", "tests", "testing", "stage", "staging", "stg", "restore", "edit"}
)
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")


def words(name: str) -> list[str]:
    """Runs of letters in lower case; `shopProd` holds two, `prod1` and `web-prod` hold prod."""
    found: list[str] = []
    at = 0
    while at < len(name):
        end = _run(name, at, _UPPER)
        if end < len(name) and name[end] in _LOWER:  # the last capital begins the next word
            end = end - 1 if end - at > 1 else _run(name, max(end, at + 1), _LOWER)
        if end > at:
            found.append(name[at:end].lower())
        at = max(end, at + 1)
    return found


def _run(name: str, start: int, letters: frozenset[str]) -> int:
    """Where the letters of this kind end that begin at `start`."""
    while start < len(name) and name[start] in letters:
        start += 1
    return start


def tier_of_name(name: str) -> tuple[Tier, str] | None:
    """PRODUCTION or UNKNOWN with the reason, None where the name says nothing.

    A production word as a whole word means production; negated, or beside a word of another stage,
    nobody can tell.
    """
    found = words(name)
    negated = next((word for word in found if word in NEGATED_WORDS), "")
    if negated:
        return Tier.UNKNOWN, f"holds {negated}, which tells what it is not"
    for index, word in enumerate(found):
        if word not in PRODUCTION_WORDS:
            continue
        if index and found[index - 1] in NEGATIONS:
            return Tier.UNKNOWN, f"holds {found[index - 1]}-{word}, which tells what it is not"
        beside = next((other for other in found if other in DOUBT_WORDS), "")
        if beside:
            return Tier.UNKNOWN, f"holds both {word} and {beside}"
        return Tier.PRODUCTION, f"holds the word {word}"
    return None
