"""Packs: YAML texts -> Knowledge. The format's law is docs/packs.md.

What must not live here: the shape of a pack (packshape), the checks that look across its parts
(packchecks), interpreting commands, reading files.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

from safeshell.model.knowledge import Knowledge
from safeshell.model.values import dataclass
from safeshell.policy import packchecks, packshape
from safeshell.policy.packnodes import Document, compose, fail_at, plain, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EXAMPLES = ("examples", "counter_examples")


@dataclass(frozen=True, slots=True)
class RuleExamples:
    """What a rule promises of itself. `rule` is the full id; `line` is where the rule stands."""

    rule: str
    source: str
    line: int
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]
    instead: str


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack, for editors; equal to config/schema/pack.schema.json."""
    return packshape.schema()


def load_packs(texts: Mapping[str, str]) -> Knowledge:
    """Compile packs, given as YAML by source name, into Knowledge.

    Packs may stand in any order. A command that says `extends: true` adds rules and subcommands to one
    of another pack; nothing can be taken away. Raises ConfigError with source, line, column and what
    was expected at the first fault.
    """
    packs = [(source, _read_pack(text, source)) for source, text in texts.items()]
    commands = _register(packs)
    _extend(packs, commands)
    raw: dict[str, Any] = {}
    for source, command in _each_command(commands):
        packchecks.check_command(command, source)
        names = command["names"]
        raw[str(names[0])] = marshal.dumps(plain(_stripped(command)))
        raw.update(dict.fromkeys(map(str, names[1:]), str(names[0])))
    return Knowledge(raw=raw)


def load_examples(texts: Mapping[str, str]) -> tuple[RuleExamples, ...]:
    """The examples of every rule, in the order of the files. Raises like `load_packs`."""
    found = []
    for source, text in texts.items():
        pack = _read_pack(text, source)
        found += [_examples(rule, pack["pack"], source) for rule in packchecks.each_rule(pack["commands"])]
    return tuple(found)


def _examples(rule: Mapping[str, Any], pack: str, source: str) -> RuleExamples:
    return RuleExamples(
        rule=f"{pack}.{rule['id']}",
        source=source,
        line=rule["id"].line,
        examples=tuple(rule["examples"]),
        counter_examples=tuple(rule["counter_examples"]),
        instead=rule.get("instead", ""),
    )


def _read_pack(text: str, source: str) -> dict[str, Any]:
    """One pack, valid by itself."""
    document = Document(source)
    pack: dict[str, Any] = read(packshape.PACK, compose(text, source), document)
    stem = source.rpartition("/")[2]
    if stem.endswith((".yaml", ".yml")) and stem.rpartition(".")[0] != pack["pack"]:
        raise fail_at(pack["pack"], source, "the pack has another name than its file", f"`{stem.rpartition('.')[0]}`")
    for command in _walk(pack["commands"]):
        _settle_names(command, source)
    packchecks.check_rule_ids(pack["commands"], source)
    return pack


def _walk(commands: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for command in commands:
        yield command
        yield from _walk(command.get("subcommands", []))


def _settle_names(command: dict[str, Any], source: str) -> None:
    """`name: x` and `names: [x]` become one spelling."""
    if "name" in command:
        command["names"] = [command.pop("name")]
    if len(set(command["names"])) != len(command["names"]):
        raise fail_at(command["names"][0], source, "a name stands here twice", "each name once")


def _register(packs: list[tuple[str, dict[str, Any]]]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Commands by each name, with the source they came from; those that extend others are left out."""
    commands: dict[str, tuple[str, dict[str, Any]]] = {}
    for source, pack in packs:
        for command in pack["commands"]:
            if command.get("extends"):
                continue
            command["pack"] = str(pack["pack"])
            for name in command["names"]:
                if name in commands:
                    other = f"`{name}` is described in {commands[name][0]} already"
                    raise fail_at(name, source, other, "another name, or `extends: true` to add rules to it")
                commands[name] = (source, command)
    return commands


def _extend(packs: list[tuple[str, dict[str, Any]]], commands: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Put what `extends: true` commands add into the commands that they name."""
    for source, pack in packs:
        for addition in pack["commands"]:
            if not addition.get("extends"):
                continue
            for name in addition["names"]:
                if name not in commands:
                    raise fail_at(name, source, f"no pack describes `{name}`", "the name of a known command")
                _add(commands[name][1], addition, str(pack["pack"]), source)


def _add(base: dict[str, Any], addition: Mapping[str, Any], pack: str, source: str) -> None:
    odd = next((key for key in addition if key not in packshape.ADDABLE), None)
    if odd is not None:
        wanted = "only " + ", ".join(packshape.ADDABLE)
        raise fail_at(addition["names"][0], source, f"a command that extends another cannot give `{odd}`", wanted)
    fresh = [{**rule, "added": True, "pack": pack} for rule in addition.get("rules", [])]
    base["rules"] = [*base.get("rules", []), *fresh]
    known = {name: sub for sub in base.get("subcommands", []) for name in sub["names"]}
    for sub in addition.get("subcommands", []):
        _add_subcommand(base, known, sub, pack, source)


def _add_subcommand(
    base: dict[str, Any], known: Mapping[str, dict[str, Any]], sub: dict[str, Any], pack: str, source: str
) -> None:
    """A new subcommand, or more rules for one that is there."""
    for name in sub["names"]:
        if (name in known) != bool(sub.get("extends")):
            wanted = "a new name, or `extends: true`" if name in known else "the name of a known subcommand"
            raise fail_at(name, source, f"subcommand `{name}` cannot be added like this", wanted)
        if name in known:
            _add(known[name], sub, pack, source)
    if not sub.get("extends"):
        base["subcommands"] = [*base.get("subcommands", []), {**sub, "pack": pack}]


def _each_command(commands: Mapping[str, tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every command once, whatever its number of names."""
    seen: set[int] = set()
    for source, command in commands.values():
        if id(command) not in seen:
            seen.add(id(command))
            yield source, command


def _stripped(command: Mapping[str, Any]) -> dict[str, Any]:
    """The command without what only tests need."""
    bare = dict(command)
    if "rules" in bare:
        bare["rules"] = [{k: v for k, v in rule.items() if k not in _EXAMPLES} for rule in bare["rules"]]
    if "subcommands" in bare:
        bare["subcommands"] = [_stripped(sub) for sub in bare["subcommands"]]
    return bare
