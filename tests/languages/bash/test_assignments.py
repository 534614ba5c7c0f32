"""Assignments: the same line's value wins."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.assignments import text_of
from safeshell.languages.bash.state import UNKNOWN, UNSET, known_text
from tests.languages.bash.lines import questions, removed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('D=/; rm -rf "$D"', ["/"]), ("D=/ && rm $D", ["/"]), ("D=a; D+=b; rm $D", ["ab"]), ("D=a E=${D}b; rm $E", ["ab"]), ("export D=/; rm $D", ["/"]),
        ("declare D=/; rm $D", ["/"]), ("readonly D=/; rm $D", ["/"]), ("typeset -x D=/; rm $D", ["/"]), ("D='a b'; rm $D", ["a", "b"]),
        ("D='a b'; rm \"$D\"", ["a b"]), ("D=*.c; rm $D", ["*.c"]), ("D=~/x; rm $D", ["~/x"]), ("P=/a:~/b; rm $P", ["/a:~/b"]), ("D=$(echo /); rm $D", ["/"]),
        ("A=(x 'y z'); rm ${A[1]} $A", ["y", "z", "x"]), ("A=(x y); A+=(z); rm ${A[@]}", ["x", "y", "z"]), ("A=(); rm ${A[@]} k", ["k"]),
        ("D=/ rm $D", [None]), ("D=x; D=/ ls; rm $D", ["x"]), ("A[1]=x; rm ${A[1]}", [None]), ("D+=x; rm $D", [None]), ("D=x; D=$D/y; rm $D", ["x/y"]),
        ("D=x; (D=y); rm $D", ["x"]), ("D=x; ls | D=y; rm $D", ["x"]), ("D=x; D=y & rm $D", ["x"]), ("D=x; { D=y; }; rm $D", ["y"]),
    ],
)  # fmt: skip
def test_what_a_variable_holds_after_an_assignment(text, values):
    """Exact where the text tells; a command's own assignments are gone after it and do not expand its words."""
    assert removed(text) == values


@pytest.mark.parametrize(
    "text", ["D=/; rm $D", "D=; rm $D", "unset D; rm $D", "read D; rm $D", "for D in a; do rm $D; done"]
)
def test_a_variable_of_the_line_is_not_asked_for(text):
    """The session's value does not matter then; only what separates words may."""
    assert questions(text) <= {("variable", "IFS")}


def test_text_of_a_value():
    """None where it is not known, empty where it is unset."""
    assert (text_of(known_text("a")), text_of(UNSET), text_of(UNKNOWN), text_of(None)) == ("a", "", None, None)
