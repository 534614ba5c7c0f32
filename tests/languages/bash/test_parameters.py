"""Parameters: what is known, what is asked, what stays open."""

from __future__ import annotations

import pytest

from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import questions, removed, unbounded


def _facts(**values):
    return {Question(Ask.VARIABLE, name): value for name, value in values.items()}


@pytest.mark.parametrize(
    "text",
    ['rm -rf "$D"', 'rm -rf "$D/"', "rm -rf $D/*", "rm -rf ./$D*", "rm -rf $D", "rm -rf ${D}x", 'rm -rf "${D:-}"/x'],
)
@pytest.mark.parametrize("facts", [{}, _facts(D=None), _facts(D="")])
def test_removing_what_a_variable_names_is_unbounded_while_it_is_unknown_or_empty(text, facts):
    """An empty variable turns `$D/*` into `/*`: the accident of accidents."""
    assert unbounded(text, facts=facts)


def test_a_known_variable_is_used():
    """The session's answer counts, and nothing is asked again."""
    facts = _facts(D="/srv/old")
    assert removed('rm -rf "$D"/x', facts=facts) == ["/srv/old/x"]
    assert not unbounded('rm -rf "$D"/x', facts=facts)
    assert questions('rm -rf "$D"', facts=facts) == set()
    assert questions('rm -rf "$D"') == {("variable", "D")}


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("${D:-/x}", ["/d"]), ("${N:-/x}", ["/x"]), ("${E:-/x}", ["/x"]), ("${E-/x}", []), ("${N:=y}", ["y"]), ("${D:+z}", ["z"]), ("${N:+z}", []),
        ("${D:?gone}", ["/d"]), ("${#D}", ["2"]), ("${#N}", ["0"]), ("$HOME/x", ["~/x"]), ('"${HOME}"', ["~"]), ("${D#/}", [None]), ("${D^^}", [None]),
        ("${!D}", [None]), ("$1", [None]), ("$@", [None]), ("$?", [None]), ("x$?", ["x[0-9]*"]), ("$-", [None]), ("$W", ["a", "b*"]), ('"$W"', ["a b*"]),
    ],
)  # fmt: skip
def test_operators_that_choose_are_followed_and_others_are_not(word, values):
    """Defaults and alternatives are exact; what would need computing is open."""
    assert removed(f"rm {word}", facts=_facts(D="/d", E="", N=None, W="a b*")) == values


def test_an_unknown_variable_with_a_default_is_still_unknown():
    """It may hold anything that is not empty."""
    assert removed("rm ${D:-/tmp/x}") == [None]


def test_numbers_of_the_shell_are_not_asked_for():
    """`$$`, `$RANDOM` and the like say nothing beforehand."""
    assert questions('rm x$$ y$RANDOM z$! "$PATH" $LINENO') == set()


def test_home_that_the_text_changes_is_no_home():
    """`HOME=/; rm -rf ~` removes the root."""
    assert removed("HOME=/; rm -rf ~ $HOME") == ["/", "/"]
