"""Whole commands: names, subcommands, what makes them harmless, and what happens on doubt."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.commands import interpret
from safeshell.languages.commands.interpreter import decoded, find_command
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Span, TargetKind
from tests.languages.commands.making import RULE, effects, globbed, knowledge, rules, run, targets, unknown, words

TOOLS = knowledge(f"""
- names: [rm, grm]
  summary: remove files
  options: {{"-r -R --recursive": flag, "-f --force": flag, "-i --interactive": flag}}
  operands: "file..."
  rules: [{{id: rm.files, effect: destroys_data, on: [file], recursive: [-r], {RULE}}}]
- name: "python3.*"
  otherwise: runs_opaque_code
- name: gradlew
  relative: true
- name: ctl
  options: {{"-v, --verbose": flag, "-H": value}}
  abbreviations: true
  default_subcommand: list
  unknown_subcommand: writes
  rules: [{{id: ctl.host, when: {{option: -H}}, effect: leaves_guard, {RULE}}}]
  subcommands:
    - {{name: list, summary: list units}}
    - names: [stop, halt]
      options: {{"--now": flag}}
      operands: "unit..."
      kinds: {{unit: service}}
      dry_run: [-n, {{value: {{of: --check, in: [client, server]}}}}]
      rules: [{{id: ctl.stop, effect: stops_service, on: [unit], {RULE}}}]
    - name: set
      otherwise: writes
      subcommands: [{{name: default, otherwise: changes_schema}}, {{name: show}}]
- name: tool
  otherwise: writes
  options: {{"-x": flag}}
  operands: "action"
  rules: [{{id: tool.show, when: {{operand: {{slot: action, in: [show, "list*"]}}}}, effect: reads, {RULE}}}]
""")


def test_the_last_path_component_is_the_name() -> None:
    """`/bin/rm`, `/usr/bin/grm` and `rm` are one command; the verb is as called."""
    for name in ("rm", "/bin/rm", "/usr/local/bin/rm", "~/bin/rm"):
        assert rules(run(TOOLS, f"{name} x")) == ["rm.files"]
    assert run(TOOLS, "grm x").verb == "grm"


def test_a_known_name_in_an_odd_place_is_doubted() -> None:
    """`./rm` may be anything; a pack can say that a program lives where one works."""
    assert effects(run(TOOLS, "./rm x")) == ["destroys_data", "unknown_program"]
    assert effects(run(TOOLS, "../ctl list")) == ["unknown_program"]
    assert effects(run(TOOLS, "./gradlew build")) == ["reads"]


def test_a_program_without_a_pack_is_unknown() -> None:
    """One claim, about the program's path."""
    found = run(TOOLS, "./status.sh --all")
    assert not found.known
    assert effects(found) == ["unknown_program"]
    (target,) = found.claims[0].targets
    assert (target.kind, target.value) == (TargetKind.PATH, "./status.sh")


def test_a_command_word_that_is_not_known_is_an_unknown_program() -> None:
    """Nothing is guessed from a variable or pattern."""
    for word in (unknown(), globbed("r*"), unknown(before="/bin/")):
        assert not run(TOOLS, word, "x").known


def test_names_may_be_globs() -> None:
    """`python3.11` is known by `python3.*`, `python3` is not."""
    assert effects(run(TOOLS, "python3.11 x.py")) == ["runs_opaque_code"]
    assert not run(TOOLS, "python3 x.py").known


@pytest.mark.parametrize(
    "spelling", ["-r -f", "-rf", "-fr", "-R -f", "--recursive --force", "--rec --f", "-f --recursi"]
)
def test_spellings_make_no_difference(spelling: str) -> None:
    """The same claims for every way to write the same options, before and after the operand."""
    plain = run(TOOLS, "rm -rf data").claims
    assert run(TOOLS, f"rm {spelling} data").claims == plain
    assert run(TOOLS, f"rm data {spelling}").claims == plain


def test_asking_for_help_is_a_read() -> None:
    """--help turns everything off, but not after `--`, not abbreviated, not hidden in a variable."""
    assert effects(run(TOOLS, "rm -rf / --help")) == ["reads"]
    assert effects(run(TOOLS, "rm -- --help")) == ["destroys_data"]
    assert effects(run(TOOLS, "rm x --hel")) == ["destroys_data"]
    assert effects(run(TOOLS, "rm", unknown("$OPTS", splits=True), "x")) == ["destroys_data"]


