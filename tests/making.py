"""Small makers of nouns for tests. What must not live here: assertions, files, processes."""

from __future__ import annotations

from safeshell.model.effects import Effect, Mode, Tier
from safeshell.model.facts import PathFact
from safeshell.model.places import Environment, Place
from safeshell.model.statements import Action, Claim, Context, Language, Span, Statement, Target, TargetKind


def environment(tier: Tier = Tier.PRODUCTION, target: str = "web-3") -> Environment:
    return Environment(tier.value, tier, target, operator="ada", reasons=("it was said so",))


def action(text: str = "x", where: Environment | None = None, cwd: str = "/srv") -> Action:
    return Action("a1", "s1", Language.BASH, text, Context(cwd=cwd), where or environment(), 1_700_000_000.0)


def path(value: str | None, *, glob: bool = False, recursive: bool = False) -> Target:
    return Target(TargetKind.PATH, value if value is not None else "$X", value, glob, recursive)


def claim(effect: Effect, *targets: Target, **more: object) -> Claim:
    return Claim(effect, f"test.{effect.value}", f"has the effect {effect.value}", tuple(targets), **more)  # type: ignore[arg-type]


def statement(
    *claims: Claim, nested: tuple[Statement, ...] = (), place: Place | None = None, **more: object
) -> Statement:
    return Statement(
        Language.BASH,
        "x",
        Span(0, 1),
        "x",
        tuple(claims),
        nested=nested,
        place=place,
        **more,  # type: ignore[arg-type]
    )


def fact(where: str, **more: object) -> PathFact:
    given: dict[str, object] = {"path": where, "resolved": where, "exists": True, "kind": "file"}
    return PathFact(**{**given, **more})  # type: ignore[arg-type]


def always(mode: Mode):
    return lambda _environment: mode
