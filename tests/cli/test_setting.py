"""What every command starts from, loaded from real files."""

from __future__ import annotations

import os

import pytest

from safeshell.cli.setting import load_setting
from safeshell.model.effects import Demand, Effect, Tier
from safeshell.model.facts import Ask, PathFact, Question


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An environment that holds nothing but a home."""
    for name in list(os.environ):
        if name.startswith(("SAFESHELL", "XDG", "SSH", "GIT")) or name.endswith("_ENV"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_any_file_the_packs_are_known_and_the_state_is_in_the_home(home):
    """Nothing has to be configured."""
    setting = load_setting()
    assert "rm" in setting.knowledge.raw
    assert setting.policy.sources == ()
    assert (setting.home, setting.state) == (str(home), f"{home}/.local/state/safeshell")


def test_a_tier_that_is_given_counts_here(home):
    """As --guard-tier does, even where the environment asks for less."""
    assert load_setting(tier="production").here().tier is Tier.PRODUCTION
    os.environ["SAFESHELL_TIER"] = "staging"
    try:
        assert load_setting().here().tier is Tier.STAGING
        assert load_setting(tier="development").here().tier is Tier.STAGING
    finally:
        del os.environ["SAFESHELL_TIER"]


def test_a_configuration_that_is_given_counts(home):
    """--config tightens the built-in demands."""
    path = home / "c.yaml"
    path.write_text("version: 1\ndemands: {staging: {writes: deny}}\n")
    setting = load_setting(config=str(path))
    assert setting.policy.demand(Tier.STAGING, Effect.WRITES, Demand.ALLOW) is Demand.DENY
    assert load_setting().policy.demand(Tier.STAGING, Effect.WRITES, Demand.ALLOW) is Demand.ALLOW


def test_a_fault_becomes_a_notice_and_the_strictest_policy(home):
    """Never an error: somebody may just need a shell."""
    path = home / "c.yaml"
    path.write_text("tint: perhaps\n")
    setting = load_setting(config=str(path))
    assert setting.policy.broken
    assert setting.policy.notices[0].startswith(f"{path}:1:7: ")
    assert setting.policy.unlock_max_minutes == 0


def test_one_gatherer_looks_and_the_other_does_not(home):
    """The blind one is for judging a text without this host's files."""
    (home / "there").write_text("x")
    question = Question(Ask.PATH, "there")
    setting = load_setting()
    seen = setting.gatherer().gather([question], str(home))[question]
    assert isinstance(seen, PathFact)
    assert (seen.looked, seen.exists, seen.home) == (True, True, str(home))
    blind = setting.blind_gatherer().gather([question], str(home)).get(question)
    assert blind is None or not blind.looked


def test_variables_are_answered_only_for_callers_without_a_session(home, monkeypatch):
    """A session's own shell knows better."""
    monkeypatch.setenv("WHERE", "/srv")
    question = Question(Ask.VARIABLE, "WHERE")
    setting = load_setting()
    assert setting.gatherer(shell_names=True).gather([question], "/")[question] == "/srv"
    assert question not in setting.gatherer().gather([question], "/")


def test_a_remembered_program_is_known_again(home):
    """By path and fingerprint, in this person's state."""
    setting = load_setting()
    assert setting.remembered().remember("/opt/x", "ab" * 32, 1000.0)
    assert load_setting().remembered().knows("/opt/x", "ab" * 32, 2000.0)
    assert not load_setting().remembered().knows("/opt/x", "cd" * 32, 2000.0)
