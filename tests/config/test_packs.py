"""Every pack loads, and every rule of it keeps its promises."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from safeshell.languages.commands.interpreter import decoded
from safeshell.model.effects import Effect
from safeshell.model.errors import ConfigError
from safeshell.model.statements import TargetKind
from safeshell.policy.packs import RuleExamples, load_examples, load_packs, pack_schema
from tests.config.checking import PACKS, Checked, check, pack_texts

TEXTS = pack_texts()
RULES = [rule for source, text in TEXTS.items() for rule in load_examples({source: text})]
SCHEMA = Path(__file__).parents[2] / "config" / "schema" / "pack.schema.json"


@cache
def _outcome() -> Checked | ConfigError:
    try:
        return check(TEXTS)
    except ConfigError as fault:
        return fault


def checked() -> Checked:
    """All packs with all lines read, once for the whole module, a fault of theirs too."""
    found = _outcome()
    if isinstance(found, ConfigError):
        pytest.fail(f"the packs do not load together: {found}")
    return found


@pytest.mark.parametrize("source", TEXTS, ids=[Path(source).stem for source in TEXTS])
def test_a_pack_loads_by_itself(source: str) -> None:
    """A pack is valid without any other."""
    assert load_packs({source: TEXTS[source]}).raw


def test_there_are_packs() -> None:
    """The folder is not empty, so that the tests here cannot pass for want of rules."""
    assert TEXTS
    assert RULES
    assert all(source.startswith(str(PACKS)) for source in TEXTS)


@pytest.mark.parametrize("rule", RULES, ids=[rule.rule for rule in RULES])
def test_a_rule_keeps_its_promises(rule: RuleExamples) -> None:
    """It fires on each example, on no counter-example, and the line it advises passes in read-only production."""
    assert rule.examples
    assert rule.counter_examples
    assert checked().problems(rule) == []


def test_rule_ids_are_unique_in_all_packs() -> None:
    """A finding names one rule."""
    ids = [rule.rule for rule in RULES]
    assert len(ids) == len(set(ids))


def test_words_of_the_vocabulary_are_valid() -> None:
    """Each effect and kind in the compiled knowledge is a member of its enum."""
    commands = [decoded(stored) for stored in load_packs(TEXTS).raw.values() if not isinstance(stored, str)]
    assert len(commands) > len(TEXTS)
    for command in commands:
        for rule in command.get("rules", ()):
            Effect(rule["effect"])
            TargetKind(rule.get("kind", "path"))


def test_the_schema_file_says_what_the_loader_reads() -> None:
    """config/schema/pack.schema.json is what `pack_schema` gives (`python -m tests.config.write_schema`)."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == pack_schema()
