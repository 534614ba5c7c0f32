"""Layering only tightens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.model.effects import Effect, Tier, default_mode
from safeshell.model.places import Place
from safeshell.policy.config import Layer, parse
from safeshell.policy.demands import cell
from safeshell.policy.environments import closed_in, counted_tiers, demand_in, environment_of
from safeshell.policy.layers import compose, strictest
from safeshell.policy.observation import Observation, TargetFacts
from safeshell.policy.policy import Policy
from safeshell.policy.schema import leaves

HOSTS = ["web-1", "db.prod", "dev-3", "laptop"]
HERE = Observation("laptop", variables={"SITE": "eu"}, files={"/etc/role": "web"})
PLACES = [None, *(Place("host", name) for name in HOSTS), Place("database", "localhost", detail={"database": "shop"})]
TIMES = [1_700_000_000.0 + 3600 * hour for hour in range(0, 24 * 8, 7)]


def layer(text: str, source: str = "x.yaml") -> Layer:
    return parse(text, source)


def test_the_floor_replaces_defaults():
    """A floor may loosen what is built in: built-in values are only defaults."""
    policy = compose([layer("demands: {production: {destroys_data: allow}}\ntokens: self\nunlock: {default: 60m}")])
    assert (
        policy.demand(
            Tier.PRODUCTION,
            Effect.DESTROYS_DATA,
            cell(Effect.DESTROYS_DATA, Tier.PRODUCTION, default_mode(Tier.PRODUCTION)),
        )
        == 0
    )
    assert (policy.tokens, policy.unlock_default_minutes) == ("self", 60)
    assert policy.notices == ()


@pytest.mark.parametrize(
    ("floor", "upper", "said"),
    [
        ("tokens: none", "tokens: self", "tokens self is ignored"),
        ("version: 1", "tokens: self", "the built-in policy says none"),
        ("unlock: {max: 10m}", "unlock: {max: 20m}", "f.yaml:1 says 10m"),
        ("version: 1", "unlock: {default: 30m}", "unlock.default 30m is ignored: the built-in policy says 15m"),
        ("unlock: {reason: required}", "unlock: {reason: optional}", "unlock.reason no is ignored"),
        ("strict: true", "strict: false", "strict no is ignored"),
        ("remember: 10d", "remember: 20d", "remember 20d is ignored"),
        ("record: {sessions: true}", "record: {sessions: false}", "record.sessions no is ignored"),
        (
            "demands: {staging: {deploys: deny}}",
            "demands: {staging: {deploys: approval}}",
            "approval is ignored: f.yaml:1 says deny",
        ),
        ("version: 1", "demands: {staging: {deploys: allow}}", "demands.staging.deploys allow is ignored"),
        ("approvals: {store: 'sqlite:////a'}", "approvals: {store: 'sqlite:////b'}", "that layer already settles it"),
        (
            "windows: [{tiers: production, open: Mon}]",
            "windows: [{tiers: production, open: Tue}]",
            "windows its own is ignored",
        ),
        ("follow: never", "follow: always", "follow always is ignored"),
    ],
)
def test_loosening_values_are_ignored_with_a_notice(floor: str, upper: str, said: str):
    """The floor's value stays, and one sentence with file and line says what was ignored and why."""
    alone = compose([layer(floor, "f.yaml")])
    both = compose([layer(floor, "f.yaml")], [layer(upper, "u.yaml")])
    assert len(both.notices) == 1
    assert both.notices[0].startswith("u.yaml:1: ")
    assert said in both.notices[0]
    for name in (
        "tokens",
        "unlock_max_minutes",
        "unlock_default_minutes",
        "strict",
        "approvals",
        "windows",
        "demands",
        "follow",
    ):
        assert getattr(both, name) == getattr(alone, name)


@pytest.mark.parametrize(
    ("upper", "name", "value"),
    [
        ("unlock: {max: 5m}", "unlock_max_minutes", 5),
        ("unlock: {max: 5m}", "unlock_default_minutes", 5),
        ("unlock: {max: 0}", "unlock_max_minutes", 0),
        ("unlock: {reason: required}", "unlock_reason", True),
        ("strict: true", "strict", True),
        ("remember: 1d", "remember_days", 1),
        ("record: {sessions: true}", "record_sessions", True),
        ("tint: true", "tint", True),
        ("follow: never", "follow", "never"),
        ("preview: {deadline: 5s}", "preview_deadline", 5.0),
    ],
)
def test_tightening_values_are_taken(upper: str, name: str, value: object):
    """Over a floor that does not speak of it, a stricter value, or one without an order, is taken."""
    policy = compose([layer("version: 1")], [layer(upper)])
    assert getattr(policy, name) == value
    assert policy.notices == ()


