"""Which tier a place has, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.effects import Demand, Effect, Tier
from safeshell.model.places import Environment, Place
from safeshell.policy.config import parse
from safeshell.policy.environments import closed_in, counted_tiers, demand_in, environment_of
from safeshell.policy.layers import compose
from safeshell.policy.observation import MARKER, Observation, TargetFacts
from safeshell.policy.policy import Policy

DESK = Observation("laptop", names=("laptop.lan",), operator="ann")
SERVER = Observation("web-3", over_ssh=True)
PLAIN = Policy()


def policy(floor: str, *upper: str, least: Tier | None = None) -> Policy:
    layers = [parse(text, f"upper{index}.yaml") for index, text in enumerate(upper)]
    tiers = [("SAFESHELL_TIER", least)] if least else []
    return compose([parse(floor, "floor.yaml")], layers, least_tiers=tiers)


def tier(
    place: Place | None, here: Observation = DESK, rules: Policy = PLAIN, target: TargetFacts | None = None
) -> Tier:
    return environment_of(place, here, rules, target).tier


def test_the_local_host_is_development():
    """In front of it, a host that nobody spoke of is development."""
    found = environment_of(None, DESK, PLAIN)
    assert (found.tier, found.target, found.operator) == (Tier.DEVELOPMENT, "laptop", "ann")


@pytest.mark.parametrize("here", [SERVER, Observation("web-3", login_shell=True)])
def test_entered_over_the_network_it_is_unknown(here: Observation):
    """Over ssh, or behind a login shell, nobody knows; the reason holds the line that settles it."""
    found = environment_of(None, here, PLAIN)
    assert found.tier is Tier.UNKNOWN
    line = found.reasons[0].partition("settles it: ")[2].partition(" in ~/")[0]
    assert tier(None, here, compose([parse(line, "x.yaml")])) is Tier.STAGING


@pytest.mark.parametrize(
    "place",
    [
        Place("host", "web-9"),
        Place("host", "10.0.0.1"),
        Place("database", "db7", detail={"database": "shop"}),
        Place("kubernetes", "eu-1"),
        Place("cloud", "acme"),
        Place("app", "shop"),
    ],
)
def test_the_settling_line_settles_every_kind(place: Place):
    """The one line that the reason offers is valid configuration, and it matches that very place."""
    found = environment_of(place, DESK, PLAIN)
    assert found.tier is Tier.UNKNOWN
    line = found.reasons[0].partition("settles it: ")[2].rpartition(" in ")[0]
    assert tier(place, DESK, compose([parse(line, "x.yaml")])) is Tier.STAGING


def test_names_speak_first():
    """A production word in any name of this host beats the default."""
    assert tier(None, Observation("shop-prod-1")) is Tier.PRODUCTION
    assert tier(None, Observation("web-3", names=("web-3.live.example",))) is Tier.PRODUCTION
    assert tier(None, Observation("nonprod")) is Tier.UNKNOWN


def test_frameworks_speak_too():
    """RAILS_ENV=production on a desk makes it production."""
    assert tier(None, Observation("laptop", variables={"RAILS_ENV": "production"})) is Tier.PRODUCTION
    assert (
        tier(None, Observation("laptop", variables={"DJANGO_SETTINGS_MODULE": "shop.settings.prod"})) is Tier.PRODUCTION
    )
    assert tier(None, Observation("laptop", variables={"RAILS_ENV": "development"})) is Tier.DEVELOPMENT


def test_the_marker_file_says_what_a_host_is():
    """An administrator's marker settles an unknown host; against a production name it only raises doubt."""
    assert tier(None, Observation("web-3", over_ssh=True, files={MARKER: "staging\n"})) is Tier.STAGING
    assert tier(None, Observation("laptop", files={MARKER: "production"})) is Tier.PRODUCTION
    assert tier(None, Observation("web-prod-3", files={MARKER: "development"})) is Tier.UNKNOWN
    assert tier(None, Observation("web-3", over_ssh=True, files={MARKER: "whatever"})) is Tier.UNKNOWN


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("host", "root@web1.prod.example"), Tier.PRODUCTION),
        (Place("host", "web-9"), Tier.UNKNOWN),
        (Place("host", "dev-7"), Tier.UNKNOWN),
        (Place("host", "localhost"), Tier.DEVELOPMENT),
        (Place("host", "web-9", detail={"jump": "bastion.prod"}), Tier.PRODUCTION),
        (Place("host", "", known=False), Tier.UNKNOWN),
        (Place("database", "db.prod", detail={"database": "shop"}), Tier.PRODUCTION),
        (Place("database", "", detail={"database": "shop_production"}), Tier.PRODUCTION),
        (Place("database", "", detail={"database": "shop"}), Tier.DEVELOPMENT),
        (Place("database", "/run/postgresql"), Tier.DEVELOPMENT),
        (Place("database", "a.x,db.prod"), Tier.PRODUCTION),
        (Place("database", "db7", detail={"user": "prod_admin"}), Tier.PRODUCTION),
        (Place("kubernetes", "eks-prod"), Tier.PRODUCTION),
        (Place("kubernetes", "eu-1", detail={"namespace": "live"}), Tier.PRODUCTION),
        (Place("kubernetes", ""), Tier.UNKNOWN),
        (Place("cloud", "acme", detail={"project": "shop-prod"}), Tier.PRODUCTION),
        (Place("app", "shop-prod"), Tier.PRODUCTION),
        (Place("container", "shop-db"), Tier.DEVELOPMENT),
        (Place("container", "shop-prod"), Tier.PRODUCTION),
    ],
)
def test_places_without_configuration(place: Place, expected: Tier):
    """Names decide; what leads here is as this host is; any other place is unknown."""
    assert tier(place) is expected


