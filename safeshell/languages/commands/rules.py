"""Rules of packs, compiled, and the claims that come of them.

What must not live here: reading words, what a command runs in turn, the name of any tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safeshell.languages.commands.certainty import NO, YES
from safeshell.languages.commands.conditions import always, compile_condition, compile_flag, refer
from safeshell.languages.commands.grammar import Arguments, Option
from safeshell.languages.words import scratch_pattern
from safeshell.model.effects import HARMLESS, RISKS, Effect, Risk
from safeshell.model.statements import Claim, Target, TargetKind
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.languages.commands.conditions import Condition
    from safeshell.languages.commands.grammar import Grammar
    from safeshell.languages.words import Word

_Fills = tuple[tuple[str, Option | str], ...]
"""Marks in a text (`{file}`) and the slots or options whose words come in their place."""

REACHING = frozenset(effect for effect in Effect if RISKS[effect] >= Risk.HIGH) | {Effect.BLOCKS_OTHERS, Effect.DEPLOYS}
"""Effects that an unknown target makes unbounded."""

_ON_FILES = frozenset({Effect.WRITES, Effect.DESTROYS_DATA})
_PATHS = frozenset({TargetKind.PATH, TargetKind.DEVICE})


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of a pack.

    `counts` is False for rules that a site added: they never replace `otherwise`. `surely` rules fire
    only on YES: they speak of one special word, and another rule catches the doubt. `spelled` ones do not
    count options that an unknown word may hold.
    """

    id: str
    effect: Effect
    when: Condition
    on: tuple[tuple[Option | str, TargetKind], ...]
    implied: tuple[tuple[TargetKind, str, _Fills], ...]
    recursive: Condition
    unbounded: Condition
    appends: Condition
    into: tuple[Option | str, Condition] | None
    surely: bool
    spelled: bool
    if_missing: Effect | None
    texts: Mapping[str, Any]
    counts: bool
    fills: _Fills


def compile_rule(raw: Mapping[str, Any], grammar: Grammar, pack: str) -> Rule:
    """One validated rule of `Knowledge.raw`."""
    return Rule(
        id=f"{pack}.{raw['id']}",
        effect=Effect(raw["effect"]),
        when=compile_condition(raw["when"], grammar) if "when" in raw else always,
        on=tuple((refer(grammar, name), _kind(raw, grammar, name)) for name in raw.get("on", ())),
        implied=tuple(
            (TargetKind(raw.get("kind") or "other"), text, _placeholders(text, grammar))
            for text in raw.get("implied", ())
        ),
        recursive=compile_flag(raw.get("recursive"), grammar),
        unbounded=compile_flag(raw.get("unbounded"), grammar),
        appends=compile_flag(raw.get("appends"), grammar),
        into=_compile_into(raw["into"], grammar) if "into" in raw else None,
        surely=bool(raw.get("surely")),
        spelled=bool(raw.get("spelled")),
        if_missing=Effect(raw["if_missing"]) if "if_missing" in raw else None,
        texts=raw,
        counts=not raw.get("added", False),
        fills=_placeholders(raw.get("instead", ""), grammar),
    )


def _kind(raw: Mapping[str, Any], grammar: Grammar, name: str) -> TargetKind:
    option = grammar.option(name)
    known = raw.get("kind") or grammar.kinds.get(name) or (_option_kind(grammar, option) if option else "")
    return TargetKind(known or "path")


def _option_kind(grammar: Grammar, option: Option) -> str:
    return option.kind or next((grammar.kinds[name] for name in option.names if name in grammar.kinds), "")


def _compile_into(raw: Any, grammar: Grammar) -> tuple[Option | str, Condition]:
    """The slot whose words come to lie in the targets (`*`: names nobody knows), and when they never do (`cp -T`)."""
    if isinstance(raw, str):
        return refer(grammar, raw), compile_flag(None, grammar)
    return refer(grammar, raw["slot"]), compile_flag(raw.get("unless"), grammar)


def make_claim(rule: Rule, arguments: Arguments) -> Claim:
    """The claim of a rule that fired."""
    recursive = rule.recursive(arguments) != NO
    targets = tuple(
        _holding(rule, reference, _target(rule, kind, word, recursive=recursive), arguments)
        for reference, kind in rule.on
        for word in arguments.words_of(reference)
    )
    targets += tuple(
        replace(_implied_target(kind, text, fills, arguments), recursive=recursive)
        for kind, text, fills in rule.implied
    )
    return Claim(
        effect=rule.effect,
        rule=rule.id,
        reason=rule.texts["reason"],
        targets=targets,
        if_missing=rule.if_missing,
        advice=rule.texts.get("advice", ""),
        instead=_filled(rule, arguments),
        preview=rule.texts.get("preview", ""),
        recursive=recursive,
        unbounded=rule.unbounded(arguments) != NO or any(_reaches(rule.effect, target) for target in targets),
        appends=rule.appends(arguments) == YES,
    )