def test_keys_without_an_order_are_taken_unless_a_lower_layer_set_them():
    """Store, signers, approvers and windows come from the lowest layer that has them."""
    upper = layer("approvals: {store: 'sqlite:////u', approvers: [bob]}\nwindows: [{tiers: production, open: Mon}]")
    policy = compose([layer("approvals: {store: 'sqlite:////f'}")], [upper])
    assert policy.approvals["store"] == "sqlite:////f"
    assert policy.approvals["approvers"] == ["bob"]
    assert len(policy.windows) == 1


def test_files_of_the_floor_add_their_environments():
    """config.yaml and conf.d make one list: the first match of all files wins."""
    one = layer("environments: [{name: a, tier: staging, match: {host: web-1}}]", "a.yaml")
    two = layer("environments: [{name: b, tier: development, match: {host: 'web-*'}}]", "b.yaml")
    policy = compose([one, two])
    assert environment_of(Place("host", "web-1"), HERE, policy).name == "a"
    assert environment_of(Place("host", "web-2"), HERE, policy).name == "b"


def test_an_upper_window_does_not_shift_a_floors_freeze():
    """A freeze keeps the zone that counted at its own layer."""
    floor = layer("freezes: [{from: 2026-12-18, until: 2026-12-18}]")
    policy = compose([floor], [layer("windows: [{tiers: production, open: Mon-Sun, zone: Pacific/Auckland}]")])
    assert policy.freezes[0].zone == "UTC"
    assert policy.zone == "Pacific/Auckland"


def test_the_strictest_tier_counts():
    """Of SAFESHELL_TIER and --guard-tier the stricter one wins."""
    tiers = [("SAFESHELL_TIER", Tier.PRODUCTION), ("--guard-tier", Tier.STAGING)]
    policy = compose([], least_tiers=tiers)
    assert (policy.least_tier, policy.least_tier_source) == (Tier.PRODUCTION, "SAFESHELL_TIER")


def test_a_layer_that_could_not_be_read_is_as_strict_as_can_be():
    """Production everywhere, no unlocking, no tokens."""
    policy = strictest(compose([layer("tokens: self\nunlock: {max: 60m}")]))
    assert (policy.least_tier, policy.unlock_max_minutes, policy.tokens, policy.strict) == (
        Tier.PRODUCTION,
        0,
        "",
        True,
    )
    assert environment_of(None, HERE, policy).tier is Tier.PRODUCTION


