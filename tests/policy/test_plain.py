"""A policy survives the cache's plain form."""

from __future__ import annotations

import marshal

from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.model.effects import Tier
from safeshell.policy.config import Layer, parse
from safeshell.policy.layers import compose
from safeshell.policy.plain import from_plain, to_plain
from tests.policy.test_config import DESIGN
from tests.policy.test_layers import LAYERS
from tests.policy.test_schema import uncommented


@settings(max_examples=60, deadline=None)
@given(st.lists(LAYERS, max_size=2), st.lists(LAYERS, max_size=2), st.none() | st.sampled_from(list(Tier)))
def test_there_and_back(floor: list[Layer], upper: list[Layer], least: Tier | None):
    """Through marshal and back, a policy is equal to itself, origins and notices too."""
    policy = compose(floor, upper, least_tiers=[("t", least)] if least else [])
    again = from_plain(marshal.loads(marshal.dumps(to_plain(policy))))
    assert again == policy
    assert again.origins == policy.origins


def test_a_full_policy_comes_back():
    """The documented example and the one with every key."""
    for text in (DESIGN, uncommented()):
        policy = compose([parse(text, "c.yaml")])
        assert from_plain(marshal.loads(marshal.dumps(to_plain(policy)))) == policy
