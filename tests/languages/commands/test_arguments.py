"""Words sorted into options and operands, style by style."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.commands.arguments import STYLES, Cursor, fill_slots, scan, tail
from safeshell.languages.commands.grammar import Arguments, build_grammar
from safeshell.languages.words import literal_word
from tests.languages.commands.making import RULE, knowledge, run, targets, unknown, words

OPTIONS = {
    "-r -R --recursive": "flag",
    "-f --force": "flag",
    "-n --lines": "value",
    "--color": "optional",
    "-c --colour-map": "optional",
}


def sort(style: str, *parts, options=OPTIONS, operands: str = "rest...", **more) -> tuple[dict, list, Arguments]:
    """Options with their values by first name, operands, and the arguments themselves."""
    grammar = build_grammar({"names": ["x"], "style": style, "options": options, "operands": operands, **more})
    arguments = Arguments()
    scan(grammar, Cursor(words(*parts), 0, arguments))
    fill_slots(grammar, arguments)
    given_options = {
        option.names[0]: [" ".join(word.source for word in value) for value in values]
        for option, values in arguments.options.items()
    }
    return given_options, [word.source for word in arguments.operands], arguments


@pytest.mark.parametrize(
    "line", ["-rf a", "-fr a", "-r -f a", "--recursive --force a", "a -R --f", "--rec a --for", "a -fR"]
)
def test_gnu_spellings_are_one(line: str) -> None:
    """Clusters, long names, abbreviations and order make no difference."""
    found, operands, _ = sort("gnu", line)
    assert set(found) == {"-r", "-f"}
    assert operands == ["a"]


@pytest.mark.parametrize("line", ["-n5", "-n 5", "--lines=5", "--lines 5", "--lin=5", "-rn5", "-rn 5"])
def test_values_come_attached_or_next(line: str) -> None:
    """A value is the rest of a cluster, what follows `=`, or the next word."""
    found, operands, _ = sort("gnu", line, "x")
    assert found["-n"] == ["5"]
    assert operands == ["x"]


@pytest.mark.parametrize(
    ("line", "given_options"), [("a -- -f b", {"--"}), ("a b", set()), ("-f a -- b", {"-f", "--"})]
)
def test_the_end_of_options_is_an_option_where_a_pack_declares_it(line: str, given_options: set[str]) -> None:
    """`git checkout -- x` and `git checkout x` differ by nothing else."""
    found, operands, _ = sort("gnu", line, options={**OPTIONS, "--": "flag"})
    assert set(found) == given_options
    assert operands[0] == "a"
    assert operands[-1] == "b"


def test_an_optional_value_must_be_attached() -> None:
    """The word after an option with an optional value is an operand."""
    found, operands, _ = sort("gnu", "--color=always -cx --color a")
    assert found == {"--color": ["always", ""], "-c": ["x"]}
    assert operands == ["a"]


def test_two_dashes_end_options() -> None:
    """What follows is an operand, whatever it looks like."""
    assert sort("gnu", "-r -- -f --force")[:2] == ({"-r": [""]}, ["-f", "--force"])


def test_a_lone_dash_is_an_operand() -> None:
    """`-` means standard input to most programs."""
    assert sort("gnu", "-r -")[1] == ["-"]


@pytest.mark.parametrize(
    ("line", "found", "operands"),
    [
        ("-r host -n 2 cmd -f", {"-r": [""], "-n": ["2"]}, ["host", "cmd", "-f"]),
        ("host -- cmd -f", {}, ["host", "cmd", "-f"]),
        ("host -f -- cmd -r", {"-f": [""]}, ["host", "cmd", "-r"]),
        ("-- host -f cmd", {"-f": [""]}, ["host", "cmd"]),
        ("host cmd -- -f", {}, ["host", "cmd", "--", "-f"]),
        ("host", {}, ["host"]),
        ("-r", {"-r": [""]}, []),
    ],
)
def test_resuming_reads_options_once_more_behind_the_first_operand(line, found, operands) -> None:
    """As ssh does: what follows the host may be options, and `--` ends these."""
    assert sort("resuming", line)[:2] == (found, operands)


def test_posix_ends_options_at_the_first_operand() -> None:
    """A wrapper's options are not those of what it runs."""
    assert sort("posix", "-r cmd -f")[:2] == ({"-r": [""]}, ["cmd", "-f"])


def test_an_ambiguous_abbreviation_may_be_any() -> None:
    """`--col` could be both, so both are in doubt and none is given."""
    found, _, arguments = sort("gnu", "--col")
    assert found == {}
    assert {option.names[0] for option in arguments.doubtful} == {"--color", "-c"}


def test_long_names_with_one_dash() -> None:
    """terraform and its kin: one dash or two, `=value` or the next word."""
    options = {"-auto-approve": "flag", "-var": "value"}
    found, operands, _ = sort("long", "apply -auto-approve -var a=b --var=c plan", options=options)
    assert found == {"-auto-approve": [""], "-var": ["a=b", "c"]}
    assert operands == ["apply", "plan"]


def test_keywords() -> None:
    """`name=value` for the names that are declared, others stay operands."""
    options = {"if": "value", "of": "value", "-w": "flag"}
    found, operands, _ = sort("keywords", "if=a of=b=c x=y -w", options=options)
    assert found == {"if": ["a"], "of": ["b=c"], "-w": [""]}
    assert operands == ["x=y"]


