"""Builtins that set variables."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from tests.languages.bash.lines import claims, removed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("read D; rm $D", [None]), ("read -r -p x D E; rm $E", [None]), ("read; rm $REPLY", [None]), ("read -a A; rm ${A[0]}", [None]),
        ("mapfile -t A < f; rm ${A[@]}", [None]), ("readarray A; rm $A", [None]), ("printf -v D %s /; rm $D", [None]), ("getopts ab D; rm $D", [None]),
        ("D=x; unset D; rm $D y", ["y"]), ("set -- a 'b c'; rm \"$2\" $1", ["b c", "a"]), ("set -- a b; shift; rm $1", ["b"]), ("set -e; rm $1", [None]),
        ("set -- $X; rm $1", [None]), ("set -- a; shift 2; rm $1 y", ["y"]), ("declare -i D=1; rm $D", [None]), ("declare -n R=D; D=x; R=/; rm $D", [None]),
        ('declare "$X"; rm $D', [None]), ("declare 'D=/'; rm $D", ["/"]), ("let D=1; rm $D", [None]), ("((D=1)); rm $D", [None]), ("((D++)); rm $D", [None]),
        ("D=x; echo $((D=2)); rm $D", [None]), ("let 'D = 5'; rm $D", [None]), ("command export D=/; rm $D", ["/"]), ("D=x; read $N; rm $D", [None]),
        ("D=a; declare D; rm $D", ["a"]), ("D=a; export D; rm $D", ["a"]), ("export -n D=b; rm $D", ["b"]), ("declare -A M=([a]=b); rm ${M[a]}", [None]),
    ],
)  # fmt: skip
def test_what_is_known_after_a_builtin(text, values):
    """Input, arithmetic and references make a variable unknown; the rest is exact."""
    assert removed(text) == values


def test_setting_variables_asks_for_nothing():
    """It is a read."""
    assert {
        claim.effect for claim in claims("export A=b; declare -a L=(1 2); local x; readonly R=1; set -- a; shift")
    } == {Effect.READS}


@pytest.mark.parametrize(
    "text",
    [
        "read 'a[$(rm x)]'", "printf -v 'a[$(rm x)]' y", "unset 'a[`rm x`]'", "declare 'a[$(rm x)]=1'", "builtin let 'a[$(rm x)]=1'",
        "test -v 'a[$(rm x)]'", "[ -v 'a[$(rm x)]' ]", "wait -p 'a[$(rm x)]'", "declare -n r='a[$(rm x)]'", "declare -i r='a[$(rm x)]'",
    ],
)  # fmt: skip
def test_quotes_do_not_hide_a_subscript(text):
    """What names a variable is expanded once more."""
    assert removed(text) == ["x"]


@pytest.mark.parametrize("text", ["read PROMPT_COMMAND", "printf -v LD_PRELOAD /tmp/x"])
def test_some_variables_hold_code(text):
    """Setting them to what nobody knows runs what nobody knows."""
    assert claims(text, Effect.RUNS_OPAQUE_CODE)


@pytest.mark.parametrize("text", ["read 'a[1]'", "unset 'a[0]'", "declare -a a", "let x=1", "printf -v x %s 'a[$(x)]'"])
def test_plain_subscripts_are_reads(text):
    """An index is only an index."""
    assert not claims(text, Effect.RUNS_OPAQUE_CODE)