TIER_WORDS = st.sampled_from([tier.value for tier in Tier])
DEMANDS = st.dictionaries(
    st.tuples(TIER_WORDS, st.sampled_from([effect.value for effect in Effect])).map(
        lambda pair: f"demands.{pair[0]}.{pair[1]}"
    ),
    st.sampled_from([0, 3, 4, 5]),
    max_size=6,
)
MATCHES = st.sampled_from(
    [
        *({"host": [pattern]} for pattern in ("web-*", "*", "laptop", "db.prod")),
        *({"cidr": ["10.0.0.0/8"]}, {"env": {"SITE": ["eu"]}}, {"file": {"/etc/role": ["web"]}}),
        *(
            {"database": {"name": ["shop"]}},
            {"database": {"host": ["localhost"]}},
            {"host": ["web-*"], "cidr": ["10.0.0.0/8"]},
        ),
    ]
)
RULES = st.lists(st.fixed_dictionaries({"name": st.just("n"), "tier": TIER_WORDS, "match": MATCHES}), max_size=4)
WINDOWS = st.lists(
    st.fixed_dictionaries(
        {
            "tiers": st.lists(TIER_WORDS, min_size=1, max_size=3),
            "open": st.sampled_from([["Mon-Fri 09:00-17:00"], ["Sat"], ["22:00-03:00"]]),
        },
        optional={"zone": st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"])},
    ),
    max_size=2,
)
FREEZES = st.lists(
    st.fixed_dictionaries(
        {"from": st.just("2023-11-16"), "until": st.sampled_from(["2023-11-16", "2023-11-18 12:00"])},
        optional={"tiers": st.lists(TIER_WORDS, min_size=1, max_size=2)},
    ),
    max_size=2,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "unlock.max": st.sampled_from([0.0, 300.0, 3600.0]),
    "unlock.default": st.sampled_from([60.0, 900.0, 3600.0]),
    "unlock.reason": st.booleans(),
    "tokens": st.sampled_from(["", "self"]),
    "strict": st.booleans(),
    "remember": st.sampled_from([0.0, 86400.0, 7776000.0]),
    "record.sessions": st.booleans(),
    "approvals.expires": st.sampled_from([60.0, 600.0, 86400.0]),
    "approvals.forwarded_agent": st.booleans(),
    "redis.loop_writes": st.sampled_from([10, 1000, 100_000]),
    "redis.loop_rate": st.sampled_from([1, 50, 10_000]),
    "environments": RULES,
    "windows": WINDOWS,
    "freezes": FREEZES,
}
VALUES = st.builds(lambda fixed, demands: fixed | demands, st.fixed_dictionaries({}, optional=SCALARS), DEMANDS)
LAYERS = VALUES.map(lambda values: Layer("l.yaml", values))


def verdicts(policy: Policy) -> dict[str, float]:
    """Numbers that must never fall when layers are added."""
    found: dict[str, float] = {
        "unlock.max": -policy.unlock_max_minutes,
        "unlock.default": -policy.unlock_default_minutes,
        "unlock.reason": policy.unlock_reason,
        "tokens": policy.tokens != "self",
        "strict": policy.strict,
        "remember": -policy.remember_days,
        "record": policy.record_sessions,
        "expires": -float(str(policy.approvals["expires"])),
        "forwarded": not policy.approvals["forwarded_agent"],
        "loop_writes": -policy.redis.loop_writes,
        "loop_rate": -policy.redis.loop_rate,
    }
    for number, place in enumerate(PLACES):
        for addresses in (None, ("10.1.1.1",), ("192.0.2.1",)):
            environment = environment_of(place, HERE, policy, TargetFacts(addresses=addresses))
            key = f"{number} {addresses}"
            found[key] = environment.tier.strictness
            for effect in Effect:
                found[f"{key} {effect}"] = demand_in(
                    environment, policy, effect, lambda tier, effect=effect: cell(effect, tier, default_mode(tier))
                )
            for at in TIMES:
                found[f"{key} {at}"] = bool(closed_in(environment, policy, at))
    return found


def test_every_key_with_an_order_takes_part():
    """A new setting that may only tighten is drawn by the properties below, or this fails."""
    assert {path for path, item in leaves().items() if item.order} <= set(SCALARS)
    assert {path.partition(".")[0] for path in leaves()} - {"demands"} >= {"windows", "freezes", "environments"}


@settings(max_examples=60, deadline=None)
@given(st.lists(LAYERS, max_size=2), st.lists(LAYERS, min_size=1, max_size=2), st.none() | st.sampled_from(list(Tier)))
def test_whatever_lies_above_only_tightens(floor: list[Layer], upper: list[Layer], least: Tier | None):
    """For any floor, any layers above and any SAFESHELL_TIER, no verdict is laxer than the floor's."""
    alone = verdicts(compose(floor))
    tiers = [("SAFESHELL_TIER", least)] if least else []
    layered = verdicts(compose(floor, upper, least_tiers=tiers))
    looser = {key: (alone[key], layered[key]) for key in alone if layered[key] < alone[key]}
    assert looser == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(LAYERS, max_size=2))
def test_a_broken_layer_only_tightens(floor: list[Layer]):
    """The strictest policy is at least as strict as any floor."""
    alone, broken = verdicts(compose(floor)), verdicts(compose(floor, strictest_too=True))
    assert {key for key in alone if broken[key] < alone[key]} == set()


def test_raising_is_remembered():
    """The tier that the floor found still counts after raising."""
    found = environment_of(None, HERE, compose([], least_tiers=[("t", Tier.PRODUCTION)]))
    assert counted_tiers(found) == (Tier.PRODUCTION, Tier.DEVELOPMENT)