def test_a_loopback_target_is_as_strict_as_its_host():
    """A database on an unknown server is unknown, on a production host production."""
    database = Place("database", "localhost")
    assert tier(database, SERVER) is Tier.UNKNOWN
    assert tier(database, Observation("web-prod-1", over_ssh=True)) is Tier.PRODUCTION


@pytest.mark.parametrize("listener", ["ssh", "kubectl", "cloud-sql-proxy", "pgbouncer"])
def test_a_tunnel_leads_elsewhere(listener: str):
    """A loopback port of a forwarder is unknown, whatever this host is."""
    found = environment_of(Place("database", "127.0.0.1"), DESK, PLAIN, TargetFacts(listener=listener))
    assert found.tier is Tier.UNKNOWN
    assert listener in found.reasons[0]


def test_nobody_listens_that_can_be_identified():
    """On a desk that is unknown; on a server the host decides; the server itself is fine."""
    database = Place("database", "localhost")
    assert tier(database, target=TargetFacts(listener="")) is Tier.UNKNOWN
    assert tier(database, target=TargetFacts(listener="postgres")) is Tier.DEVELOPMENT
    staging = policy("environments: [{name: s, tier: staging, match: {host: web-3}}]")
    assert tier(database, SERVER, staging, TargetFacts(listener="")) is Tier.STAGING


def test_an_ssh_alias_is_what_it_stands_for():
    """The resolved name and the jump hosts count beside the alias."""
    assert tier(Place("host", "shop"), target=TargetFacts(names=("web1.prod.example",))) is Tier.PRODUCTION
    assert (
        tier(Place("host", "shop"), target=TargetFacts(names=("10.1.1.1",), via=("bastion.prod",))) is Tier.PRODUCTION
    )


def test_a_marker_in_the_target_counts():
    """A database may carry its own tier."""
    place = Place("database", "db7")
    assert tier(place, target=TargetFacts(marker="staging")) is Tier.STAGING
    assert tier(Place("database", "localhost"), target=TargetFacts(marker="production")) is Tier.PRODUCTION


