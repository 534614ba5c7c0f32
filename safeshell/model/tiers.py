"""Tiers and modes: the two words of a prompt.

Apart from the other words of judging, because the first prompt waits for these and not for those.
What must not live here: anything that a prompt does not show.
"""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """How much a place matters. `strictness` orders them: development < staging < unknown < production."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    UNKNOWN = "unknown"
    PRODUCTION = "production"

    @property
    def strictness(self) -> int:
        """0 for development to 3 for production."""
        return _TIER_ORDER[self.value]

    @property
    def word(self) -> str:
        """The word of prompts and dialogs: DEV, STAGING, UNKNOWN or PROD."""
        return _TIER_WORDS[self.value]


_TIER_ORDER = {"development": 0, "staging": 1, "unknown": 2, "production": 3}
_TIER_WORDS = {"development": "DEV", "staging": "STAGING", "unknown": "UNKNOWN", "production": "PROD"}


class Mode(StrEnum):
    """Whether plain writes pass without a question."""

    READ_ONLY = "ro"
    READ_WRITE = "rw"


def default_mode(tier: Tier) -> Mode:
    """Production and unknown places start read-only, the others read-write."""
    return Mode.READ_ONLY if tier.strictness >= Tier.UNKNOWN.strictness else Mode.READ_WRITE
