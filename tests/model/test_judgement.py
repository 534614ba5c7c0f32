"""What is derived from findings and statements."""

from __future__ import annotations

from safeshell.model.effects import Effect, Risk
from safeshell.model.judgement import Assessment
from safeshell.policy.assess import assess
from tests.making import action, claim, statement


def test_risk_and_effects_are_the_highest_first():
    """An assessment leads with the worst."""
    found = assess(action(), (statement(claim(Effect.READS), claim(Effect.HALTS_HOST), claim(Effect.WRITES)),), {})
    assert found.risk is Risk.CRITICAL
    assert found.effects == (Effect.HALTS_HOST, Effect.WRITES, Effect.READS)


def test_unbounded_is_an_effect_of_its_own():
    """Reaching further than the text shows is said beside the effect itself."""
    found = assess(action(), (statement(claim(Effect.DESTROYS_DATA, unbounded=True)),), {})
    assert set(found.effects) == {Effect.DESTROYS_DATA, Effect.UNBOUNDED}


def test_nothing_found_is_no_risk():
    """An empty line is understood, static and harmless."""
    empty = Assessment(action(), (), ())
    assert (empty.risk, empty.understood, empty.dynamic) == (Risk.NONE, True, False)


def test_nested_doubt_is_doubt():
    """Not understood and dynamic count however deep they stand."""
    deep = statement(nested=(statement(nested=(statement(understood=False, dynamic=True),)),))
    found = Assessment(action(), (deep,), ())
    assert not found.understood
    assert found.dynamic
