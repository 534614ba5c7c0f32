"""The walker: substitutions wherever they hide, and shapes that it has never seen."""

from __future__ import annotations

import pytest

from safeshell.languages.bash import read
from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.flow import Frame
from safeshell.languages.bash.limits import MAX_DEPTH, TooMuchError
from safeshell.languages.bash.walker import Walker
from tests.languages.bash.lines import KNOWLEDGE, PARSE, removed


@pytest.mark.parametrize(
    "text",
    [
        "echo ${A[$(rm x)]}", "echo ${A:$(rm x)}", "echo ${A:1:$(rm x)}", "echo ${A/$(rm x)}", "echo ${A#$(rm x)}", "echo ${A:+$(rm x)}", "echo ${A:?$(rm x)}",
        "echo $((A[$(rm x)]))", "echo $[$(rm x)]", 'let "a=$(rm x)"', "[[ a == $(rm x) ]]", "[[ a =~ $(rm x) ]]", "case a in $(rm x)) ;; esac",
        "A=([$(rm x)]=1)", "declare A=$(rm x)", "declare -A A=([$(rm x)]=1)", "for ((;$(rm x);)); do :; done", "ls 2> $(rm x)", "cat <<< $(rm x)",
        "cat <(ls <(rm x))", "ls > >(rm x)", 'echo "${A:-"$(rm x)"}"', 'echo "$(echo "$(rm x)")"', "echo `echo \\`rm x\\``", "{ $(rm x); }",
        "A=1 $(rm x)", "select i in $(rm x); do :; done", "${ rm x; }", "ls {a,$(rm x)}", "(( a[$(rm x)]++ ))",
    ],
)  # fmt: skip
def test_substitutions_are_found_everywhere(text):
    """In every part of the grammar that is expanded."""
    assert "x" in removed(text)


def test_an_unknown_construct_is_not_understood():
    """A newer shfmt may know more than this walker does."""
    place = {"Pos": {"Offset": 0}, "End": {"Offset": 3}}
    tree = {"Type": "File", "Stmts": [{**place, "Cmd": {"Type": "NewThing", **place}}]}
    (statement,) = read("$ x", KNOWLEDGE, {}, lambda text: tree).statements
    assert not statement.understood
    assert "NewThing" in statement.detail["why"]


def test_depth_is_bounded():
    """A walker deeper than the cap is refused."""
    with pytest.raises(TooMuchError):
        Walker(Desk(KNOWLEDGE, {}, PARSE), b"", Frame(depth=MAX_DEPTH + 1))
