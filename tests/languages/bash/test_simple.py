"""Simple commands: who runs them, and what becomes of the claims."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from tests.languages.bash.lines import claims, every, judge, removed, unbounded, understood


@pytest.mark.parametrize(
    "text", ["$CMD x", "$(cmd) x", "`cmd`", "/bin/r?", "${X}m x", "* x", "a$X", '"$@"', "sudo $CMD x", "xargs", "$$ x"]
)
def test_a_command_word_that_only_running_tells_is_not_understood(text):
    """Nobody can say what it would do; after it, any variable may be another."""
    assert not understood(text) or text == "xargs"


def test_after_an_unknown_command_no_variable_is_sure():
    """`$CMD` may have been `eval` of anything."""
    assert removed("D=x; $CMD; rm $E") == [None]


def test_a_name_with_a_home_directory_is_a_program():
    """`~/bin/tool` is only unknown, not incomprehensible."""
    assert claims("~/bin/tool x", Effect.UNKNOWN_PROGRAM)
    assert understood("~/bin/tool x")


@pytest.mark.parametrize(
    "text",
    [
        'D=; rm -rf "$D"/',
        "D=; rm -rf $D/*",
        "unset D; rm -rf /srv/$D",
        "D=; rm -rf $D",
        "cd / && rm -rf *",
        "cd ~ && rm -rf *",
        "cd $D && rm -rf *",
    ],
)
def test_an_expansion_that_came_out_empty_is_unbounded(text):
    """The person meant something to stand there."""
    assert unbounded(text)


@pytest.mark.parametrize("text", ["rm -rf data", "cd /srv && rm -rf data", "D=x; rm -rf $D", "rm *.log", "rm -rf ~/x"])
def test_what_the_text_names_is_bounded(text):
    """No alarm beyond the claim itself."""
    assert removed(text)
    assert not unbounded(text)


def test_statements_carry_words_and_directory_for_previews():
    """Words after quote removal, None for what is not known; the directory that the line entered."""
    (_, statement) = judge("cd /srv && rm 'a b' $X *.c").statements
    assert statement.words == ("rm", "a b", None, "*.c")
    assert statement.directory == ("/srv",)


def test_the_statement_ends_before_a_here_document():
    """Its text is what stands on the command line."""
    assert [statement.text for statement in every(judge("cat <<E > f\nx\nE"))] == ["cat <<E > f"]
    assert [statement.text for statement in every(judge("> f ls"))] == ["> f ls"]


def test_builtins_without_a_pack_are_harmless():
    """`wait` and `jobs` are no unknown programs."""
    assert {claim.effect for claim in claims("wait; jobs; umask 022; type ls; true")} == {Effect.READS}