def test_an_old_bundle_takes_its_values_in_order() -> None:
    """`tar cfb archive 20 dir`: the letters' values follow one after the other."""
    options = {"-c": "flag", "-f": "value", "-b": "value"}
    found, operands, _ = sort("bundle", "cfb archive 20 dir", options=options)
    assert found == {"-c": [""], "-f": ["archive"], "-b": ["20"]}
    assert operands == ["dir"]
    assert sort("bundle", "-cf archive dir", options=options)[0] == {"-c": [""], "-f": ["archive"]}


def test_words_have_no_options() -> None:
    """Every word is an operand."""
    assert sort("words", "-r -- --force")[:2] == ({}, ["-r", "--", "--force"])


def test_an_expression_reads_names_values_and_inner_commands() -> None:
    """find: `-exec` takes words up to `;` or to `+` after `{}`."""
    options = {"-name": "value", "-delete": "flag", "-exec": "value"}
    wraps = [{"argv": "-exec", "until": [";", "+"]}]
    line = "a b ( -name x -o -exec echo + {} + ) -exec rm {} ; -delete"
    found, operands, _ = sort("expression", line, options=options, wraps=wraps)
    assert found == {"-name": ["x"], "-exec": ["echo + {}", "rm {}"], "-delete": [""]}
    assert operands == ["a", "b"]


@pytest.mark.parametrize(
    ("form", "line", "expected"),
    [
        ("source... destination", "a b c", {"source": ["a", "b"], "destination": ["c"]}),
        ("source... destination", "a", {"source": ["a"], "destination": []}),
        ("pattern file...", "p", {"pattern": ["p"], "file": []}),
        ("[mode] file", "f", {"mode": [], "file": ["f"]}),
        ("[mode] file", "m f", {"mode": ["m"], "file": ["f"]}),
        ("a", "1 2 3", {"a": ["1"], "rest": ["2", "3"]}),
        ("[unit...]", "", {"unit": []}),
    ],
)
def test_operands_go_to_slots(form: str, line: str, expected: dict) -> None:
    """Required slots first, then optional ones, the many take what is left, `rest` what is over."""
    _, _, arguments = sort("gnu", line, operands=form)
    assert {name: [word.source for word in found] for name, found in arguments.slots.items()} == expected


def test_an_option_may_replace_the_slots() -> None:
    """`cp -t dir a b`: all operands are sources then."""
    forms = [{"options": ["-n"], "operands": "source..."}]
    _, _, arguments = sort("gnu", "-n x a b", operands="source... destination", operands_when=forms)
    assert [word.source for word in arguments.slots["source"]] == ["a", "b"]


def test_an_unquoted_variable_before_operands_may_hide_options() -> None:
    """`rm $OPTS x` may have any option; `rm x $F` and `rm "$F"` may not."""
    assert sort("gnu", unknown(splits=True), "x")[2].hidden
    assert not sort("gnu", "x", unknown(splits=True))[2].hidden
    assert not sort("gnu", unknown())[2].hidden
    assert sort("gnu", unknown(before="-"))[2].hidden
    assert sort("gnu", unknown(before="-r"))[2].hidden


def test_a_known_option_may_have_an_unknown_value() -> None:
    """`--lines=$N` and `-n$N` give the option, its value is not known."""
    for word in (unknown(before="--lines="), unknown(before="-n")):
        _, _, arguments = sort("gnu", word)
        (value,) = (found for values in arguments.options.values() for found in values)
        assert value[0].known is None
        assert not arguments.hidden


def test_the_negation_of_a_flag_puts_it_in_doubt() -> None:
    """`--force --no-force` may or may not force; `--force=false` likewise."""
    for line in ("--force --no-force", "--force=false"):
        found, _, arguments = sort("gnu", line)
        assert "-f" in found
        assert {option.names[0] for option in arguments.doubtful} == {"-f"}


@given(
    st.lists(st.sampled_from(["-r", "-f", "-rf", "-n", "5", "-n5", "--lines=5", "--", "-", "x", "--co", "+", "-zz"]))
)
def test_no_word_is_lost_or_made_up(parts: list[str]) -> None:
    """Every operand and value is (the end of) a word that was there, in every style."""
    for style in STYLES:
        _, _, arguments = sort(style, *parts)
        held = itertools.chain(arguments.operands, *(v for values in arguments.options.values() for v in values))
        assert all(any(part.endswith(word.literal or "") for part in parts) for word in held)
        assert len(arguments.operands) <= len(parts)


@given(st.text(min_size=1, max_size=8), st.integers(0, 8))
def test_the_tail_of_a_word(text: str, count: int) -> None:
    """Cutting off letters leaves the others, in source and pieces."""
    cut = tail(literal_word(text), min(count, len(text)))
    assert cut.literal == text[count:]
    assert tail(unknown(before=text), len(text)).known is None


def test_words_with_a_plus_are_options_where_the_pack_says_so() -> None:
    """`vim +42 a` edits one file; without `+*` in the pack the word is an operand."""
    editors = knowledge(f"""
    - name: vim
      options: {{"+*": optional}}
      operands: "file..."
      rules: [{{id: vim, effect: writes, on: [file, "+*"], {RULE}}}]
    - name: touch
      operands: "file..."
      rules: [{{id: touch, effect: writes, on: [file], {RULE}}}]
    """)
    assert targets(run(editors, "vim +42 a")) == ["a", "42"]
    assert targets(run(editors, "touch +42 a")) == ["+42", "a"]
