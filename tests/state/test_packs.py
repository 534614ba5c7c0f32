"""Packs of the site and of the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeshell.model.effects import Tier
from tests.state.test_loading import World

PACK = """\
pack: ours
version: 1
commands:
  - name: ourtool-zz
    summary: does things
    rules:
      - id: ourtool-zz.run
        effect: deploys
        reason: starts our pipeline
        examples: ["ourtool-zz x"]
        counter_examples: ["ourtool-zz --help"]
"""


ADDED = """\
      - id: rm.ours-zz
        effect: halts_host
        on: [file]
        reason: stops our shop
        examples: ["rm shop"]
        counter_examples: ["rm --help"]
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_packs_become_knowledge(world: World):
    """Built-in packs and the site's; from the cache they are equal."""
    (world.etc / "packs").mkdir()
    (world.etc / "packs/ours.yaml").write_text(PACK)
    first, second = world.load(), world.load()
    assert {"ourtool-zz", "rm"} <= set(first.knowledge.raw)
    assert first.knowledge == second.knowledge


def test_a_broken_pack_of_the_site(world: World):
    """Its last good version counts; without one it is left out, and the strictest policy counts."""
    (world.etc / "packs").mkdir()
    pack = world.etc / "packs/ours.yaml"
    pack.write_text(PACK)
    world.load()
    pack.write_text(PACK.replace("effect: deploys", "effect: deplys"))
    loaded = world.load()
    assert "ourtool-zz" in loaded.knowledge.raw
    assert any(f"{pack}:8:17:" in notice and "last good version" in notice for notice in loaded.policy.notices)
    assert loaded.policy.least_tier is None
    loaded = world.load(SAFESHELL_STATE_DIR=str(world.base / "fresh"))
    assert "ourtool-zz" not in loaded.knowledge.raw
    assert "rm" in loaded.knowledge.raw
    assert loaded.policy.least_tier is Tier.PRODUCTION


def own(world: World, text: str) -> Path:
    path = world.user.parent / "packs/ours.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_ones_own_pack_describes_commands_where_one_is_the_floor(world: World):
    """Without an administrator's configuration, a person's packs count like any other."""
    own(world, PACK)
    loaded = world.load()
    assert "ourtool-zz" in loaded.knowledge.raw
    assert loaded.policy.notices == ()


def test_over_etc_ones_own_pack_only_adds_rules(world: World):
    """Describing an unknown program would loosen: it is ignored with a notice; added rules count."""
    (world.etc / "config.yaml").write_text("version: 1\n")
    own(world, PACK + "  - name: rm\n    extends: true\n    rules:\n" + ADDED)
    for _ in range(2):
        loaded = world.load()
        assert "ourtool-zz" not in loaded.knowledge.raw
        assert "ourtool-zz: described in" in loaded.policy.notices[0]
        assert loaded.policy.least_tier is None
        assert "rm.ours-zz" in str(loaded.knowledge.raw["rm"])


def test_a_broken_pack_is_compiled_once(world: World):
    """The notice comes from the cache too, so that every start but the first is quick."""
    pack = own(world, "pack: [")
    for _ in range(2):
        loaded = world.load()
        assert loaded.policy.notices[0].startswith(f"{pack}:")
        assert loaded.policy.least_tier is Tier.PRODUCTION
    assert list((world.base / "home/.local/state/safeshell/cache").glob("packs-*"))


def test_a_pack_that_cannot_be_read_is_left_out(world: World):
    """A directory in a pack's place, a link to nowhere: said, and the strictest policy counts."""
    path = world.user.parent / "packs/ours.yaml"
    path.parent.mkdir()
    path.symlink_to("nowhere")
    loaded = world.load()
    assert f"{path} cannot be read" in loaded.policy.notices[0]
    assert loaded.policy.least_tier is Tier.PRODUCTION
