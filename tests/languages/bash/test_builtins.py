"""Builtins that name commands, texts and programs in other ways."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, PathFact, Question
from tests.languages.bash.lines import claims, opaque, questions, removed, understood


def test_eval_runs_its_words_together_in_this_shell():
    """What it sets counts afterwards."""
    assert removed("eval 'D=/'; eval rm '$D'") == ["/"]
    assert opaque('eval "$X"')
    assert removed('eval "rm $X"') == [None]


def test_source_is_judged_by_the_file():
    """Its text is asked for, runs in this shell with its own parameters, and sets variables here."""
    facts = {Question(Ask.FILE_TEXT, "x.sh"): 'D=/srv\nrm "$1"'}
    assert questions("source x.sh") == {("file_text", "x.sh")}
    assert opaque(". x.sh")
    assert removed("source x.sh /a; rm $D", facts=facts) == ["/a", "/srv"]
    assert opaque("source x.sh", facts={Question(Ask.FILE_TEXT, "x.sh"): None})


@pytest.mark.parametrize(
    "text",
    ["echo ls > x.sh; source x.sh", "touch x.sh; . x.sh", "ls > $F; source x.sh", "echo ls > ./x.sh; source ./x.sh"],
)
def test_a_file_that_the_line_writes_is_not_read_beforehand(text):
    """What it holds now is not what will run."""
    facts = {Question(Ask.FILE_TEXT, "x.sh"): "ls", Question(Ask.FILE_TEXT, "./x.sh"): "ls"}
    assert opaque(text, facts=facts)


def test_a_trap_is_judged_when_it_is_set():
    """It runs some time later, in this shell."""
    assert removed("trap 'rm x' EXIT INT") == ["x"]
    assert removed("trap - EXIT; trap '' INT; trap -p; trap") == []


@pytest.mark.parametrize(
    "text",
    [
        "trap - DEBUG", "trap 'ls' DEBUG", "trap '' debug", "trap DEBUG", "shopt -u extdebug", "trap - $S", "set -r", "set -er",
        "builtin() { :; }", "function builtin { ls; }", "eval 'builtin() { :; }'",
    ],
)  # fmt: skip
def test_taking_the_guards_eyes_away_leaves_the_guard(text):
    """The backstop watches through these; without the rest every line would be refused from then on."""
    assert claims(text, Effect.LEAVES_GUARD)
    assert not claims(f"bash -c {text!r}", Effect.LEAVES_GUARD)


@pytest.mark.parametrize(
    "text",
    [
        "command -v rm",
        "command -V rm x",
        "command",
        "builtin",
        "exec",
        "hash -r",
        "enable",
        "shopt",
        "trap 'ls' EXIT",
        "alias",
    ],
)
def test_asking_and_nothing(text):
    """These only tell."""
    assert {claim.effect for claim in claims(text)} == {Effect.READS}


def test_remapped_names_are_what_they_were_mapped_to():
    """`hash -p` and `enable` change what a name means."""
    assert removed("hash -p /bin/rm ls; ls x") == ["x"]
    assert not understood("enable -n echo; echo x")
    assert opaque("enable -f ./x.so x")


def test_a_directory_that_is_there_leaves_no_doubt():
    """With the fact at hand only one place is possible; it is asked for."""
    fact = PathFact("/w/build", "/w/build", exists=True, kind="directory")
    assert ("path", "build") in questions("cd build; rm x")
    assert removed("cd build; rm x", facts={Question(Ask.PATH, "build"): fact}) == ["build/x"]
    unseen = PathFact("/w/build", "/w/build", exists=True, kind="directory", looked=False)
    assert removed("cd build; rm x", facts={Question(Ask.PATH, "build"): unseen}) == ["build/x", "x"]


def test_exit_ends_the_way():
    """What is known after `x || exit` is what x did."""
    assert removed("[ -d x ] && D=/a || exit; rm $D") == ["/a"]
