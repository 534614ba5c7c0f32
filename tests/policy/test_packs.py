"""Packs loaded: what comes out, and what every mistake says with line and column."""

from __future__ import annotations

import marshal

import pytest

from safeshell.languages.commands.interpreter import decoded
from safeshell.model.errors import ConfigError
from safeshell.policy.packs import load_examples, load_packs

RULE = "{id: a.b, effect: writes, reason: does it, examples: [a b], counter_examples: [a c]}"
PACK = f"""pack: p
version: 1
commands:
  - name: a
    options:
      "-x --long": value
    operands: "file..."
    rules:
      - {RULE}
"""


def fault(text: str, source: str = "p.yaml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_packs({source: text})
    return caught.value


def test_knowledge_holds_commands_as_marshal_bytes() -> None:
    """Every command once, other names as references, examples left out, nothing that marshal refuses."""
    knowledge = load_packs({"p.yaml": PACK.replace("name: a", "names: [a, b]")})
    assert knowledge.raw["b"] == "a"
    (rule,) = decoded(knowledge.raw["a"])["rules"]
    assert rule == {"id": "a.b", "effect": "writes", "reason": "does it"}
    assert decoded(knowledge.raw["a"])["pack"] == "p"
    assert marshal.loads(marshal.dumps(knowledge.raw)) == knowledge.raw


def test_examples_are_there_for_tests() -> None:
    """With the full id and the line of the rule."""
    (found,) = load_examples({"p.yaml": PACK})
    assert (found.rule, found.examples, found.counter_examples, found.line) == ("p.a.b", ("a b",), ("a c",), 9)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        ("version: 1", "version: one", 2, 10, "a whole number"),
        ("version: 1\n", "", 1, 1, "version"),
        ("    operands", "    operandz", 7, 5, "operandz"),
        ("effect: writes", "effect: wirtes", 9, 27, "one of"),
        ("reason: does it, ", "", 9, 9, "reason"),
        ("examples: [a b], ", "", 9, 9, "examples"),
        ("examples: [a b]", "examples: []", 9, 62, "at least 1"),
        (", counter_examples: [a c]", "", 9, 9, "counter_examples"),
        ('"-x --long": value', '"-x --long": values', 6, 20, "flag, value, optional"),
        ('"file..."', '"file... more..."', 7, 15, "at most one"),
        ('"file..."', "[file]", 7, 15, "a list stands here"),
        ("effect: writes,", "effect: writes, on: [fiel],", 9, 40, "`fiel` is neither"),
        ("effect: writes,", "effect: writes, when: {option: -y},", 9, 50, "`-y` is neither"),
        ("effect: writes,", "effect: writes, recursive: [-y],", 9, 47, "`-y` is neither"),
        ("effect: writes,", "effect: writes, when: {value: {of: -x}},", 9, 49, "exactly one of in, not_in"),
        ("effect: writes,", "effect: writes, when: {},", 9, 41, "empty"),
        ("pack: p", "pack: q", 1, 7, "`p`"),
        ("pack: p", "pack: p\npack: p", 2, 1, "twice"),
        ("pack: p", "pack: [", 3, 9, "YAML"),
        ("- name: a", "- summary: a", 4, 5, "exactly one of name, names"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, line: int, column: int, said: str) -> None:
    """Source, line and column of the fault, and what was expected there."""
    error = fault(PACK.replace(old, new, 1))
    assert (error.source, error.line, error.column) == ("p.yaml", line, column), error
    assert said in str(error)


def test_ids_and_names_are_unique() -> None:
    """A rule id twice in a pack, a command in two packs, a name twice in a command."""
    assert "stands here twice" in str(fault(PACK + f"      - {RULE}\n"))
    assert "stands here twice" in str(fault(PACK.replace("name: a", "names: [a, a]")))
    with pytest.raises(ConfigError, match=r"`a` is described in one already") as caught:
        load_packs({"one": PACK, "two": PACK})
    assert (caught.value.source, caught.value.line) == ("two", 4)


def test_words_of_yaml_are_taken_as_written() -> None:
    """`on`, `no`, `yes`, `010` and `~` are text where text is expected, and `on:` is a key."""
    pack = PACK.replace(
        "effect: writes,", "effect: writes, on: [file], when: {operand: {slot: file, in: [no, 010, on, ~]}},"
    )
    (rule,) = decoded(load_packs({"p.yaml": pack}).raw["a"])["rules"]
    assert rule["on"] == ["file"]
    assert rule["when"]["operand"]["in"] == ["no", "010", "on", "~"]


def test_options_of_one_arity_in_one_key_are_told_apart() -> None:
    """A key that looks like several options is a fault once a rule speaks of one of them."""
    pack = PACK.replace('"-x --long": value', '"-x --long -y --other": value')
    assert load_packs({"p.yaml": pack})
    used = pack.replace("effect: writes,", "effect: writes, when: {option: -y},")
    assert "looks like several options" in str(fault(used))
    assert fault(used).line == 6
    assert load_packs({"p.yaml": used.replace("--long -y", "--long, -y")})
    assert load_packs({"p.yaml": used.replace("value\n", "{takes: value, same: true}\n", 1)})


def site(command: str) -> str:
    return f"pack: s\nversion: 1\ncommands:\n  - {{name: a, extends: true, {command}}}\n"


def test_a_site_adds_rules_and_subcommands() -> None:
    """In whatever order the packs come; the added rule names its own pack."""
    base = PACK.replace("    rules:\n", "    subcommands: [{name: go}]\n    rules:\n")
    rule = RULE.replace("a.b", "a.more")
    add = site(f"rules: [{rule}], subcommands: [{{name: new}}, {{name: go, extends: true, rules: [{RULE}]}}]")
    for texts in ({"p": base, "s": add}, {"s": add, "p": base}):
        raw = decoded(load_packs(texts).raw["a"])
        assert [found.get("pack", "p") for found in raw["rules"]] == ["p", "s"]
        assert [sub["names"] for sub in raw["subcommands"]] == [["go"], ["new"]]
        assert raw["subcommands"][0]["rules"][0]["added"]


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        ("otherwise: reads", "cannot give `otherwise`"),
        ("dry_run: [-f]", "cannot give `dry_run`"),
        ("options: {-f: flag}", "cannot give `options`"),
        (f"rules: [{RULE.replace('effect', 'when: {option: -q}, effect')}]", "`-q` is neither"),
        ("subcommands: [{name: z, extends: true}]", "cannot be added"),
    ],
)
def test_a_site_takes_nothing_away(addition: str, said: str) -> None:
    """Only rules and new subcommands; and they are checked like all others."""
    with pytest.raises(ConfigError, match=said):
        load_packs({"p": PACK, "s": site(addition)})


def test_a_site_cannot_extend_what_is_not_there() -> None:
    """The name must be that of a described command."""
    with pytest.raises(ConfigError, match="no pack describes `a`"):
        load_packs({"s": site("rules: []")})
