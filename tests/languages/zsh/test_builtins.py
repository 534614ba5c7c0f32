"""zsh's builtins: what runs a text, runs later, or takes the guard's hook away."""

from __future__ import annotations

import pytest

from tests.languages.zsh.lines import effects


@pytest.mark.parametrize(
    "line",
    [
        "noglob rm x", "nocorrect rm x", "- rm x", "repeat 3 rm x", "emulate sh -c 'rm x'", "sched +1 rm x", "zpty n rm x",
        "precmd() { rm x }", "chpwd() { rm x }", "TRAPUSR1() { rm x }", "f() { rm x }; zle -N w f", "zf_rm x",
        "eval 'rm x'", "trap 'rm x' EXIT", "exec rm x", "command rm x", "builtin eval 'rm x'", "integer i=1; rm x",
    ],
)  # fmt: skip
def test_what_is_run_counts(line):
    """Whatever runs it, now or later."""
    assert "destroys_data" in effects(line) or "writes" in effects(line)


@pytest.mark.parametrize("line", ["r", "r foo", "fc -e -", "PROMPT='$(rm x)'", "RPROMPT='`rm x`'", "emulate ksh"])
def test_what_nobody_knows_beforehand_is_opaque(line):
    """History run again, commands in prompts, another reading of everything that follows."""
    assert "runs_opaque_code" in effects(line)


@pytest.mark.parametrize(
    "line",
    [
        "zle -D zle-line-finish",
        "zle -N accept-line x",
        "unfunction __safeshell_post",
        "unfunction -m '*'",
        "unsetopt zle",
    ],
)
def test_what_takes_the_hook_away_leaves_the_guard(line):
    """It is asked."""
    assert "leaves_guard" in effects(line)


@pytest.mark.parametrize(
    "line",
    [
        "print -l a b", "autoload -Uz compinit", "setopt autocd", "zstyle ':completion:*' menu select", "zmodload zsh/datetime", "whence -v ls",
        "typeset -A h", "h=(a 1)", "echo ${(k)h}", "cd -", "r() { echo x }", "vared x", "[[ -n $x ]]", "(( x++ ))", "print -P %~",
        "PROMPT='%~ '", "f() { echo x }; f", "path+=(/usr/local/bin)", "unfunction f", "hash -d x=/srv", "bindkey -e",
    ],
)  # fmt: skip
def test_what_only_touches_this_shell_is_silent(line):
    """Everyday lines."""
    assert effects(line) <= {"reads"}
