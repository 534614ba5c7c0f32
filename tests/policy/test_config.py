"""One configuration file: what is taken, and what is said about faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.effects import Demand
from safeshell.model.errors import ConfigError
from safeshell.policy.config import TEXT_LIMIT, examine, parse

DESIGN = """\
version: 1
environments:                      # first match wins
  - {name: shop, tier: production, match: {host: ["web-*.shop.example", "db?"], cidr: ["10.20.0.0/16"]}}
  - {name: shop-db, tier: production, match: {database: {host: "*.prod", name: "shop*"}}}
  - {name: laptop, tier: development, match: {file: {/etc/safeshell/tier: development}}}
demands: {production: {destroys_data: approval, deploys: confirm}}     # effect -> demand
unlock: {max: 60m, reason: required}
approvals: {store: "sqlite:////var/lib/safeshell/approvals.db", allowed_signers: /etc/safeshell/allowed_signers, approvers: ["@oncall"], expires: 10m}
windows: [{tiers: [production, staging], open: ["Mon-Thu 09:00-15:30"], zone: Europe/Berlin, holidays: [2026-12-25]}]
freezes: [{from: 2026-12-18, until: 2027-01-04, reason: christmas}]
"""


def test_the_documented_file_is_read():
    """Every key of the documentation's example arrives, durations in seconds, demands as numbers."""
    layer = parse(DESIGN, "c.yaml")
    assert layer.values["unlock.max"] == 3600.0
    assert layer.values["unlock.reason"] is True
    assert layer.values["demands.production.destroys_data"] == Demand.APPROVAL
    assert layer.values["approvals.expires"] == 600.0
    assert [item["name"] for item in layer.values["environments"]] == ["shop", "shop-db", "laptop"]
    assert layer.values["windows"][0]["zone"] == "Europe/Berlin"
    assert layer.where("environments[1]") == "c.yaml:4"
    assert layer.where("demands.production.deploys") == "c.yaml:6"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}"])
