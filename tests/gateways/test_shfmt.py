"""The shfmt runner: trees, failures told apart, deadlines, the idle process, many texts at once."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import time

import pytest

from safeshell.gateways.shfmt import Shfmt, find_shfmt, nesting
from safeshell.languages.reading import ParseFailure
from tests.languages.bash import generated


@pytest.fixture
def shfmt():
    """A runner that is closed afterwards."""
    runner = Shfmt()
    yield runner
    runner.close()


def _own_children() -> set[int]:
    """Processes whose parent is this one, zombies too."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return {int(line.split()[0]) for line in listed.stdout.splitlines() if "ps" not in line.split()[1:]}


def _fake(tmp_path, body: str) -> str:
    path = tmp_path / "shfmt"
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_text_becomes_its_tree_with_byte_offsets(shfmt):
    """Offsets count UTF-8 bytes: the command behind `é` starts at byte 9, not 8."""
    tree = shfmt("echo é; rm 'x y'")
    assert [node["Pos"]["Offset"] for node in tree["Stmts"]] == [0, 9]
    assert tree["Stmts"][1]["Cmd"]["Args"][1]["Parts"][0]["Value"] == "x y"


@pytest.mark.parametrize("text", ["", "\n", "# nothing"])
def test_a_text_without_commands_has_an_empty_tree(shfmt, text):
    """Nothing to run is a tree without statements, no failure."""
    assert shfmt(text).get("Stmts", []) == []


@pytest.mark.parametrize("text", ["if true; then", "echo 'a", "ls |", "cat <<E", "echo $(", "f() {", "x=("])
def test_an_unfinished_text_is_incomplete(shfmt, text):
    """bash would ask for another line."""
    failure = shfmt(text)
    assert (failure.incomplete, failure.rejected) == (True, False)
    assert failure.message


@pytest.mark.parametrize("text", ["fi", ")", "a;;b", "foo(", "ls | | ls", "a & && b"])
def test_what_bash_rejects_too_is_rejected(shfmt, text):
    """Both parsers agree that nothing can run."""
    failure = shfmt(text)
    assert (failure.incomplete, failure.rejected) == (False, True)


@pytest.mark.parametrize("text", ["! ! ls", "A=(1) ls", "echo $((echo a); ls)", "((ls a); ls)"])
def test_what_bash_accepts_is_not_called_rejected(shfmt, text):
    """shfmt knows less than bash here: neither unfinished nor rejected."""
    failure = shfmt(text)
    assert isinstance(failure, ParseFailure)
    assert (failure.incomplete, failure.rejected) == (False, False)


