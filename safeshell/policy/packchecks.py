"""Checks of a pack that look across its keys: names that rules speak of must exist.

A rule that names an option which its command does not declare would never fire; that is a fault of the
file and found here, not in production.
What must not live here: the shape of single keys (packshape).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safeshell.languages.commands.grammar import Grammar, build_grammar, parse_slots
from safeshell.policy.packnodes import fail_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MOST_NAMES = 2
_SUBJECTS = ("argv", "words", "text", "file", "opaque", "placeholder", "below")


def each_rule(commands: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every rule of the commands and their subcommands."""
    for command in commands:
        yield from command.get("rules", [])
        yield from each_rule(command.get("subcommands", []))


def check_rule_ids(commands: Iterable[Mapping[str, Any]], source: str) -> None:
    """Each rule id once in a pack."""
    seen: set[str] = set()
    for rule in each_rule(commands):
        if rule["id"] in seen:
            raise fail_at(rule["id"], source, f"rule id `{rule['id']}` stands here twice", "an id that is unique")
        seen.add(rule["id"])


def check_command(command: Mapping[str, Any], source: str, parent: Grammar | None = None) -> None:
    """Everything that a command refers to exists in its grammar, subcommands included."""
    _check_forms(command, source)
    grammar = build_grammar(command, parent)
    for name in _references(command):
        if isinstance(name, str) and name not in grammar.options and not grammar.has_slot(name):
            problem = f"`{name}` is neither an option nor a slot of `{command['names'][0]}`"
            raise fail_at(name, source, problem, "a declared option or slot")
        if isinstance(name, str) and name in grammar.options:
            _check_one_option(name, command, source)
    _check_subcommands(command, source)
    for sub in command.get("subcommands", []):
        check_command(sub, source, grammar)


def _check_one_option(name: str, command: Mapping[str, Any], source: str) -> None:
    """The key that declares an option which rules speak of must look like the names of ONE option.

    Names in a key are one option; several options of the same arity written into one key would make a
    rule on one of them fire, or a dry run count, for all.
    """
    for key, meaning in command.get("options", {}).items():
        for names in (part.split() for part in key.split(",")):
            if name in names and _looks_like_several(names) and not (isinstance(meaning, dict) and meaning.get("same")):
                problem = f"`{name}` is used by a rule, but its key looks like several options"
                raise fail_at(key, source, problem, "options separated by commas, or `same: true` if it is one")


def _looks_like_several(names: list[str]) -> bool:
    """A short name after a long one, or more names than one option has."""
    longs = [name.startswith("--") for name in names]
    return sum(longs) > _MOST_NAMES or len(names) - sum(longs) > _MOST_NAMES or longs != sorted(longs)


def _check_forms(command: Mapping[str, Any], source: str) -> None:
    """Operand slots: at most one with `...`, none twice."""
    forms = [command["operands"]] if "operands" in command else []
    forms += [form["operands"] for form in command.get("operands_when", [])]
    for text in forms:
        slots = parse_slots(text)
        names = [slot.name for slot in slots]
        if sum(slot.many for slot in slots) > 1 or len(set(names)) != len(names) or "" in names:
            raise fail_at(text, source, f"`{text}` cannot be divided", "different slots, at most one with `...`")


def _check_subcommands(command: Mapping[str, Any], source: str) -> None:
    """No subcommand name twice, and the default one exists."""
    seen: set[str] = set()
    for name in (name for sub in command.get("subcommands", []) for name in sub["names"]):
        if name in seen:
            raise fail_at(name, source, f"subcommand `{name}` stands here twice", "each name once")
        seen.add(name)
    default = command.get("default_subcommand")
    if default is not None and default not in seen:
        raise fail_at(default, source, f"`{default}` is not a subcommand here", "the name of a subcommand")


def _references(command: Mapping[str, Any]) -> Iterator[Any]:
    """Every name of an option or slot that the command's keys speak of."""
    for form in command.get("operands_when", []):
        yield from form["options"]
    yield from command.get("kinds", {})
    for item in (*command.get("informational", ()), *command.get("dry_run", ())):
        yield from [item] if isinstance(item, str) else _of_condition(item)
    for rule in command.get("rules", []):
        yield from _of_rule(rule)
    for wrap in command.get("wraps", []):
        yield from (wrap[key] for key in _SUBJECTS if key in wrap and _is_reference(key, wrap[key]))
        yield from _of_condition(wrap.get("when", []))
    place = command.get("place", {})
    yield from place.get("name", [])
    yield from _of_condition(place.get("when", []))
    for names in place.get("detail", {}).values():
        yield from names


def _is_reference(key: str, subject: str) -> bool:
    """A placeholder may be plain text, and opaque code may simply be `true`."""
    if key == "placeholder":
        return subject.startswith("-")
    return not (key == "opaque" and subject == "true")


def _of_rule(rule: Mapping[str, Any]) -> Iterator[Any]:
    yield from rule.get("on", [])
    yield from _of_condition(rule.get("when", []))
    into = rule.get("into", {})
    if into != "*":
        yield from [into] if isinstance(into, str) else [into["slot"], *into.get("unless", [])] if into else []
    for key in ("recursive", "unbounded", "appends"):
        whether = rule.get(key, [])
        for item in whether if isinstance(whether, list) else [whether]:
            yield from [item] if isinstance(item, str) else _of_condition(item)


def _of_condition(data: Any) -> Iterator[Any]:
    if isinstance(data, bool):
        return
    if isinstance(data, list):
        for item in data:
            yield from _of_condition(item)
        return
    for key, value in data.items():
        if key in ("option", "no_option"):
            yield from value
        elif key in ("value", "operand", "count"):
            yield from value.get("of") or value.get("slot")
        elif key in ("any", "all", "not"):
            yield from _of_condition(value)