def test_a_dry_run_must_be_sure() -> None:
    """A flag, or a condition on a value; an unknown value or a negation leaves the claim standing."""
    assert effects(run(TOOLS, "ctl stop -n x")) == ["reads"]
    assert effects(run(TOOLS, "ctl stop x --check", "client")) == ["stops_service"]
    tool = knowledge(f"""
    - name: k
      options: {{"--dry-run": optional, "-n": flag, "--plan": flag}}
      dry_run: [-n, --plan, {{value: {{of: --dry-run, in: [client, server]}}}}]
      rules: [{{id: k, effect: deploys, {RULE}}}]
    """)
    assert effects(run(tool, "k --dry-run=client")) == ["reads"]
    assert effects(run(tool, "k --dry-run=none")) == ["deploys"]
    assert effects(run(tool, "k", unknown(before="--dry-run="))) == ["deploys"]
    assert effects(run(tool, "k --plan --no-plan")) == ["deploys"]
    assert effects(run(tool, "k --plan=false")) == ["deploys"]


def test_subcommands_and_their_abbreviations() -> None:
    """Options of the command count on both sides; a unique prefix counts, an ambiguous one does not."""
    for line in ("ctl stop x", "ctl -v stop x", "ctl stop x -v", "ctl sto x", "ctl halt x"):
        assert rules(run(TOOLS, line)) == ["ctl.stop"], line
    assert run(TOOLS, "ctl -v stop x").verb == "ctl stop"
    assert rules(run(TOOLS, "ctl s x")) == ["ctl.unknown_subcommand"]
    assert effects(run(TOOLS, "ctl frob x")) == ["writes"]


def test_subcommands_nest() -> None:
    """As deep as the pack goes; the outer one's own effect counts where the inner is missing."""
    assert effects(run(TOOLS, "ctl set default x")) == ["changes_schema"]
    assert effects(run(TOOLS, "ctl set")) == ["writes"]
    assert run(TOOLS, "ctl set show").verb == "ctl set show"


def test_a_default_subcommand() -> None:
    """`ctl` alone lists."""
    assert effects(run(TOOLS, "ctl -v")) == ["reads"]
    assert rules(run(TOOLS, "ctl")) == ["ctl.list.otherwise"]


def test_rules_of_the_outer_command_count_for_subcommands() -> None:
    """-H before or after the subcommand."""
    for line in ("ctl -H web stop x", "ctl stop -H web x"):
        assert rules(run(TOOLS, line)) == ["ctl.host", "ctl.stop"]


def test_a_subcommand_that_only_running_tells_is_not_understood() -> None:
    """`ctl $ACTION x` could stop things."""
    assert effects(run(TOOLS, "ctl", unknown(), "x")) == ["not_understood"]
    assert effects(run(TOOLS, "ctl", appended=True)) == ["not_understood"]


def test_otherwise_counts_where_no_rule_surely_does() -> None:
    """`tool $ACTION` may show, and may do what the tool does otherwise."""
    assert effects(run(TOOLS, "tool show")) == ["reads"]
    assert effects(run(TOOLS, "tool drop")) == ["writes"]
    assert effects(run(TOOLS, "tool", unknown())) == ["reads", "writes"]
    assert effects(run(TOOLS, "tool", globbed("l*"))) == ["reads", "writes"]


def test_a_rule_about_one_special_word_can_ask_for_certainty() -> None:
    """`surely: true` fires on the word itself, not on a word that may be it; `otherwise` then counts."""
    tool = knowledge(f"""
    - name: k
      operands: pid
      otherwise: stops_service
      rules: [{{id: k, surely: true, when: {{operand: {{slot: pid, in: ["1"]}}}}, effect: halts_host, {RULE}}}]
    """)
    assert effects(run(tool, "k 1")) == ["halts_host"]
    assert effects(run(tool, "k", unknown())) == ["stops_service"]


def test_a_rule_can_ask_for_options_on_the_line() -> None:
    """`spelled: true`: `get $URL` is a read though $URL may hold `-X DELETE`; `get -X $METHOD u` is not."""
    tool = knowledge(f"""
    - name: get
      options: {{"-X": value}}
      operands: "[url]"
      rules:
        - {{id: s, spelled: true, when: {{value: {{of: -X, in: [DELETE]}}}}, effect: destroys_data, {RULE}}}
        - {{id: h, when: {{option: -X}}, effect: writes, {RULE}}}
    """)
    assert effects(run(tool, "get", unknown(splits=True))) == ["writes", "reads"]
    assert effects(run(tool, "get -X", unknown(), "u")) == ["destroys_data", "writes"]


