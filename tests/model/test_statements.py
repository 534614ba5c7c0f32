"""What is derived from claims."""

from __future__ import annotations

from safeshell.model.effects import Effect
from tests.making import claim, path, statement


def test_effects_are_those_of_the_statement_alone():
    """Nested effects belong to the nested statement and its place."""
    outer = statement(claim(Effect.READS), nested=(statement(claim(Effect.HALTS_HOST)),))
    assert outer.effects == (Effect.READS,)


def test_unbounded_and_not_understood_are_effects():
    """Doubt is part of what a statement does."""
    one = statement(claim(Effect.WRITES, unbounded=True), understood=False)
    assert one.effects == (Effect.WRITES, Effect.UNBOUNDED, Effect.NOT_UNDERSTOOD)
    assert not one.bounded


def test_targets_are_told_once():
    """A target of two claims is one target."""
    one = statement(claim(Effect.READS, path("a")), claim(Effect.WRITES, path("a"), path("b")))
    assert one.targets == (path("a"), path("b"))


def test_walk_is_outermost_first():
    """sudo before what it runs."""
    inner = statement(claim(Effect.WRITES))
    outer = statement(nested=(inner,))
    assert list(outer.walk()) == [outer, inner]