def test_an_empty_file_says_nothing(text: str):
    """No keys, no values; `version` may be absent."""
    assert parse(text, "c.yaml").values == {}


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("enviroments: []", 1, 1, "unknown key enviroments; did you mean environments?"),
        ("version: 2", 1, 10, "version is '2'"),
        ("unlock:\n  max: 61m", 2, 8, "a duration such as 60m, 0 or 1m to 1h"),
        ("unlock: {max: 15}", 1, 15, "unlock.max is '15'"),
        ("unlock: {reason: maybe}", 1, 18, "required or optional"),
        ("environments:\n  - {name: x, teir: production, match: {host: a}}", 2, 15, "did you mean tier?"),
        ("environments:\n  - name: x\n    tier: prodction\n    match: {host: a}", 3, 11, "did you mean production?"),
        ("environments: [{name: x, tier: production}]", 1, 16, "environments[0] has no match"),
        ("environments: [{name: x, tier: production, match: {}}]", 1, 51, "environments[0].match is empty"),
        ("environments: [{name: x, tier: staging, match: {cidr: 10.0.0.0/99}}]", 1, 55, "10.0.0.0/99 is no network"),
        ("environments: [{name: x, tier: staging, match: {host: []}}]", 1, 55, "empty list"),
        ("environments: {a: b}", 1, 15, "environments is a mapping; expected a list"),
        ("demands: {production: {writes: key}}", 1, 32, "allow or confirm or approval or deny"),
        ("demands: {prod: {writes: deny}}", 1, 11, "unknown key prod in demands"),
        ("demands:\n  production:\n    destroy_data: deny", 3, 5, "did you mean destroys_data?"),
        ("windows: [{tiers: [production], open: [9-17]}]", 1, 40, "'9-17' cannot be read as hours"),
        ("windows: [{tiers: production, open: Mon, zone: Europe/Berln}]", 1, 48, "there is no time zone Europe/Berln"),
        ("freezes: [{from: 2026-13-01, until: 2026-12-02}]", 1, 18, "'2026-13-01' is no date"),
        ("freezes: [{from: 2026-12-18, until: 2026-12-01}]", 1, 37, "2026-12-01 is before 2026-12-18"),
        ("freezes: [{from: 2026-12-18 10:00, until: 2026-12-18 09:00}]", 1, 43, "is before"),
        ("approvals: {store: mysql://db}", 1, 20, "a store such as sqlite:////"),
        ("approvals: {store: approvals.db}", 1, 20, "is no store"),
        ("tint: 3", 1, 7, "true or false"),
        ("strict: 'true'", 1, 9, "true or false"),
        ("tint: true\ntint: false", 2, 1, "tint stands twice"),
        ("tokens: yes", 1, 9, "self or none"),
        ("preview: {files: -1}", 1, 18, "a whole number from"),
        ("undo: {size: big}", 1, 14, "a size such as 64M"),
        ("login: {shell: bash}", 1, 16, "bash is not absolute"),
        ("approvals: {approvers: }", 1, 24, "approvals.approvers is nothing"),
        ("- a", 1, 1, "the file is a list"),
        ("a: [}", 1, 5, "this is no YAML"),
        ("\ttint: true", 1, 1, "this is no YAML"),
        ("tint: true\n---\ntint: true", 2, 1, "this is no YAML"),
        ("tint: tr\x00ue", 1, 9, "this is no YAML"),
        ("? [a]\n: b", 1, 3, "a key of the file is a list"),
        ("<<: {tint: true}", 1, 1, "unknown key <<"),
        ("tint: *x", 1, 7, "this is no YAML"),
    ],
)
def test_faults_have_line_and_column(text: str, line: int, column: int, said: str):
    """Each fault names file, line, column, the problem and what should stand there."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    fault = caught.value
    assert (fault.source, fault.line) == ("c.yaml", line)
    assert fault.column == column
    assert said in str(fault)
    assert str(fault).startswith(f"c.yaml:{line}:{column}: ")


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-12-18", "2026-12-18"), ("2026-12-18 10:00", "2026-12-18"), ("2026-12-18", "2026-12-18 09:00")],
)
def test_a_freeze_of_one_day_is_one(start: str, end: str):
    """A date alone is the whole day, at either end."""
    assert examine(f"freezes: [{{from: {start}, until: {end}}}]", "c.yaml")[0] == []


def test_every_fault_is_reported_in_order():
    """`examine` finds all faults of a file at once."""
    faults, _ = examine("tint: 3\nstrct: true\nunlock: {max: 2h}\n", "c.yaml")
    assert [fault.line for fault in faults] == [1, 2, 3]


def test_a_file_that_is_too_long_is_refused():
    """Nothing beyond a megabyte is parsed."""
    faults, _ = examine("#" * (TEXT_LIMIT + 1), "c.yaml")
    assert "too long" in str(faults[0])


def test_deep_nesting_is_a_fault_and_no_crash():
    """A thousand brackets end in a sentence."""
    faults, _ = examine("environments: " + "[" * 3000, "c.yaml")
    assert faults


def test_aliases_are_read_like_what_they_stand_for():
    """Anchors may be used, a loop of them is a fault like any other wrong shape."""
    layer = parse("unlock: {max: &a 30m, default: *a}", "c.yaml")
    assert layer.values["unlock.default"] == layer.values["unlock.max"] == 1800.0
    faults, _ = examine("environments: &x [*x]", "c.yaml")
    assert "is a list" in str(faults[0])


def test_scalars_mean_what_they_look_like():
    """YAML's on, 1e3 and octal readings do not change a glob."""
    layer = parse("environments: [{name: 010, tier: staging, match: {env: {A: [on, 1e3, 0o7, 2026-01-01]}}}]", "c.yaml")
    assert layer.values["environments"][0]["name"] == "010"
    assert layer.values["environments"][0]["match"]["env"]["A"] == ["on", "1e3", "0o7", "2026-01-01"]


@given(st.text(max_size=200))
def test_any_text_is_a_layer_or_a_fault(text: str):
    """Whatever stands in a file, reading it ends with a layer or with faults that have sentences."""
    faults, layer = examine(text, "c.yaml")
    assert layer.source == "c.yaml"
    assert all(str(fault).startswith("c.yaml") for fault in faults)


WORDS = st.sampled_from(
    ["environments", "demands", "production", "match", "host", "unlock", "max", "60m", "name", "tier", "a"]
)
TREES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12
)


@given(TREES)
def test_any_tree_is_a_layer_or_a_fault(tree: object):
    """Trees of the right words in the wrong places end in faults too."""
    import json

    faults, layer = examine(json.dumps(tree), "c.yaml")
    assert faults or layer.values is not None
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults)