def test_the_first_rule_wins_and_every_key_must_match():
    """Order decides; a rule with one key that does not match is passed over."""
    rules = policy(
        """
environments:
  - {name: a, tier: production, match: {host: "web-*", cidr: 10.0.0.0/8}}
  - {name: b, tier: staging, match: {host: ["db?", "web-*"]}}
  - {name: c, tier: production, match: {host: "*"}}
"""
    )
    web = Place("host", "web-9")
    assert environment_of(web, DESK, rules, TargetFacts(addresses=("10.2.3.4",))).name == "a"
    assert environment_of(web, DESK, rules, TargetFacts(addresses=("192.0.2.4",))).name == "b"
    assert environment_of(Place("host", "DB7"), DESK, rules).name == "b"
    assert environment_of(Place("host", "x"), DESK, rules).name == "c"


def test_doubt_never_loosens():
    """Where a network rule could not be checked, a laxer rule behind it gives unknown at best."""
    rules = policy(
        "environments:\n  - {name: a, tier: production, match: {cidr: 10.0.0.0/8}}\n"
        "  - {name: b, tier: development, match: {host: '*'}}\n"
    )
    found = environment_of(Place("host", "web-9"), DESK, rules)
    assert found.tier is Tier.UNKNOWN
    assert "floor.yaml:2" in found.reasons[0]
    assert tier(Place("host", "web-9"), DESK, rules, TargetFacts(addresses=("192.0.2.1",))) is Tier.DEVELOPMENT


@pytest.mark.parametrize(
    ("match", "place", "here"),
    [
        ("{database: {host: 'db?', name: 'shop*'}}", Place("database", "db7", detail={"database": "shop_eu"}), DESK),
        ("{database: {user: app}}", Place("database", "db7", detail={"user": "app"}), DESK),
        ("{database: {host: localhost}}", Place("database", "/run/postgresql"), DESK),
        ("{host: db7}", Place("database", "db7"), DESK),
        (
            "{kubernetes: {context: eu-*, namespace: shop}}",
            Place("kubernetes", "eu-1", detail={"namespace": "shop"}),
            DESK,
        ),
        ("{cloud: {profile: acme}}", Place("cloud", "acme"), DESK),
        ("{cloud: {project: p-*}}", Place("cloud", "", detail={"project": "p-1"}), DESK),
        ("{terraform: {workspace: eu}}", Place("cloud", "", detail={"workspace": "eu"}), DESK),
        ("{terraform: {workspace: eu}}", Place("cloud", ""), Observation("laptop", terraform_workspace="eu")),
        ("{app: shop}", Place("app", "shop"), DESK),
        ("{env: {SITE: 'eu*'}}", None, Observation("laptop", variables={"SITE": "eu1"})),
        ("{file: {/etc/role: web}}", None, Observation("laptop", files={"/etc/role": "web\n"})),
        ("{cidr: 192.0.2.0/24}", None, Observation("laptop", addresses=("192.0.2.9",))),
        ("{cidr: '2001:db8::/32'}", Place("host", "2001:db8::1"), DESK),
        ("{env: {SITE: eu1}}", Place("database", ""), Observation("laptop", variables={"SITE": "eu1"})),
    ],
)
def test_every_key_matches(match: str, place: Place | None, here: Observation):
    """Each key of the format finds what it speaks of."""
    rules = policy(f"environments: [{{name: hit, tier: staging, match: {match}}}]")
    assert environment_of(place, here, rules).name == "hit"


@pytest.mark.parametrize(
    ("match", "place"),
    [
        ("{database: {host: db7}}", Place("host", "db7")),
        ("{kubernetes: {context: '*'}}", Place("host", "x")),
        ("{env: {SITE: '*'}}", Place("host", "x")),
        ("{file: {/etc/role: '*'}}", None),
        ("{app: '*'}", None),
        ("{host: shop}", Place("app", "shop")),
        ("{host: laptop}", Place("host", "x")),
    ],
)
def test_keys_do_not_match_what_they_do_not_speak_of(match: str, place: Place | None):
    """A key of another kind of place never matches."""
    rules = policy(f"environments: [{{name: hit, tier: production, match: {match}}}]")
    assert environment_of(place, DESK, rules).name != "hit"