def test_asking_bash_runs_nothing(shfmt, tmp_path, monkeypatch):
    """`bash -n` reads only, and no start-up file of the person is run with it."""
    started = tmp_path / "started"
    for name in ("rc", "env"):
        (tmp_path / name).write_text(f"touch {started}\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "env"))
    monkeypatch.setenv("ENV", str(tmp_path / "env"))
    assert shfmt(f"touch {started}\nfi").rejected
    assert not started.exists()


def test_a_missing_program_is_said_plainly():
    """The message names what is missing and what to install."""
    runner = Shfmt(spare=False)
    runner.program = None
    failure = runner("ls $x")
    assert "shfmt is missing" in failure.message
    assert "shfmt-py" in failure.message
    assert Shfmt("/nonexistent/shfmt")("ls $x").message.startswith("shfmt cannot be run")


def test_the_program_is_found_beside_the_interpreter():
    """The one installed with safeshell goes before any other of PATH."""
    assert os.access(find_shfmt(), os.X_OK)


def test_a_slow_parser_is_cut_off(tmp_path):
    """The deadline holds, and the process is gone afterwards."""
    runner = Shfmt(_fake(tmp_path, "exec sleep 30\n"), deadline=0.2, spare=False)
    before = _own_children()
    begin = time.monotonic()
    failure = runner("ls $x")
    assert time.monotonic() - begin < 2
    assert "longer than 0.2 s" in failure.message
    assert _own_children() <= before


def test_an_endless_answer_is_cut_off(tmp_path):
    """Output beyond the cap is a failure, not memory."""
    runner = Shfmt(_fake(tmp_path, "exec cat /dev/zero\n"), deadline=20, spare=False)
    assert "larger tree" in runner("ls $x").message


@pytest.mark.parametrize("body", ["echo '{'", "echo '[]'", "echo", "exit 3", "kill -9 $$"])
def test_a_broken_answer_is_a_failure(tmp_path, body):
    """Whatever the program does, the answer is a ParseFailure."""
    assert isinstance(Shfmt(_fake(tmp_path, body + "\n"), spare=False)("ls $x"), ParseFailure)


@pytest.mark.parametrize("text", ["(" * 200, "{ " * 5000, "a" * 300_000, "ls\0", "$(" * 100_000])
def test_hopeless_texts_are_refused_before_any_process(text):
    """Nesting, length and NUL are checked first."""
    runner = Shfmt("/nonexistent/shfmt")
    assert "cannot be run" not in runner(text).message


def test_nesting_never_underestimates():
    """Closers that open nothing do not hide openers."""
    assert nesting(")))(((") == 3
    assert nesting("(a)(b)") == 1


def test_a_long_chain_is_no_crash(shfmt):
    """A tree deeper than Python reads is a failure."""
    assert isinstance(shfmt("ls " + "&& ls " * 5000), ParseFailure)


def test_large_texts_pass_both_ways(shfmt):
    """More than a pipe holds, in and out."""
    tree = shfmt("\n".join(f"echo {'x' * 50} $y{number}" for number in range(2000)))
    assert len(tree["Stmts"]) == 2000


def test_the_idle_process_is_used_and_replaced(shfmt):
    """A line takes the waiting process, and another one waits afterwards."""
    shfmt.prepare()
    first = shfmt._spare.pid
    assert isinstance(shfmt("ls $x"), dict)
    assert shfmt._spare.pid != first
    shfmt.close()
    assert not {first} & _own_children()


def test_a_killed_idle_process_is_replaced(shfmt):
    """Somebody ends the waiting process: the next line is parsed all the same."""
    shfmt.prepare()
    os.kill(shfmt._spare.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert isinstance(shfmt("ls $x"), dict)


def test_no_zombies_are_left():
    """After use and close no child is left, not even a dead one."""
    before = _own_children()
    runner = Shfmt()
    for text in ("ls $x", "fi", "echo '"):
        runner(text)
    runner.close()
    assert _own_children() <= before


def test_dropping_the_runner_ends_its_process():
    """Garbage collection is enough."""
    before = _own_children()
    runner = Shfmt()
    runner.prepare()
    del runner
    assert _own_children() <= before


def test_a_fork_leaves_the_parents_process_alone(shfmt):
    """The child parses with a process of its own; the parent's goes on waiting."""
    shfmt.prepare()
    waiting = shfmt._spare
    pid = os.fork()
    if pid == 0:
        os._exit(0 if shfmt._spare is None and isinstance(shfmt("ls $x"), dict) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert shfmt._spare is waiting
    assert waiting.alive()
    assert isinstance(shfmt("ls $x"), dict)


def test_programs_started_meanwhile_inherit_nothing(shfmt):
    """The pipes are close-on-exec: a shell started by the session does not hold them."""
    shfmt.prepare()
    fds = [shfmt._spare._input, *(stream.fd for stream in shfmt._spare._streams)]
    seen = subprocess.run(
        ["ls", "/proc/self/fd"], capture_output=True, text=True, close_fds=False, check=True
    ).stdout.split()
    assert not {str(fd) for fd in fds} & set(seen)


# Many texts at once -------------------------------------------------------------------------------


def _offsets(node):
    """A tree without line and column numbers, which nobody uses."""
    if isinstance(node, dict):
        if "Offset" in node:
            return node["Offset"]
        return {key: _offsets(value) for key, value in node.items() if key not in ("Comments", "Last")}
    return [_offsets(item) for item in node] if isinstance(node, list) else node


def _same(one, other) -> bool:
    if isinstance(one, ParseFailure) or isinstance(other, ParseFailure):
        return one == other
    return _offsets(one.get("Stmts", [])) == _offsets(other.get("Stmts", []))


_SWALLOWING = [
    "echo 'unclosed", 'echo "unclosed', "echo `unclosed", "cat <<E", "cat <<'E'\nls", "if true; then", "while ls; do", "case x in",
    "for i in a b", "for i", "ls |", "ls &&", "ls ||", "ls \\", "f()", "function f", "f() {", "{ ls", "( ls", "echo $(ls", "a=(", "((",
    "[[ a", "time", "!", "coproc", "then", "fi", "done", "}", ")", "esac", ";;", "# comment", "", "\n\n", "ls # x \\", "ls;", "ls &",
    "cat <<A <<B\na\nA\nb\nB", "cat <<E\n$(ls\nE", "echo ${x", "echo $((1", "select x", "x=", "x=1", "> f", "<<E", "<<E\nE", "é", "ls\0",
    "echo a\\", "echo 'a'\\''", "case x in a) ls ;;", "if ls\nthen ls\nfi", "a=b \\\n ls", "let", "declare", "export A", "<(ls)",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_texts_that_swallow_what_follows_change_no_other(shfmt, seed):
    """Unclosed quotes, here-documents, `if`: each text has the answer that it has alone."""
    chance = random.Random(seed)
    texts = [
        chance.choice(_SWALLOWING) if chance.random() < 0.4 else f"echo {number} $x; ls 'a b'" for number in range(40)
    ]
    for text, found in zip(texts, shfmt.parse_many(texts), strict=True):
        assert _same(found, shfmt(text)), text


@pytest.mark.parametrize("text", _SWALLOWING)
def test_a_text_between_two_others_stays_between_them(shfmt, text):
    """Pairwise: the one in the middle may be anything."""
    before, middle, after = shfmt.parse_many(["echo $a", text, "rm $b"])
    assert _same(before, shfmt("echo $a"))
    assert _same(middle, shfmt(text))
    assert _same(after, shfmt("rm $b"))


def test_generated_texts_have_the_same_trees_together_and_alone(shfmt):
    """Whatever the generator makes, noise too."""
    chance = random.Random(3)
    texts = [(generated.line if chance.random() < 0.7 else generated.noise)(chance) for _ in range(120)]
    for text, found in zip(texts, shfmt.parse_many(texts), strict=True):
        assert _same(found, shfmt(text)), text


def test_a_text_cannot_know_the_border(shfmt):
    """The statement between texts is random, so a text that imitates one is only a text."""
    imitation = "safeshell-border-000000000000000000000000\nrm x\nsafeshell-border-000000000000000000000000"
    texts = ["echo $a", imitation, "echo $b"]
    for text, found in zip(texts, shfmt.parse_many(texts), strict=True):
        assert _same(found, shfmt(text))


def test_primed_texts_are_answered_without_a_process(shfmt):
    """`check --jsonl` parses all lines first and reads them one by one afterwards."""
    texts = ["ls $x", "fi", "ls $x", "echo '"]
    shfmt.prime(texts)
    shfmt.program = "/nonexistent/shfmt"
    assert isinstance(shfmt("ls $x"), dict)
    assert shfmt("fi").rejected
    assert shfmt("echo '").incomplete
    assert "cannot be run" in shfmt("ls $y").message


def test_many_lines_a_second(shfmt):
    """At least 250 mixed lines a second on two cores, with unfinished ones among them."""
    lines = [f'for f in a{number} b; do grep -c $f "$HOME/x" > /dev/null; done' for number in range(400)]
    lines[50], lines[300] = "echo 'a", "fi"
    begin = time.monotonic()
    found = shfmt.parse_many(lines)
    assert len(lines) / (time.monotonic() - begin) > 250
    assert sum(isinstance(tree, ParseFailure) for tree in found) == 2
    assert json.dumps(found[0])
