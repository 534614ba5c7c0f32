"""fish's builtins: what runs a text, what sets a variable, what takes the guard's hook away."""

from __future__ import annotations

import pytest

from tests.languages.fish.lines import effects, targets


@pytest.mark.parametrize(
    "line",
    [
        "eval rm x", "eval 'rm x'", "echo 'rm x' | source", "command rm x", "builtin eval 'rm x'", "exec rm x", "trap 'rm x' EXIT", "alias ll='rm x'; ll",
        "alias ll 'rm x'; ll", "alias ls='rm -f'; ls x", r"bind \cb 'rm x'", r"function f; rm x; end; bind \cb f",
        "read y; rm $y", "set -e y; rm $y/x",
    ],
)  # fmt: skip
def test_what_is_run_counts(line):
    """Whatever runs it, now or at a key."""
    assert "destroys_data" in effects(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set d a; rm $d", ["a"]), ("set -gx d a; rm $d", ["a"]), ("set -a d a; rm $d", [None]), ("set d[1] a; rm $d", [None]), ("set d *; rm $d", [None]),
        ("read d; rm $d", [None]), ("set -q d; rm a", ["a"]), ("set d (ls); rm $d", [None]),
    ],
)  # fmt: skip
def test_variables(line, said):
    """What is set is known where it can be."""
    assert targets(line) == said


def test_functions_of_the_session_are_read_as_the_shell_tells_them():
    """A function by its text; one that the shell does not tell is a program."""
    assert "destroys_data" in effects("tidy", function_tidy="function tidy\n rm x\nend")
    assert "destroys_data" not in effects("tidy", function_tidy=None)


@pytest.mark.parametrize(
    "line", ["cat x | source", "source $file", "eval $text", "read -p $x y", "set fish_function_path /x", "alias $a=b"]
)
def test_what_nobody_knows_beforehand(line):
    """It runs what only running tells."""
    assert {"runs_opaque_code", "not_understood"} & effects(line)


@pytest.mark.parametrize(
    "line",
    [
        r"bind \r execute",
        r"bind -e \r",
        "bind -e -a",
        "bind -k enter execute",
        "functions -e __safeshell_enter",
        "functions -c x fish_prompt",
        "set __safeshell_base x",
    ],
)
def test_what_takes_the_hook_away_leaves_the_guard(line):
    """It is asked."""
    assert "leaves_guard" in effects(line)


@pytest.mark.parametrize(
    "line",
    [
        "set -q x", "set x 1", "set", "read x", "command -v ls", "command --search ls", "builtin -n", "functions ls", "alias", "abbr -a x 'rm y'", "bind",
        r"bind \cb forward-char", "status is-login", "math 1 + 1", "contains a b", "emit x", "set -e x",
    ],
)  # fmt: skip
def test_what_only_touches_this_shell_is_silent(line):
    """Everyday lines."""
    assert effects(line) <= {"reads"}
