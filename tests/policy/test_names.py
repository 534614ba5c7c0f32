"""The word rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.effects import Tier
from safeshell.policy.names import tier_of_name, words

PRODUCTION = [
    *(
        "prod",
        "PROD",
        "prd",
        "production",
        "live",
        "prod1",
        "1prod",
        "prod-eu-1",
        "web1.prod.example",
        "shop_production",
    ),
    *("db.prd.internal", "live2", "shopProd", "myAppProduction", "eu.live", "arn:aws:eks:eu:1:cluster/prod"),
]
DOUBTFUL = [
    *("non-prod", "nonprod", "preprod", "pre-prod", "web.nonprod.example", "prod-dev", "dev.prod.example", "test-live"),
    *("prod-restore", "live-edit", "staging-prod", "shop_production_test", "preproduction"),
]
SILENT = [
    "web-3",
    "reproduction",
    "product",
    "productdb",
    "delivery",
    "olive",
    "alive",
    "prods",
    "dev",
    "staging",
    "test",
    "",
    "10.0.0.1",
]


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_words(name: str):
    """A production word as a whole word, digits and case changes being borders, means production."""
    found = tier_of_name(name)
    assert found is not None
    assert found[0] is Tier.PRODUCTION


@pytest.mark.parametrize("name", DOUBTFUL)
def test_negated_or_beside_another_stage(name: str):
    """A negated production word, or one beside the word of another stage, is unknown."""
    found = tier_of_name(name)
    assert found is not None
    assert found[0] is Tier.UNKNOWN


@pytest.mark.parametrize("name", SILENT)
def test_names_that_say_nothing(name: str):
    """Parts of longer words, and words of other stages alone, decide nothing."""
    assert tier_of_name(name) is None


def test_words_are_split_at_case_digits_and_signs():
    """Camel case, acronyms, digits and punctuation separate words."""
    assert words("shopProd-EU2west_liveDB") == ["shop", "prod", "eu", "west", "live", "db"]


def test_the_reason_names_the_word():
    """The reason is the end of a sentence that starts with the name."""
    assert tier_of_name("web-prd-2") == (Tier.PRODUCTION, "holds the word prd")
    assert tier_of_name("prod-test") == (Tier.UNKNOWN, "holds both prod and test")


@given(st.text("aAbBzZ1-_.é", max_size=12))
def test_words_are_runs_of_letters_and_humps(name):
    """Capitals belong together, but for the last one before a small letter, which begins the next word."""
    wanted = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    assert words(name) == wanted
