"""The vocabulary is whole and ordered."""

from __future__ import annotations

import pytest

from safeshell.model.effects import HARMLESS, RISKS, Demand, Effect, Mode, Risk, Tier, default_mode


def test_every_effect_has_a_risk():
    """No effect is without a place in the order."""
    assert set(RISKS) == set(Effect)


def test_only_harmless_effects_have_no_risk():
    """What is silent everywhere is exactly what has no risk."""
    assert {effect for effect, risk in RISKS.items() if risk is Risk.NONE} == set(HARMLESS)


def test_tiers_are_ordered_as_in_the_drawing():
    """development < staging < unknown < production."""
    ordered = sorted(Tier, key=lambda tier: tier.strictness)
    assert [tier.value for tier in ordered] == ["development", "staging", "unknown", "production"]


def test_demands_are_ordered_as_in_the_drawing():
    """ALLOW < QUIET < KEY < CONFIRM < APPROVAL < DENY."""
    assert [d.name for d in sorted(Demand)] == ["ALLOW", "QUIET", "KEY", "CONFIRM", "APPROVAL", "DENY"]


@pytest.mark.parametrize(
    ("tier", "mode"),
    [
        (Tier.PRODUCTION, Mode.READ_ONLY),
        (Tier.UNKNOWN, Mode.READ_ONLY),
        (Tier.STAGING, Mode.READ_WRITE),
        (Tier.DEVELOPMENT, Mode.READ_WRITE),
    ],
)
def test_default_mode(tier, mode):
    """Production and unknown places start read-only."""
    assert default_mode(tier) is mode


def test_words_of_the_prompt():
    """The words that people see."""
    assert [tier.word for tier in (Tier.PRODUCTION, Tier.STAGING, Tier.DEVELOPMENT, Tier.UNKNOWN)] == [
        "PROD",
        "STAGING",
        "DEV",
        "UNKNOWN",
    ]
