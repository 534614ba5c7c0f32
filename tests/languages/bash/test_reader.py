"""The reader as a whole: which lines are complete, invalid, lost; aliases over lines; nothing crashes."""

from __future__ import annotations

import os
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.languages.bash import read
from safeshell.languages.reading import ParseFailure, SessionNames
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from tests.languages.bash import generated
from tests.languages.bash.lines import (
    KNOWLEDGE,
    PARSE,
    claims,
    every,
    judge,
    opaque,
    questions,
    removed,
    understood,
    verbs,
)

_FUZZ = int(os.environ.get("SAFESHELL_FUZZ", "400"))


@pytest.mark.parametrize("text", ["fi", ")", "ls | | ls", "a;;b", "echo a=(b)", "foo(", "rm x; fi"])
def test_a_line_that_bash_rejects_runs_nothing(text):
    """bash parses a whole line before it runs any of it: nothing to judge, and it says so."""
    reading = judge(text)
    assert reading.invalid
    assert reading.statements == ()


def test_a_rejected_script_is_not_understood():
    """Of several lines bash runs the ones before the fault."""
    reading = judge("rm -rf /\nfi")
    assert not reading.invalid
    assert not reading.statements[0].understood


@pytest.mark.parametrize("text", ["! ! rm x", "A=(1) rm x", "echo $((echo a); rm b)", "((rm a); rm b)"])
def test_what_only_bash_understands_is_not_understood(text):
    """shfmt rejects these, bash does not: that is no reason to let them pass."""
    reading = judge(text)
    assert not reading.invalid
    assert [statement.understood for statement in reading.statements] == [False]


@pytest.mark.parametrize(
    "text", ["if true; then", "echo 'a", 'echo "a', "ls |", "ls &&", "echo $(ls", "cat <<E", "for x in a", "{ ls", "f() {", "ls \\"]
)  # fmt: skip
def test_an_unfinished_line_is_incomplete(text):
    """Where bash would ask for another line, the reading says that it is not complete."""
    assert not judge(text).complete


@pytest.mark.parametrize("text", ["ls", "", "# only a comment", "echo 'a\\'", "ls # \\", "cat <<E\nx\nE"])
def test_a_finished_line_is_complete(text):
    """Comments and quoted backslashes do not ask for more."""
    assert judge(text).complete


@pytest.mark.parametrize("text", ["ls\0", "ls\rrm", "a" * 300_000])
def test_odd_texts_are_not_understood(text):
    """NUL, carriage returns and enormous texts are never guessed at."""
    assert not understood(text)


def test_deep_nesting_is_not_understood_and_does_not_hang():
    """Fifty nested shells, a thousand brackets, a long chain: an answer, and soon."""
    nest = "rm x"
    for _ in range(8):
        nest = "bash -c " + "'" + nest.replace("'", "'\\''") + "'"
    begin = time.monotonic()
    assert removed(nest) == ["x"]
    for text in ("( " * 60 + "ls" + " )" * 60, "$(" * 5000, "{ " * 300, "ls && " * 3000 + "ls", "f() { f; f; }; f",
                 "{a,b}" * 40, "echo " + "{1..9}" * 9, "echo {1..99999999}"):  # fmt: skip
        assert not understood(text)
    assert time.monotonic() - begin < 20


def test_a_missing_parser_is_said_plainly():
    """Without a tree the line is one statement, not understood, with the parser's own sentence."""
    failing = lambda text: ParseFailure("shfmt is missing")  # noqa: E731
    reading = read("rm $X", KNOWLEDGE, {}, failing)
    assert [statement.detail["why"] for statement in reading.statements] == ["shfmt is missing"]
    assert [statement.verb for statement in read("ls -l", KNOWLEDGE, {}, failing).statements] == ["ls"]


def test_spans_are_bytes_of_the_whole_text():
    """A span cuts the statement's own text out of the UTF-8 form of the line."""
    text = "echo é𝄞 | cat; rm 'ü' > ö"
    for statement in every(judge(text)):
        assert text.encode()[statement.span.start : statement.span.end].decode() == statement.text


def test_an_alias_counts_from_the_next_line_on():
    """bash reads a line at a time: on the line of its definition the alias is not yet there."""
    assert removed("alias k='rm -rf'\nk /") == ["/"]
    assert removed("alias k='rm -rf'; k /") == []
    assert removed("alias k='rm -rf'\nunalias k\nk /") == []


def test_an_unanswered_alias_may_be_anything():
    """The reader asks for it; as long as nobody answers, the line runs something unknown."""
    names = SessionNames(aliases=frozenset({"k"}))
    assert questions("k /", names=names) == {("alias", "k")}
    assert opaque("k /", names=names)
    assert removed("k /", names=names, facts={Question(Ask.ALIAS, "k"): "rm -rf"}) == ["/"]


def test_incomplete_name_lists_make_every_command_a_question():
    """Where the session could not list its names, each command word is asked for."""
    asked = questions("ls | cat", names=SessionNames(complete=False))
    assert {("alias", "ls"), ("function", "ls"), ("alias", "cat"), ("function", "cat")} <= asked


