"""Claims of rules: targets, what makes them unbounded, and the safer line."""

from __future__ import annotations

import pytest

from safeshell.languages.commands.rules import REACHING
from safeshell.languages.words import literal_word
from safeshell.model.effects import HARMLESS, Effect
from tests.languages.commands.making import RULE, globbed, knowledge, run, targets, unknown

TOOLS = knowledge(f"""
- name: rm
  options: {{"-r --recursive": flag}}
  operands: "file..."
  rules:
    - {{id: rm, effect: destroys_data, on: file, recursive: [-r], if_missing: writes, preview: files,
       instead: "ls -d -- {{file}} # {{x}}", {RULE}}}
- name: chmod
  options: {{"-R": flag}}
  operands: "mode file..."
  rules: [{{id: chmod, effect: writes, on: [file], recursive: [-R], {RULE}}}]
- name: kill
  operands: "pid..."
  rules: [{{id: kill, effect: stops_service, on: [pid], kind: process, {RULE}}}]
- name: cut
  options: {{"-o": {{takes: value, kind: device}}, "-a": flag}}
  operands: "[file]"
  kinds: {{file: host}}
  rules:
    - {{id: cut, effect: destroys_data, on: [file, -o], unbounded: {{option: -a}}, appends: [-a], {RULE}}}
    - {{id: head, effect: rewrites_history, when: {{option: -a}}, implied: [HEAD, "{{file}}..HEAD"], kind: ref, {RULE}}}
""")


def only(*parts, **more):
    (claim,) = run(TOOLS, *parts, **more).claims
    return claim


def test_a_claim_carries_what_the_rule_says() -> None:
    """Effect, id with the pack, targets as written, and the ready line with words put in."""
    claim = only("rm -r a 'b")
    assert (claim.effect, claim.rule, claim.preview, claim.if_missing) == (
        Effect.DESTROYS_DATA,
        "t.rm",
        "files",
        Effect.WRITES,
    )
    assert [(target.text, target.recursive) for target in claim.targets] == [("a", True), ("'b", True)]
    assert claim.recursive
    assert claim.instead == "ls -d -- a 'b # {x}"


def test_kinds_come_from_rule_slot_and_option() -> None:
    """The slot's kind, the option's own kind."""
    claim = only("cut h -o d")
    assert [(target.kind.value, target.value) for target in claim.targets] == [("host", "h"), ("device", "d")]


def test_implied_targets() -> None:
    """What the line does not spell, with words put in; unknown ones make the value unknown."""
    found = run(TOOLS, "cut -a h").claims[1]
    assert [target.value for target in found.targets] == ["HEAD", "h..HEAD"]
    assert run(TOOLS, "cut -a", unknown()).claims[1].targets[1].value is None


def test_unknown_and_empty_targets_are_unbounded_for_destruction() -> None:
    """`rm "$D"`, `rm -r "/x/$D"`, `rm -r ''`; `chmod 600 "$F"` only writes, `kill $PID` names a process."""
    assert only("rm", unknown()).unbounded
    assert only("rm -r", unknown(before="/x/")).unbounded
    assert only("rm -r", literal_word("")).unbounded
    assert not only("chmod 600", unknown()).unbounded
    assert not only("kill", unknown()).unbounded


@pytest.mark.parametrize("tree", ["/", "//", "/.", "/*", "/../", "~", "~/", "~/*", "."])
def test_whole_trees_are_unbounded_when_everything_below_goes(tree: str) -> None:
    """The roots, however spelled, with -r and not without."""
    assert only("rm -r", tree).unbounded
    assert not only("rm", tree).unbounded


@pytest.mark.parametrize("tree", ["data", "/srv/x", "./data", "~/x", "*.log", "/var/*"])
def test_named_trees_are_not(tree: str) -> None:
    """A tree with a name of its own is bounded."""
    assert not only("rm -r", globbed(tree)).unbounded


def test_writes_below_the_root_reach_too_far_but_not_here() -> None:
    """`chmod -R 777 /` is unbounded, `chmod -R 777 .` a plain write."""
    assert only("chmod -R 777 /").unbounded
    assert not only("chmod -R 777 .").unbounded


def test_a_rule_can_say_that_it_is_unbounded_or_appends() -> None:
    """By an option or a condition."""
    claims = run(TOOLS, "cut -a x").claims
    assert claims[0].unbounded
    assert claims[0].appends
    assert not only("cut x").unbounded


def test_words_from_outside_are_unknown_targets() -> None:
    """xargs: what it appends nobody sees."""
    claim = only("rm a", appended=True)
    assert targets(run(TOOLS, "rm a", appended=True)) == ["a", None]
    assert claim.unbounded


def test_harmless_effects_never_reach() -> None:
    """No effect that is silent everywhere can be unbounded by its target."""
    assert not REACHING & HARMLESS
    assert Effect.WRITES not in REACHING


SPECIAL = knowledge(f"""
- name: kill
  operands: "pid..."
  rules:
    - {{id: any, effect: stops_service, on: [pid], kind: process, {RULE}}}
    - {{id: init, effect: halts_host, when: {{operand: {{slot: pid, in: ["1"]}}}}, surely: true, {RULE}}}
- name: cp
  options: {{"-t": value, "-T, -r": flag}}
  operands: "source... destination"
  operands_when: [{{options: [-t], operands: "source..."}}]
  rules:
    - {{id: cp, effect: destroys_data, on: [destination, -t], recursive: [-r], into: {{slot: source, unless: [-T]}}, {RULE}}}
""")


def test_a_rule_about_one_word_fires_only_beyond_doubt() -> None:
    """`kill $X` may hit process 1, but it is not said to."""
    assert [claim.effect.value for claim in run(SPECIAL, "kill 1").claims] == ["stops_service", "halts_host"]
    assert [claim.effect.value for claim in run(SPECIAL, "kill", unknown()).claims] == ["stops_service"]


@pytest.mark.parametrize(
    ("line", "value", "inside"),
    [
        ("cp x/a d", "d", ("a",)),
        ("cp a b/ d", "d/", ("a", "b")),
        ("cp -t d a", "d/", ("a",)),
        ("cp -T a d", "d", ()),
        ("cp .. d", "d", ("*",)),
    ],
)
def test_a_target_knows_what_would_come_to_lie_in_it(line: str, value: str, inside: tuple[str, ...]) -> None:
    """Several sources, and a directory given by an option, must have a directory to go to."""
    (claim,) = run(SPECIAL, line).claims
    assert [(target.value, target.inside) for target in claim.targets] == [(value, inside)]


def test_copying_a_tree_here_is_about_what_lies_in_it() -> None:
    """`cp -r a .` replaces `./a`, not everything; where the destination is not known it may be anything."""
    (here,) = run(SPECIAL, "cp -r a .").claims
    (lost,) = run(SPECIAL, "cp -r a", unknown()).claims
    assert (here.unbounded, lost.unbounded) == (False, True)
