"""Showing the effective policy."""

from __future__ import annotations

from safeshell.model.effects import Tier
from safeshell.model.values import replace
from safeshell.policy.config import parse
from safeshell.policy.layers import compose
from safeshell.policy.policy import Policy
from safeshell.policy.show import show
from tests.policy.test_config import DESIGN
from tests.policy.test_schema import uncommented


def nameless(policy: Policy) -> Policy:
    """Without line numbers and file names."""
    rules = tuple(replace(rule, source="") for rule in policy.environments)
    return replace(policy, environments=rules, sources=())


def test_what_is_shown_is_configuration_with_the_same_meaning():
    """The shown text, read as a file, gives the same policy: nothing is left out or misspelt."""
    for text in ("version: 1", DESIGN, uncommented()):
        policy = compose([parse(text, "c.yaml")])
        assert nameless(compose([parse(show(policy), "shown.yaml")])) == nameless(policy)


def test_each_value_tells_where_it_comes_from():
    """File and line for configured values, built-in for the others."""
    policy = compose([parse("unlock: {max: 30m}", "/etc/c.yaml")], [parse("strict: true", "u.yaml")])
    lines = {line.split("#")[0].strip(): line for line in show(policy).splitlines()}
    assert lines['max: "30m"'].endswith("# from /etc/c.yaml:1")
    assert lines["strict: true"].endswith("# from u.yaml:1")
    assert lines["tint: false"].endswith("# built-in")


def test_notices_and_tightening_are_shown():
    """Ignored values, rules that can only tighten and SAFESHELL_TIER appear as comments."""
    upper = parse("tokens: self\nenvironments: [{name: x, tier: staging, match: {host: a}}]", "u.yaml")
    text = show(compose([], [upper], least_tiers=[("SAFESHELL_TIER", Tier.STAGING)]))
    assert "# u.yaml:1: tokens self is ignored" in text
    assert "# can only tighten: - {name: x, tier: staging, match: {host: [a]}}" in text
    assert "# SAFESHELL_TIER: at least staging everywhere" in text