@pytest.mark.parametrize(
    "text",
    [
        "echo rm -rf /", "man shutdown", "grep -r 'DROP TABLE' .", "echo 'rm -rf /'", "ls # rm -rf /", "cat <<'E'\nrm -rf /\nE",
        "find . -name 'rm*'", 'echo "shutdown now"', "grep shutdown /var/log/syslog", "cat <<E\nrm -rf /\nE", "echo $(date)",
    ],
)  # fmt: skip
def test_quoted_and_printed_words_raise_no_alarm(text):
    """Text that is only shown, searched or commented is not run."""
    assert {claim.effect for claim in claims(text)} <= {Effect.READS}
    assert understood(text)


@pytest.mark.parametrize(
    "text",
    [
        "rm x", r"\rm x", "r\\m x", "'rm' x", '"rm" x', "r''m x", "$'\\x72\\x6d' x", "{rm,x}", "FOO=1 rm x", "/bin/rm x", "command rm x",
        "builtin command rm x", "exec rm x", "eval rm x", "eval 'rm x'", "sudo rm x", "sudo -u root env A=b nohup rm x", "(rm x)",
        "{ rm x; }", "! rm x", "time rm x", "rm x &", "true && rm x", "false || rm x", "ls; rm x", "ls | rm x", "if rm x; then :; fi",
        "while rm x; do :; done", "for i in 1; do rm x; done", "case a in a) rm x;; esac", "echo $(rm x)", "echo `rm x`",
        'echo "$(rm x)"', "cat <(rm x)", "cat <<E\n$(rm x)\nE", "A=$(rm x)", "A=(1 $(rm x))", "A[$(rm x)]=1", "ls > $(rm x)",
        "echo ${A:-$(rm x)}", "echo ${A/$(rm x)/b}", "echo $(( $(rm x) ))", "(( $(rm x) ))", "[[ -f $(rm x) ]]", "coproc rm x",
        "f() { rm x; }; f", "function f { rm x; }\nf", "bash -c 'rm x'", 'bash -c "rm x"', "echo 'rm x' | bash", "bash <<< 'rm x'",
        "bash <<E\nrm x\nE", "printf 'rm %s\\n' x | sh", "trap 'rm x' EXIT", "echo 'rm x' | sudo sh", "ssh host 'rm x'", "ssh host rm x",
        "C=rm; $C x", "C='rm x'; $C", "a=(rm x); ${a[@]}", "$(echo rm) x", "source <(echo rm x)", "bash <(echo rm x)", "$'rm' x",
        "select i in a; do rm x; done", "until rm x; do :; done", "for ((i=0; i<$(rm x); i++)); do :; done", "PROMPT_COMMAND='rm x'",
        "if false; then :; else rm x; fi", "if false; then :; elif rm x; then :; fi", "\\\nrm x", "ls\nrm x", "ls &&\nrm x",
        "case $(rm x) in *) ;; esac", "for i in $(rm x); do :; done", "export A=$(rm x)", "local=$(rm x)", "set -- $(rm x)",
        "env -u A rm x", "e=eval; $e 'rm x'", "exec env rm x", "bash -c 'bash -c \"rm x\"'", "GIT_SSH_COMMAND='rm -rf / x' ls /",
    ],
)  # fmt: skip
def test_a_command_is_found_wherever_it_stands(text):
    """However it is spelled, quoted or wrapped: what bash would run is in the answer."""
    assert "x" in removed(text)


@pytest.mark.slow
@pytest.mark.parametrize("maker", [generated.line, generated.noise, generated.plain_line])
def test_nothing_crashes_the_reader(maker):
    """Generated shell and noise: an answer for each, spans inside of the text, bounded time and memory."""
    chance = random.Random(maker.__name__)
    names = SessionNames(frozenset({"ls", "f"}), frozenset({"f", "rm"}))
    facts = {
        Question(Ask.ALIAS, "ls"): "ls -F ",
        Question(Ask.ALIAS, "f"): "f x",
        Question(Ask.FUNCTION, "f"): "f () \n{ \n rm $1\n}",
    }
    tracemalloc.start()
    for begin in range(0, _FUZZ, 500):
        lines = [maker(chance) for _ in range(min(500, _FUZZ - begin))]
        PARSE.prime(lines)
        for line in lines:
            at = time.monotonic()
            reading = judge(line, facts=facts, names=names) if chance.random() < 0.3 else judge(line)
            assert time.monotonic() - at < 5
            size = len(line.encode())
            assert all(0 <= part.span.start <= part.span.end <= size for part in every(reading))
    assert tracemalloc.get_traced_memory()[1] < 200 * 1024 * 1024
    tracemalloc.stop()
    PARSE.prime([])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_has_an_answer(text):
    """Whatever Unicode is thrown at it."""
    judge(text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("text", ["rm \udcff", "echo '\udce9' | cat"])
def test_bytes_that_are_no_text_are_answered(text):
    """Surrogates stand for bytes that are no UTF-8; shfmt refuses them, so they are not understood."""
    assert judge(text).statements


def test_assignments_and_definitions_change_only_the_shell():
    """Bookkeeping is a read, so that a line of it asks for nothing."""
    text = "A=b; export C=d; f() { ls; }; cd /tmp; set -e; shopt -s nullglob; [[ -f x ]]; ((A=1)); unset A; alias l=ls"
    assert {claim.effect for claim in claims(text)} == {Effect.READS}
    assert "function" in verbs(text)