def test_what_a_site_adds_never_replaces_otherwise() -> None:
    """A rule that was added with effect reads does not quiet the command."""
    from safeshell.policy.packs import load_packs

    base = "pack: a\nversion: 1\ncommands: [{name: x, otherwise: writes}]"
    site = f"pack: b\nversion: 1\ncommands: [{{name: x, extends: true, rules: [{{id: x.y, effect: reads, {RULE}}}]}}]"
    found = run(load_packs({"a": base, "b": site}), "x")
    assert [claim.rule for claim in found.claims] == ["b.x.y", "a.x.otherwise"]


def test_the_command_is_compiled_once() -> None:
    """Under every name, the same object; the raw form is bytes, names of others are text."""
    assert find_command("rm", TOOLS) is find_command("grm", TOOLS)
    assert isinstance(TOOLS.raw["rm"], bytes)
    assert TOOLS.raw["grm"] == "rm"
    assert decoded(TOOLS.raw["rm"])["names"] == ["rm", "grm"]
    assert decoded({"a": 1}) == {"a": 1}


def test_plain_mappings_are_taken_too() -> None:
    """Knowledge may hold commands as mappings."""
    assert run(Knowledge(raw={"x": {"names": ["x"], "pack": "p"}}), "x").claims[0].rule == "p.x.otherwise"


def test_a_plain_line_costs_tens_of_microseconds() -> None:
    """Once compiled; the bound is generous for slow machines."""
    line = words("ctl -v stop nginx")
    interpret(line, TOOLS)
    assert min(timeit.repeat(lambda: interpret(line, TOOLS), number=200, repeat=3)) / 200 < 0.001


pieces = st.builds(Piece, st.sampled_from(PieceKind), st.text("ab-=/*$+{};", max_size=6))
some_words = st.builds(
    lambda found, splits: Word(tuple(found), "".join(piece.text for piece in found), Span(0, 0), splits),
    st.lists(pieces, max_size=3),
    st.booleans(),
)
names = st.sampled_from(["rm", "ctl", "tool", "/x/rm", "python3.9", "nothing", ""])


@given(
    names,
    st.lists(st.one_of(some_words, st.sampled_from(words("-rf --force -- stop set default --help -H")))),
    st.booleans(),
)
def test_any_words_give_an_interpretation(name: str, rest: list[Word], appended: bool) -> None:
    """Never a crash, and never a command without a claim or an inner program."""
    found = run(TOOLS, *words(name or "x"), *rest, appended=appended)
    assert found.claims or found.wrapped


@given(st.lists(some_words, max_size=4))
def test_unknown_words_never_take_destruction_away(extra: list[Word]) -> None:
    """`rm data` with any words that are not known added still destroys data."""
    added = [word for word in extra if word.literal is None]
    assert "destroys_data" in effects(run(TOOLS, "rm data", *added))
    assert "data" in targets(run(TOOLS, "rm data", *added))


BASE = f"""
pack: a
version: 1
commands:
  - name: x
    otherwise: writes
    options: {{"-f --force": flag, "-n": flag}}
    operands: "file..."
    dry_run: [-n]
    subcommands: [{{name: go, operands: "file...", rules: [{{id: go, effect: deploys, on: [file], {RULE}}}]}}]
    rules: [{{id: force, when: {{option: -f}}, effect: destroys_data, {RULE}}}]
"""
SITE = f"""
pack: b
version: 1
commands:
  - name: x
    extends: true
    rules: [{{id: calm, effect: reads, {RULE}}}, {{id: never, when: {{no_option: -f}}, effect: reads, {RULE}}}]
    subcommands:
      - {{name: go, extends: true, rules: [{{id: quiet, effect: reads, on: [file], {RULE}}}]}}
"""


@given(st.lists(st.one_of(some_words, st.sampled_from(words("-f -n --force --fo -- go stop a --help")))))
def test_rules_of_a_site_never_take_a_claim_away(line: list[Word]) -> None:
    """Whatever the words, the claims without the site's pack are among those with it."""
    from safeshell.policy.packs import load_packs

    alone = run(load_packs({"a": BASE}), "x", *line)
    together = run(load_packs({"a": BASE, "b": SITE}), "x", *line)
    assert set(alone.claims) <= set(together.claims)


def test_a_name_with_a_slash_is_the_whole_path() -> None:
    """`/etc/init.d/web stop` is no run of the program `web`; by its bare name it is."""
    known = knowledge(f"""
    - names: ["/etc/init.d/*"]
      relative: true
      operands: action
      rules: [{{id: init, effect: stops_service, {RULE}}}]
    - name: web
      rules: [{{id: web, effect: writes, {RULE}}}]
    """)
    assert rules(run(known, "/etc/init.d/web stop")) == ["init"]
    assert rules(run(known, "/usr/bin/web stop")) == ["web"]
