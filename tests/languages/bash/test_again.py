"""What the shell reads once more after expanding it; each spelling was tried out in bash 5.2."""

from __future__ import annotations

import subprocess

import pytest

from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import claims, opaque, questions, removed, understood

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
        "while read -r a b; do ((s+=b)); done < <(awk '{print $1, $(NF-1)}' x); echo $s", "read n; grep '`' x; echo $((n+1))",
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


SETUPS = [
    "v='{}'", "w='{}'; v=w", "v=('{}' 2)", "declare -A m; m[k]='{}'; v=${{m[k]}}", "printf -v v %s '{}'", "read -r v <<< '{}'",
    "f() {{ v='{}'; }}; f", "z='{}'; v=$z", "mapfile -t v <<< '{}'",
]  # fmt: skip
USES = [
    "echo $((v))", "((v))", "let v", 'let "q=$v"', "[[ v -eq 0 ]]", "[[ $v -lt 3 ]]", "[[ -v $v ]]", 'test -v "$v"', "echo ${!v}", "echo ${a[v]}", "a[v]=2",
    "echo ${x:v}", "echo ${x:0:v}", "declare -i n=v", "declare -i n; n=v", "for ((i=v;i<0;i++)); do :; done", 'unset "$v"', 'read "$v" <<< 1', 'echo "${v@P}"',
    "echo $[v]", "(( ${v} ))", "cat <<< $((v))", "case $((v)) in *) ;; esac", "exec 3>&$((v))", "(( q = v ? 1 : 2 ))", "while ((v)); do break; done",
    "f() { local -i n=$1; }; f v", 'eval "echo $((v))"', "( ((v)) )", "typeset -i n=v", "z=$v; echo $((z))", 'z="$v$v"; ((z))', "set -- v; echo $(($1))",
    'set -- "$v"; echo $(($1))', 'printf -v z "%s" "$v"; ((z))', "readonly n=$((v))", "a=([v]=1)", "echo ${a[@]:v}", "echo ${a[$v]}", "! ((v))",
    "declare -n r=v; echo $((r))", 'wait -p "$v"', 'echo "${x:-$((v))}"', "cat <<E\n$((v))\nE", 'IFS= read -r z <<< "$v"; echo $((z))',
    # nothing is evaluated in these
    '[ "$v" -eq 1 ]', 'printf %d "$v"', 'echo "$v"', "[[ $v == x ]]", "[[ -n $v ]]", "echo ${v:-x}", "echo ${v@Q}", 'test -n "$v"',
]  # fmt: skip


@pytest.mark.parametrize("setup", SETUPS)
def test_what_bash_runs_is_never_silent(setup, tmp_path):
    """Every way to hide a substitution, in everything that might evaluate it, compared with the real shell."""
    missed = []
    ran = 0
    for number, use in enumerate(USES):
        mark = tmp_path / str(number)
        line = f"{setup.format(f'a[$(echo > {mark})]')}; {use}"
        subprocess.run(
            ["bash", "--norc", "-c", line], capture_output=True, check=False, timeout=10, stdin=subprocess.DEVNULL
        )
        effects = {claim.effect for claim in claims(line)}
        ran += mark.exists()
        if mark.exists() and effects <= {Effect.READS} and understood(line):
            missed.append(line)
    assert missed == []
    assert ran > len(USES) / 2, "the spellings run something in bash"
