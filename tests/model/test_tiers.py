"""The two words of a prompt."""

from __future__ import annotations

import subprocess
import sys

import pytest

from safeshell.model.tiers import Mode, Tier, default_mode


def test_order():
    """Development < staging < unknown < production."""
    assert sorted(Tier, key=lambda tier: tier.strictness) == [
        Tier.DEVELOPMENT,
        Tier.STAGING,
        Tier.UNKNOWN,
        Tier.PRODUCTION,
    ]


@pytest.mark.parametrize(("tier", "word"), [(Tier.PRODUCTION, "PROD"), (Tier.DEVELOPMENT, "DEV")])
def test_words(tier, word):
    """What the prompt says."""
    assert tier.word == word


def test_read_only_is_the_default_where_it_matters():
    """Production and unknown places start read-only."""
    assert [default_mode(tier) for tier in (Tier.PRODUCTION, Tier.UNKNOWN)] == [Mode.READ_ONLY] * 2


def test_the_words_of_a_prompt_come_alone():
    """The first prompt does not pay for the words of judging."""
    code = "import sys, safeshell.model.tiers; print('safeshell.model.effects' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "False"
