"""Builtins that keep a text for later, and what takes the guard out of the session's shell."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from tests.languages.bash.lines import claims, opaque, removed


@pytest.mark.parametrize("text", ["mapfile -c 1 -C 'rm x' A < f", "readarray -C 'rm x' A", "complete -C 'rm x' ls", "complete -C'rm x' ls", "compgen -C 'rm x'",
                                  "bind -x '\"\\C-t\": rm x'"])  # fmt: skip
def test_a_text_for_later_is_judged_now(text):
    """It runs without another question."""
    assert removed(text) == ["x"]


def test_running_a_line_of_the_history_is_opaque():
    """Which one it is, only running tells; listing it is nothing."""
    assert opaque("fc -s")
    assert opaque("fc -e vim 1 5")
    assert {claim.effect for claim in claims("fc -l; history")} == {Effect.READS}


_TAMPERING = [
    "trap - DEBUG", "shopt -u extdebug", "enable -n kill", "PROMPT_COMMAND=", "unset PROMPT_COMMAND", "PROMPT_COMMAND=(ls)", "PS0=", "export PROMPT_COMMAND=ls",
    "exec 200>&-", "exec {fd}>&-", "set +o history", "bind '\"\\C-m\": accept-line'", "bind 'RETURN: accept-line'", 'bind "$X"',
]  # fmt: skip


@pytest.mark.parametrize("text", _TAMPERING)
def test_taking_the_guard_out_of_the_shell_leaves_the_guard(text):
    """Its hook lives in these."""
    assert claims(text, Effect.LEAVES_GUARD)


@pytest.mark.parametrize("text", _TAMPERING)
def test_in_another_process_the_same_is_nobodys_loss(text):
    """A child shell has no guard of its own to lose."""
    quoted = text.replace("'", "'\\''")
    assert not claims(f"bash -c '{quoted}'", Effect.LEAVES_GUARD)


@pytest.mark.parametrize(
    "text",
    [
        "bind '\"\\e[A\": history-search-backward'",
        "set -o vi",
        "exec 3>&-",
        "trap ls EXIT",
        "shopt -s extglob",
        "PS1='> '",
        "set -o history",
    ],
)
def test_ordinary_settings_of_the_shell_are_nothing(text):
    """People have them in their start-up files."""
    assert {claim.effect for claim in claims(text)} == {Effect.READS}


def test_asking_for_the_keys_of_a_function_binds_nothing():
    """`bind -q` and `-p` only tell."""
    assert not claims("bind -q accept-line; bind -p; bind -P; bind -v", Effect.LEAVES_GUARD)
    assert claims("bind -q x '\"\\C-m\": accept-line'", Effect.LEAVES_GUARD)
