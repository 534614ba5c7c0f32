"""What the shell reads once more after expanding it; each spelling was tried out in bash 5.2."""

from __future__ import annotations

import subprocess

import pytest

from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import opaque, questions, removed, understood

HIDDEN = "x='a[$(rm y)]'; "


@pytest.mark.parametrize(
    "text",
    [
        "echo $((x))", "echo $((1 + x))", "echo $[x]", "((x))", "((y = x))", "let x", "let y=x", "[[ $x -eq 1 ]]", "[[ x -gt 1 ]]", "[[ ! ( 1 -lt $x ) ]]",
        "[[ -v $x ]]", 'test -v "$x"', '[ -v "$x" ]', "echo ${!x}", "echo ${HOME:x}", "echo ${HOME:0:x}", "echo ${b[x]}", "b[x]=1", "echo ${#b[x]}",
        "for ((i=x;i<3;i++)); do :; done", "declare -i n=x", "z=x; echo $((z))", 'unset "$x"', 'read "$x"', 'printf -v "$x" 1', "echo ${x@P}",
    ],
)  # fmt: skip
def test_a_substitution_in_quotes_runs_when_its_variable_is_evaluated(text):
    """The quotes kept it from running only once."""
    assert removed(HIDDEN + text) == ["y"]


@pytest.mark.parametrize(
    "word", ["a[$(rm y)]", "a[`rm y`]", "a[b[$(rm y)]]", "b + a[$(rm y)]", "$(rm y)", "a[${z:-$(rm y)}]"]
)
def test_whatever_shape_the_expression_has(word):
    """A substitution anywhere in an evaluated text counts."""
    assert removed(f"let '{word}'") == ["y"]


@pytest.mark.parametrize("text", ["$(rm y)", "\\044(rm y)", "\\\\$(rm y)", "`rm y`", "\\u@\\h $(rm y)"])
def test_a_prompt_is_expanded_after_its_escapes(text):
    """`${x@P}` runs what a prompt would run; an octal escape makes the dollar that quotes seemed to lack."""
    assert removed(f"x='{text}'; echo \"${{x@P}}\"") == ["y"]


@pytest.mark.parametrize("text", ["\\u@\\h:\\w\\$ ", "[\\t] > ", "\\$(rm y)"])
def test_a_prompt_without_commands_runs_nothing(text):
    """`\\$` is a sign of who one is, never the start of a substitution."""
    assert removed(f"x='{text}'; echo \"${{x@P}}\"") == []
    assert not opaque(f"x='{text}'; echo \"${{x@P}}\"")


def test_a_prompt_that_nobody_knows_is_opaque():
    """Its value may hold anything; the session is asked for it first."""
    assert opaque("read x; echo ${x@P}")
    assert opaque("echo ${PS1@P}")
    assert not opaque("unset x; echo ${x@P}")
    assert questions('echo "${PS1@P}"') == {("variable", "PS1")}


def test_the_sessions_own_variables_are_evaluated_too():
    """What was assigned on an earlier line counts as well."""
    facts = {Question(Ask.VARIABLE, "x"): "a[$(rm y)]", Question(Ask.VARIABLE, "n"): "3"}
    assert removed("echo $((n + x))", facts=facts) == ["y"]
    assert removed("echo $((n + 1))", facts=facts) == []
    assert questions("echo $((n + x))") == {("variable", "n"), ("variable", "x")}


@pytest.mark.parametrize(
    "text",
    [
        "x=x; echo $((x))", "x=y y=x; ((x))", "((i++))", "for ((i = 0; i < n; i++)); do echo $i; done", "let i=i+1", "[[ $x == '$(rm y)' ]]",
        "[[ '$(rm y)' =~ rm ]]", "x='$(rm y)'; [[ -n $x ]]", "x='$(rm y)'; test -n \"$x\"", "test -v x", "[[ -v a[1] ]]", "echo ${a[0]} ${a[i+1]}",
        "[ '$(rm y)' = b ]", "x='a[$(rm y)]'; printf %d \"$x\"", "x='a[$(rm y)]'; [ \"$x\" -eq 1 ]",
    ],
)  # fmt: skip
def test_what_is_only_compared_or_counted_runs_nothing(text):
    """Names that stand for each other end, and texts that are not evaluated are texts."""
    assert removed(text) == []
    assert not opaque(text)
    assert understood(text)


def test_a_text_too_strange_to_be_read_is_opaque():
    """What holds the mark of the reader itself, or no end, is not waved through."""
    assert opaque("let 'a[$(rm y\nSAFESHELL_END\n)]'".replace("\\n", "\n"))


@pytest.mark.parametrize(
    "text",
    [
        "echo $((x))",
        "[[ -v $x ]]",
        'test -v "$x"',
        "let x",
        "echo ${!x}",
        "declare -i n=x",
        'echo "${p@P}"',
        "[[ $x -eq 1 ]]",
    ],
)
def test_bash_itself_runs_it(text, tmp_path):
    """The fact behind this module, from the real shell."""
    mark = tmp_path / "ran"
    script = f"x='a[$(echo > {mark})]'; p='$(echo > {mark})'; {text}"
    subprocess.run(["bash", "--norc", "-c", script], capture_output=True, check=False, timeout=10)
    assert mark.exists()