def _target(rule: Rule, kind: TargetKind, word: Word, *, recursive: bool) -> Target:
    """A word as the target of this rule; what can only be scratch is bounded though not all of it is known."""
    target = make_target(kind, word, recursive=recursive)
    if target.value is None and kind is TargetKind.PATH and not recursive and rule.effect in _ON_FILES:
        pattern = scratch_pattern(word, removes=rule.if_missing is None and rule.effect is not Effect.WRITES)
        return target if pattern is None else replace(target, value=pattern, glob=True)
    return target


def make_target(kind: TargetKind, word: Word, *, recursive: bool = False) -> Target:
    """A word as the target of a claim."""
    return Target(kind, word.source, word.known, word.glob, recursive)


def _holding(rule: Rule, reference: Option | str, target: Target, arguments: Arguments) -> Target:
    """The target with the names that come to lie in it; a slash at its end says that it must be a directory."""
    if rule.into is None or rule.into[1](arguments) == YES:
        return target
    if rule.into[0] == "*":
        value = target.value.rstrip("/") + "/" if target.value else target.value
        return replace(target, value=value, inside=("*",))
    words = arguments.words_of(rule.into[0])
    surely = isinstance(reference, Option) or len(words) > 1
    value = target.value.rstrip("/") + "/" if target.value and surely else target.value
    return replace(target, value=value, inside=tuple(dict.fromkeys(_last_part(word) for word in words)))


def _last_part(word: Word) -> str:
    """The last part of a path, `*` where it is not known before running."""
    name = (word.known or "*").rstrip("/").rpartition("/")[2]
    return "*" if name in ("", ".", "..", "~") else name


def _implied_target(kind: TargetKind, text: str, fills: _Fills, arguments: Arguments) -> Target:
    """A target that the line does not spell, with the words that it is made of put in (`{upstream}..HEAD`)."""
    value: str | None = text
    for mark, reference in fills:
        words = arguments.words_of(reference)
        text = text.replace(mark, " ".join(word.source for word in words))
        known = [word.known for word in words]
        value = None if value is None or None in known else value.replace(mark, " ".join(word or "" for word in known))
    return Target(kind, text, value)


def _reaches(effect: Effect, target: Target) -> bool:
    """Whether this one target makes a claim unbounded: nobody knows what it is, or it is a whole tree."""
    if effect in HARMLESS or effect is Effect.WRITES_SCRATCH:
        return False
    if target.value is None:
        return effect in REACHING and target.kind is not TargetKind.PROCESS
    if target.inside:
        return False
    if not target.recursive or target.kind not in _PATHS:
        return effect in REACHING and target.value == "" and target.kind in _PATHS
    return _is_top(target.value) or (effect in REACHING and _is_here(target.value))


def _is_top(value: str) -> bool:
    """`/`, `/*`, `~`, `~/*`, the empty word: the whole machine or the whole home."""
    parts = [part for part in value.split("/") if part not in ("", ".", "..")]
    if value.startswith("/"):
        return parts in ([], ["*"])
    return value == "" or (parts[:1] in (["~"], ["$HOME"]) and parts[1:] in ([], ["*"]))


def _is_here(value: str) -> bool:
    """`.`, `..`, `../..`, `./`: a directory named only by where one stands."""
    return all(part in ("", ".", "..") for part in value.split("/"))


def _placeholders(text: str, grammar: Grammar) -> _Fills:
    """What stands in braces in a safer line and names a slot or an option."""
    names = dict.fromkeys(part.partition("}")[0] for part in text.split("{")[1:])
    known = (name for name in names if name in grammar.options or grammar.has_slot(name))
    return tuple(("{" + name + "}", refer(grammar, name)) for name in known)


def _filled(rule: Rule, arguments: Arguments) -> str:
    """The safer line with the words put in."""
    text: str = rule.texts.get("instead", "")
    for mark, reference in rule.fills:
        text = text.replace(mark, " ".join(word.source for word in arguments.words_of(reference)))
    return text


def plain_claim(effect: Effect, rule: str, reason: str, targets: tuple[Target, ...] = ()) -> Claim:
    """A claim that no rule of a pack made."""
    return Claim(effect=effect, rule=rule, reason=reason, targets=targets)
