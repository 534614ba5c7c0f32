"""awk programs: where they send output, what they run, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.awk import read
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement


def shell(text: str) -> tuple[Statement, ...]:
    return (Statement(Language.BASH, text, Span(0, 0), "shell"),)


def judge(program: str) -> Statement:
    (statement,) = read(program, Knowledge(), shell).statements
    return statement


@pytest.mark.parametrize(
    "program",
    [
        "{print $1}",
        "$3 > 5 {print}",
        "$3 > 5",
        '{ if ($1 > 2) print $1; else print > "/dev/stderr" }',
        "{print (a > b)}",
        '/a\\/b|system("x")/ {print}',
        "{x = $1/2; y = 3/4; print x}",
        '# system("rm")\n{print}',
        '{print "a > b | c"}',
        '{ while ((getline line < "f") > 0) n++ }',
        "NR>1 && /x/",
        "!seen[$0]++",
        'BEGIN{FS=":"}{print $NF}',
        "NR%2",
        "{a[$1]+=$2} END{for(k in a) print k, a[k]}",
        "{print $1,\n$2}",
        "{print /x/ ? 1 : 2}",
        "/[/]/",
        "$1 ~ /[[:alpha:]]/",
        "function f(x) { return x > 1 } { print f($1) }",
        "{ print $1; x = 2 > 1 }",
        '{ printf("%d\\n", $1) }',
        "",
    ],
)
def test_filters(program: str) -> None:
    """Comparisons, patterns, strings and comments send nothing anywhere."""
    assert [claim.effect.value for claim in judge(program).claims] == ["reads"]
    assert judge(program).understood


@pytest.mark.parametrize(
    ("program", "target", "effect"),
    [
        ('{print > "out"}', "out", "destroys_data"),
        ('{print a, b > "f"; c > d}', "f", "destroys_data"),
        ('{print(a) > "f"}', "f", "destroys_data"),
        ('{printf "%s", $1 >> "log"}', "log", "writes"),
        ("{print > $2}", None, "destroys_data"),
        ('{print > "/tmp/" $1}', None, "destroys_data"),
    ],
)
def test_files_written(program: str, target: str | None, effect: str) -> None:
    """Only a lone string is a known name; `>` empties, `>>` appends."""
    (claim,) = judge(program).claims
    assert (claim.effect.value, claim.targets[0].value) == (effect, target)
    assert claim.unbounded is (target is None)


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ('BEGIN{system("rm -rf /")}', "rm -rf /"),
        ('{system("rm " $1)}', "rm ${awk}"),
        ('{system("rm \\"" $1 "\\"")}', 'rm "${awk}"'),
        ('{print | "sh"}', "cat | sh"),
        ('{print |& "sh"}', "cat | sh"),
        ('{ "rm x" | getline d }', "rm x"),
        ('{ ("rm " x) | getline }', "rm ${awk}"),
        ('BEGIN { while (("ls" | getline l) > 0) print l }', "ls"),
    ],
)
def test_commands_run(program: str, text: str) -> None:
    """The shell text, with an unknown variable for what awk puts in."""
    assert [inner.text for inner in judge(program).nested] == [text]


@pytest.mark.parametrize(
    "program", ["{print | cmd}", "{cmd | getline}", "{system($1)}", '@include "x"', '{system("rm " $1)}']
)
def test_commands_that_awk_builds_are_opaque(program: str) -> None:
    """Whether or not a part of them is known."""
    assert "runs_opaque_code" in {claim.effect.value for claim in judge(program).claims}


@pytest.mark.parametrize("program", ['{"open', "a | b", "{print >}", '{system("x"', "{ x = /open"])
def test_what_awk_would_not_take_is_not_understood(program: str) -> None:
    """Open quotes and patterns, pipes to nowhere."""
    assert not judge(program).understood


@given(st.one_of(st.text(max_size=40), st.text('print>|"/{}();\n\\$1 ', max_size=30)))
def test_any_text_is_read(program: str) -> None:
    """No crash, and always a claim."""
    assert judge(program).claims


def test_unknown_parts_are_values():
    """As a pattern, a statement or a function's name they could be code; a file named by one is not known."""
    for program in (
        "$3 > safeshell_unknown",
        "NR==safeshell_unknown",
        "{print $safeshell_unknown}",
        "/safeshell_unknown/",
    ):
        assert not judge(program).dynamic
    for program in (
        "safeshell_unknown",
        "{ safeshell_unknown }",
        "safeshell_unknown {print}",
        "{x = safeshell_unknown(1)}",
    ):
        assert judge(program).dynamic
    assert judge('{print > "safeshell_unknown"}').claims[0].targets[0].value is None