def test_upper_layers_raise_and_never_lower():
    """An upper file may call a place stricter; a laxer word is ignored, and the reasons say so."""
    rules = policy(
        "environments: [{name: a, tier: staging, match: {host: web-9}}]",
        "environments:\n  - {name: up, tier: production, match: {host: web-9}}\n  - {name: down, tier: development, match: {host: '*'}}",
    )
    raised = environment_of(Place("host", "web-9"), DESK, rules)
    assert (raised.name, raised.tier) == ("up", Tier.PRODUCTION)
    assert counted_tiers(raised) == (Tier.PRODUCTION, Tier.STAGING)
    kept = environment_of(Place("host", "x"), DESK, rules)
    assert kept.tier is Tier.UNKNOWN
    assert "upper0.yaml:3 says development, which is ignored" in kept.reasons[-1]


def test_safeshell_tier_raises_every_place():
    """SAFESHELL_TIER raises this host and remote ones, and lowers none."""
    rules = policy("version: 1", least=Tier.STAGING)
    assert tier(None, DESK, rules) is Tier.STAGING
    assert tier(Place("host", "db.prod"), DESK, rules) is Tier.PRODUCTION
    remote = policy("environments: [{name: d, tier: development, match: {host: '*'}}]", least=Tier.PRODUCTION)
    found = environment_of(Place("host", "x"), DESK, remote)
    assert found.tier is Tier.PRODUCTION
    assert found.reasons[0] == "SAFESHELL_TIER makes it production"


def test_a_raised_place_keeps_the_demands_of_its_floor():
    """A floor that demands more in development than in production is not escaped by raising the tier."""
    rules = policy("demands: {development: {deploys: deny}}", least=Tier.PRODUCTION)
    found = environment_of(None, DESK, rules)
    assert demand_in(found, rules, Effect.DEPLOYS, lambda _tier: Demand.CONFIRM) is Demand.DENY
    plain = Environment("x", Tier.PRODUCTION, "x")
    assert demand_in(plain, rules, Effect.DEPLOYS, lambda _tier: Demand.CONFIRM) is Demand.CONFIRM


def test_a_raised_place_keeps_the_windows_of_its_floor():
    """A window of the lesser tier still counts after raising."""
    rules = policy(
        "windows: [{tiers: staging, open: 'Mon 00:00-00:01'}]\nenvironments: [{name: s, tier: staging, match: {host: laptop}}]",
        least=Tier.PRODUCTION,
    )
    found = environment_of(None, DESK, rules)
    assert found.tier is Tier.PRODUCTION
    assert closed_in(found, rules, 1_700_000_000.0)
    assert not closed_in(Environment("x", Tier.PRODUCTION, "x"), rules, 1_700_000_000.0)


NAMES = st.text(max_size=20) | st.sampled_from(
    [
        "postgres://[",
        "postgres://a:b@c:99999/d?x",
        "host='",
        "://",
        "[::1",
        "a@b@c",
        "ssh://",
        "1.2.3.4%",
        "%",
        "-oX",
        ",",
        "\0",
        "::1,prod",
    ]
)
KINDS = st.sampled_from(["host", "database", "kubernetes", "cloud", "app", "container", "something"])
DETAILS = st.dictionaries(
    st.sampled_from(["database", "user", "port", "namespace", "jump", "host", "context"]), NAMES, max_size=3
)


@given(st.builds(Place, KINDS, NAMES, st.booleans(), DETAILS))
def test_any_place_has_an_environment(place: Place):
    """Whatever stands where a name should, there is an answer with a reason; SAFESHELL_TIER still raises it."""
    rules = policy(
        "environments: [{name: a, tier: staging, match: {host: '[', cidr: 10.0.0.0/8, database: {name: '*'}}}]"
    )
    found = environment_of(place, DESK, rules)
    assert found.reasons
    raised = environment_of(place, DESK, policy("version: 1", least=Tier.PRODUCTION))
    assert raised.tier is Tier.PRODUCTION
