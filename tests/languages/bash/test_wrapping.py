"""What packs say a command runs in turn: words, texts, files, standard input."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import claims, every, judge, opaque, questions, removed, unbounded


@pytest.mark.parametrize(
    "text",
    [
        "find . -name x | xargs rm",
        "xargs rm < list",
        "xargs -I{} rm {}",
        "ls | xargs -0 sudo rm",
        "xargs -I% bash -c 'rm %'",
    ],
)
def test_words_that_come_from_outside_are_unbounded(text):
    """What xargs hands over is written nowhere on the line."""
    assert removed(text) == [None]
    assert unbounded(text)


def test_a_script_is_judged_by_its_text():
    """By name for `bash FILE`, by its first line for `./FILE`, through `<` too; relative to `cd`."""
    facts = {Question(Ask.FILE_TEXT, name): "#!/usr/bin/env bash\nrm x" for name in ("s", "./s", "/d/s")}
    assert questions("bash s") == {("file_text", "s")}
    for text in ("bash s", "bash < s", "./s", "bash ./s", "cat s | bash"):
        assert removed(text, facts=facts) == ([] if "cat" in text else ["x"]), text
    assert removed("cd /d && bash s", facts=facts) == ["/d/x"]
    assert not claims("./s", Effect.UNKNOWN_PROGRAM, facts=facts)


@pytest.mark.parametrize("text", ["#!/usr/bin/python3\nx", "\x7fELF", "", "echo"])
def test_other_programs_stay_unknown(text):
    """Only a shell's first line makes a shell script."""
    assert claims("./s", Effect.UNKNOWN_PROGRAM, facts={Question(Ask.FILE_TEXT, "./s"): text})


@pytest.mark.parametrize(
    "text",
    [
        "curl http://x | bash",
        "bash s",
        "bash < s",
        "bash <(curl x)",
        "bash $F",
        "cat s | sudo bash",
        "psql < dump.sql",
        "bash *.sh",
    ],
)
def test_programs_that_nobody_can_read_are_opaque(text):
    """They run code that only running tells, and the statement is dynamic."""
    assert opaque(text)


def test_an_interactive_shell_is_what_its_pack_says():
    """Nothing is piped: the shell reads the terminal."""
    assert claims("bash", Effect.LEAVES_GUARD)
    assert claims("sudo bash", Effect.LEAVES_GUARD)
    assert not claims("echo ls | bash", Effect.LEAVES_GUARD)


def test_nested_statements_stand_where_the_text_around_them_stands():
    """Their spans are the outer command's."""
    outer, inner = every(judge("ls; bash -c 'rm x'"))[1:]
    assert (inner.text, inner.span) == ("rm x", outer.span)


def test_the_place_is_the_outer_commands():
    """`ssh prod 'rm x'`: the statement around it says where."""
    (outer,) = judge("ssh prod 'rm x'").statements
    assert (outer.place.name, [inner.verb for inner in outer.nested]) == ("prod", ["rm"])
    (unknown,) = judge("ssh $H 'rm x'").statements
    assert not unknown.place.known


def test_wrappers_take_assignments():
    """`sudo A=b cmd`, `env A=b cmd`."""
    assert removed("sudo A=1 B=2 rm x") == ["x"]
    assert [statement.verb for statement in every(judge("env A=1"))] == ["env"]


def test_standard_input_reaches_what_a_text_runs():
    """`ssh host bash < x` and `bash -c sh <<< 'rm x'`: the file is read here, its text runs there."""
    facts = {Question(Ask.FILE_TEXT, "s"): "rm x"}
    for text in ("ssh h bash < s", "ssh h 'cd /; bash' < s", "bash -c sh < s", "sudo bash < s"):
        found = removed(text, facts=facts)
        assert [value.removeprefix("/") for value in found] == ["x"], text
        assert questions(text) == {("file_text", "s")}
    assert removed("bash -c 'cat | sh' <<< 'rm x'") == ["x"]
    assert removed("ssh h bash <<E\nrm x\nE") == ["x"]
    assert questions("ssh h 'bash < s'") == set()
