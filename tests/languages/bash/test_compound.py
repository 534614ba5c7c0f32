"""Compound commands: every branch, every round, and what is known afterwards."""

from __future__ import annotations

import pytest

from tests.languages.bash.lines import every, judge, removed, unbounded, understood, verbs


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("for x in a b; do rm $x; done", ["a", "b"]), ('for x in *.log; do rm "$x"; done', ["*.log"]), ("for x in {1..3}; do rm f$x; done", ["f1", "f2", "f3"]),
        ("for x in $(ls); do rm $x; done", [None]), ("for x; do rm $x; done", [None]), ("while read x; do rm $x; done", [None]),
        ("for x in a; do rm $y; y=/; done", [None]), ("select x in a b; do rm $x; done", [None]), ("for ((i=0;i<2;i++)); do rm $i; done", [None]),
        ("while ls; do rm $y; y=/; done", [None]), ("y=a; while ls; do rm $y; y=$y/b; done", [None]), ("for x in a b; do rm $x; break; done", [None]),
        ("if ls; then D=a; else D=b; fi; rm $D", [None]), ("if ls; then D=a; else D=a; fi; rm $D", ["a"]), ("ls && D=a; rm $D", [None]),
        ("D=a; ls || D=b; rm $D", [None]), ("case x in a) D=1;; *) D=2;; esac; rm $D", [None]), ("D=a; case x in a) ;; esac; rm $D", ["a"]),
        ("case x in a) D=q;& b) rm $D;; esac", [None]), ("for x in a b; do D=$x; done; rm $D", ["b"]), ("x=1; for x in; do :; done; rm $x", ["1"]),
    ],
)  # fmt: skip
def test_loops_and_branches(text, values):
    """Known items one by one; what a branch or a round may change is unknown."""
    assert removed(text) == values


def test_an_unknown_round_is_unbounded():
    """`while read f; do rm $f; done` removes what a file says."""
    assert unbounded("while read f; do rm $f; done < list")


def test_statements_of_a_loop_stand_once():
    """Rounds that were only tried leave nothing behind."""
    assert verbs("while read x; do y=$x; ls; done") == ["read", "=", "ls"]


def test_too_many_items_are_one_unknown_item():
    """A thousand items are not judged one by one."""
    assert removed("for x in {1..1000}; do rm $x; done") == [None]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("cd / && rm *", ["/*"]), ("cd /; rm x", ["/x"]), ("cd build; rm x", ["build/x", "x"]), ("cd build || exit; rm x", ["build/x"]),
        ("cd build && cd .. && rm x", ["x"]), ("(cd /; ls); rm x", ["x"]), ("cd / | ls; rm x", ["x"]), ("cd; rm x", ["~/x"]), ("cd ~/a && rm x ../y", ["~/a/x", "~/y"]),
        ("cd $D && rm x", [None]), ("cd - && rm x", [None]), ("pushd / && rm x", ["/x"]), ("popd && rm x", [None]), ("cd a && rm /x ~/y", ["/x", "~/y"]),
        ("if cd a; then rm x; else rm y; fi", ["a/x", "y"]), ("! cd a && rm x", ["x"]), ("for d in a b; do (cd $d && rm x); done", ["a/x", "b/x"]),
        ("while ls; do cd a; rm x; done", [None]), ("mkdir -p a && cd a && rm -rf *", ["a/*"]), ("cd '' && rm x", ["x"]), ("builtin cd / && rm x", ["/x"]),
    ],
)  # fmt: skip
def test_targets_are_seen_from_the_directory_that_the_line_enters(text, values):
    """Where `cd` may fail, both directories remain possible."""
    assert removed(text) == values


def test_pipelines_and_lists_are_not_deep():
    """A chain of a hundred is no nesting."""
    assert understood(" | ".join(["cat"] * 100))
    assert understood(" && ".join(["ls"] * 100))


@pytest.mark.parametrize("text", [":(){ :|:& };:", "f() { f; }; f", "f() { g; }; g() { f; }; f"])
def test_recursion_is_not_understood(text):
    """A function that calls itself has no end that could be read; the fork bomb is one."""
    assert not understood(text)


def test_a_definition_alone_runs_nothing():
    """The body is judged where it is called, with the words of the call."""
    assert removed("f() { rm $1; }") == []
    assert removed("f() { rm $1; }; f a; f b") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "values"), [("coproc rm a=b c", ["a=b", "c"]), ("coproc rm if=x", ["if=x"]), ("coproc C { rm x; }", ["x"])]
)
def test_coprocesses_keep_their_words(text, values):
    """shfmt takes a later `a=b` for an assignment; it is a word."""
    assert removed(text) == values


def test_a_coprocess_that_begins_with_an_assignment_is_not_understood():
    """bash and shfmt read it differently."""
    assert not understood("coproc A=1 rm x")


def test_a_coprocess_with_odd_words_has_a_span():
    """shfmt's own ends for these lie before their starts."""
    for statement in every(judge("coproc ! A=b")):
        assert statement.span.start <= statement.span.end
