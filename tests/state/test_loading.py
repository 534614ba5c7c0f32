"""Loading policy and knowledge from real files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from safeshell.model.effects import Demand, Effect, Tier
from safeshell.state.loading import Loaded, load, load_policy
from safeshell.state.sources import find_sources

ROOT = Path(__file__).parents[2]


class World:
    """A person's home and an administrator's directory."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.user = base / "home/.config/safeshell/config.yaml"
        self.user.parent.mkdir(parents=True)
        self.etc = base / "etc"
        self.etc.mkdir()

    def environ(self, **more: str) -> dict[str, str]:
        return {"HOME": str(self.base / "home"), **more}

    def policy(self, tier: str = "", config: str = "", **more: str):
        environ = self.environ(**more)
        return load_policy(environ, find_sources(environ, config, str(self.etc)), tier=tier)

    def load(self, **more: str) -> Loaded:
        return load(self.environ(**more), system=str(self.etc))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_without_configuration_the_built_in_policy_counts(world: World):
    """No files, no notices, no changes."""
    policy = world.policy()
    assert (policy.notices, policy.sources, policy.broken, policy.unlock_max_minutes) == ((), (), False, 60)


def test_the_cached_policy_is_the_same(world: World):
    """From the cache it is equal, and a change of the file is seen at once."""
    world.user.write_text("unlock: {max: 30m}\ndemands: {staging: {deploys: deny}}\n")
    first, second = world.policy(), world.policy()
    assert first == second
    assert second.origins["unlock.max"] == f"{world.user}:1"
    world.user.write_text("unlock: {max: 20m}\n")
    assert world.policy().unlock_max_minutes == 20
    world.user.unlink()
    assert world.policy().unlock_max_minutes == 60


def test_a_floor_that_comes_later_takes_the_users_say(world: World):
    """Once /etc speaks, the user's loosening is ignored with a notice; the cache does not hide it."""
    world.user.write_text("tokens: self\n")
    assert world.policy().tokens == "self"
    (world.etc / "config.yaml").write_text("version: 1\n")
    policy = world.policy()
    assert policy.tokens == ""
    assert f"{world.user}:1: tokens self is ignored" in policy.notices[0]


def test_safeshell_config_tightens_the_built_ins(world: World):
    """Over no floor, its loosening is ignored and its tightening is taken."""
    extra = world.base / "extra.yaml"
    extra.write_text("tokens: self\nunlock: {max: 5m}\n")
    policy = world.policy(SAFESHELL_CONFIG=str(extra))
    assert (policy.tokens, policy.unlock_max_minutes, len(policy.notices)) == ("", 5, 1)
    assert world.policy(config=str(extra)).unlock_max_minutes == 5


@pytest.mark.parametrize(
    ("variable", "option", "tier"),
    [
        ("staging", "", Tier.STAGING),
        ("", "prod", Tier.PRODUCTION),
        ("production", "staging", Tier.PRODUCTION),
        ("unknown", "staging", Tier.UNKNOWN),
    ],
)
def test_tiers_named_outside(world: World, variable: str, option: str, tier: Tier):
    """SAFESHELL_TIER and --guard-tier: the stricter counts."""
    assert world.policy(tier=option, SAFESHELL_TIER=variable).least_tier is tier


def test_a_tier_that_nobody_knows_counts_as_production(world: World):
    """A typing error in SAFESHELL_TIER must not mean development."""
    policy = world.policy(SAFESHELL_TIER="prodction")
    assert policy.least_tier is Tier.PRODUCTION
    assert "SAFESHELL_TIER says prodction" in policy.notices[0]


def test_a_broken_file_means_its_last_good_version(world: World):
    """With line and column in the notice; mended, the notice is gone."""
    world.user.write_text("demands: {staging: {deploys: deny}}\n")
    world.policy()
    world.user.write_text("demands: {staging: {deploys: deny}}\nunlock: {max: 99m}\n")
    for _ in range(2):
        policy = world.policy()
        assert policy.demand(Tier.STAGING, Effect.DEPLOYS, Demand.ALLOW) is Demand.DENY
        assert policy.notices[0].startswith(f"{world.user}:2:15: unlock.max is '99m'; expected a duration")
        assert "last good version" in policy.notices[0]
        assert policy.broken
        assert policy.least_tier is None
    world.user.write_text("unlock: {max: 9m}\n")
    assert world.policy().notices == ()


@pytest.mark.parametrize("text", ["a: [}", "unknown_key: 1", "\x00", "unlock: {max: 99m}"])
def test_a_file_that_was_always_broken_means_the_strictest_policy(world: World, text: str):
    """Production everywhere and no unlocking, until it is mended."""
    world.user.write_text(text)
    policy = world.policy()
    assert (policy.least_tier, policy.unlock_max_minutes, policy.broken) == (Tier.PRODUCTION, 0, True)
    assert policy.notices[0].startswith(f"{world.user}:1:")
    assert "strictest policy" in policy.notices[0]


def test_a_file_that_cannot_be_read_is_broken(world: World):
    """A named file that is missing, and a floor that is a directory: never no policy."""
    policy = world.policy(SAFESHELL_CONFIG="/no/such/file.yaml")
    assert policy.least_tier is Tier.PRODUCTION
    assert "/no/such/file.yaml cannot be read" in policy.notices[0]
    (world.etc / "config.yaml").mkdir()
    assert world.policy().least_tier is Tier.PRODUCTION


def test_one_broken_file_does_not_silence_the_others(world: World):
    """A broken drop-in leaves the floor's other files in force."""
    (world.etc / "config.yaml").write_text("demands: {production: {deploys: deny}}\n")
    (world.etc / "conf.d").mkdir()
    (world.etc / "conf.d/a.yaml").write_text("a: [")
    policy = world.policy()
    assert policy.demand(Tier.PRODUCTION, Effect.DEPLOYS, Demand.CONFIRM) is Demand.DENY
    assert policy.least_tier is Tier.PRODUCTION


def test_a_state_directory_that_cannot_be_written_is_no_fault(world: World):
    """A full or foreign disk: slower, and the same policy."""
    (world.base / "blocked").write_text("x")
    world.user.write_text("unlock: {max: 30m}\n")
    assert world.policy(SAFESHELL_STATE_DIR=str(world.base / "blocked/state")).unlock_max_minutes == 30


def test_a_cached_load_is_quick_and_reads_no_yaml(world: World):
    """Configuration and all packs (500 rules and more) within 5 ms, best of nine; no parser is imported."""
    world.user.write_text("environments: [{name: a, tier: production, match: {host: 'web-*'}}]\n")
    world.load()
    code = (
        "import sys, time\nfrom safeshell.state.loading import load\n"
        f"environ = {{'HOME': {str(world.base / 'home')!r}}}\n"
        "def once():\n    start = time.perf_counter()\n"
        f"    load(environ, system={str(world.etc)!r})\n    return time.perf_counter() - start\n"
        "print(min(once() for _ in range(9)), 'yaml' in sys.modules, 'safeshell.policy.layers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    best, yaml, layers = done.stdout.split()
    assert float(best) <= 0.005
    assert (yaml, layers) == ("False", "False")
