"""zsh's own signs: each is read as zsh means it, or not understood, never as bash would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.languages.reading import ParseFailure, SessionNames
from safeshell.languages.zsh.tree import qualifiers_of, zsh_tree
from tests.languages.zsh.lines import effects, reading, targets

LOST = {"not_understood"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rm -rf **/*(D)", ["**/*"]),
        ("rm -f *.log(N.om[1,3])", ["*.log"]),
        ("rm a(b|c)", ["a(b|c)"]),
        ("rm <1-9>", ["<1-9>"]),
        ("=rm -rf x", ["x"]),
        ("rm =ls", [None]),
        ("rm =(ls)", [None]),
        ("rm ~foo/x", [None]),
        ("rm ~/x", ["~/x"]),
        ("D=/a/b; rm $D:h", [None]),
        ("D=/a/b; rm ${D:h}", [None]),
        ("D='/a b'; rm $D", ["/a b"]),
        ("a=(x y); rm $a", ["x", "y"]),
        ("a=(x y); rm $a[2]", ["y"]),
        ('a=(x y); rm "$a"', ["x y"]),
        ("a=(x y); rm ${a[@]}", ["x", "y"]),
        ("echo x >! f", ["f"]),
        ("echo x &>! f", ["f"]),
        ("for i (a b) rm $i", ["a", "b"]),
        ("foreach i (a b); rm $i; end", ["a", "b"]),
        ("while (true) rm x", ["x"]),
        ("() { rm x }", ["x"]),
        ("f() rm x; f", ["x"]),
        ("rm x &!", ["x"]),
        ("coproc rm x", ["x"]),
        ("eval 'foreach i (a b); rm $i; end'", ["a", "b"]),
    ],
)
def test_what_is_destroyed(line, said):
    """The targets of a line, None where only running tells."""
    assert targets(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "ls *(e:'rm x':)",
        "ls *(+f)",
        "ls *(oe:'rm x':)",
        "echo ${(e)x}",
        "{ rm x } always { rm y }",
        "() { rm $1 } x",
        "repeat 3 { rm x }",
    ],
)
def test_what_is_not_understood(line):
    """Code in patterns and flags, and forms that no parser here knows."""
    assert effects(line) >= LOST


def test_comments_are_none_where_the_shell_says_so():
    """Without interactive_comments `#` begins a word, in what is typed; in what is run from there it is a comment."""
    assert effects("ls # x", traits=frozenset()) == LOST
    assert effects("ls # x") == {"reads"}
    assert effects("eval 'ls # x'", traits=frozenset()) == {"reads"}


@pytest.mark.parametrize("trait", ["ksharrays", "shglob", "ignorebraces", "cshjunkiequotes"])
def test_a_shell_that_reads_in_another_way_is_not_followed(trait):
    """But for plain lines, which mean the same under every option."""
    assert effects("for i in $a; do rm $i; done", traits=frozenset({trait})) == LOST
    assert effects("ls -l x", traits=frozenset({trait})) == {"reads"}


def test_doubled_quotes_are_one_under_rc_quotes():
    """`'it''s'` holds a quote under that option only."""
    assert targets("rm 'it''s'") == ["its"]
    assert targets("rm 'it''s'", traits=frozenset({"rcquotes"})) == ["it's"]


def test_extended_patterns_count_where_they_are_on():
    """`^keep` is everything else."""
    assert targets("rm ^keep") == ["^keep"]
    found = reading("rm ^keep", traits=frozenset({"extendedglob"})).statements
    assert found[0].claims[0].targets[0].glob


@pytest.mark.parametrize(("line", "aliases", "told"), [
    ("ls V", {"-g V"}, {"alias_-g V": "; rm x"}),
    ("ls > V", {"-g V"}, {"alias_-g V": "x"}),
    ("x.dead", {"-s dead"}, {"alias_-s dead": "rm"}),
    ("ll", {"ll"}, {"alias_ll": "rm x"}),
])  # fmt: skip
def test_aliases_of_every_kind_count(line, aliases, told):
    """Global ones for any word, suffix ones for what a command ends in."""
    assert "destroys_data" in effects(line, aliases=frozenset(aliases), **told)


def test_an_alias_nobody_told_is_opaque():
    """It may stand for anything."""
    assert "runs_opaque_code" in effects("ls V", aliases=frozenset({"-g V"}))


@pytest.mark.parametrize(
    "line",
    [
        "for i in 1 2",
        "echo 'a",
        "while true",
        "ls |",
        "ls &&",
        "cat <<E\nx",
        "f() {",
        "case x in",
        "foreach i (1 2)\nls",
    ],
)
def test_unfinished_lines(line):
    """zsh will ask for more."""
    assert not reading(line).complete


@pytest.mark.parametrize("line", ["echo )", "if true; fi", "done"])
def test_lines_that_zsh_rejects(line):
    """Nothing of them runs."""
    assert reading(line).invalid


def test_without_a_parser_for_zsh():
    """Plain lines are read, everything else is not understood."""
    assert not isinstance(zsh_tree("ls x", lambda _text: ParseFailure(""), SessionNames()), ParseFailure)
    assert isinstance(zsh_tree("ls $x", lambda _text: ParseFailure(""), SessionNames()), ParseFailure)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "rm",
                "x",
                " ",
                "$a",
                "*",
                "(",
                ")",
                "e:",
                "{",
                "}",
                ";",
                "=",
                "'",
                '"',
                "~",
                "[1]",
                ":h",
                "for i",
                "\n",
                "<",
                ">",
            ]
        ),
        max_size=12,
    )
)
def test_any_text_is_read_or_not_understood(parts):
    """No crash; and where a bare `rm x` stands first, no silence."""
    assert reading("rm x; " + "".join(parts)).statements or reading("rm x; " + "".join(parts)).invalid


@pytest.mark.parametrize(
    ("text", "end"),
    [("**/*(D)", "(D)"), ("x*(.om[1,3])", "(.om[1,3])"), ("a(b|c)", ""), ("*", ""), ("*(e:rm x:)", ""), ("(.)x", "")],
)
def test_qualifiers_stand_at_the_end_of_a_pattern(text, end):
    """Those that choose among names; a group of alternatives is none, and what runs code is none that anybody may ask about."""
    assert qualifiers_of(text) == end
