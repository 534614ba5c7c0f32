"""The session around a real fish: the wire of the hook, dialogs, prompts, titles, descriptors."""

import pytest

from tests.live import test_bash_session
from tests.live.shared import starting
from tests.live.test_bash_session import ask, made  # noqa: F401 - a helper, and the adopted tests' fixture

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

start = starting("fish")
test_the_confirmed_line_runs = test_bash_session.test_the_confirmed_line_runs
test_every_other_answer_means_no = test_bash_session.test_every_other_answer_means_no
test_the_end_of_the_guard_in_mid_question_runs_nothing = (
    test_bash_session.test_the_end_of_the_guard_in_mid_question_runs_nothing
)
test_resizing_reaches_the_programs = test_bash_session.test_resizing_reaches_the_programs
test_ctrl_d_ends_the_shell = test_bash_session.test_ctrl_d_ends_the_shell
test_sigterm_ends_the_session = test_bash_session.test_sigterm_ends_the_session


@pytest.mark.parametrize(
    ("last", "status"), [("exit 7", 7), ("false; exit", 1), ("kill -9 $fish_pid", 137), ("exec true", 0)]
)
def test_exit_statuses(shell, last, status):
    """The session ends as its fish does."""
    assert shell.leave(last) == status


def test_the_shell_answers_questions(shell):
    """Variables, and functions of the person's own, come on request; a list is no single text."""
    shell.line("set D '/var/x y'; function greet; echo hi; end")
    shell.line("echo ask_shell")
    told = shell.events("judge")[-1]["answers"]
    assert told["variable D"] == "/var/x y"
    assert "echo hi" in told["function greet"]
    assert told["alias ll"] is None
    shell.line("set D a b")
    shell.line("echo ask_shell again")
    assert "variable D" not in shell.events("judge")[-1]["answers"]


def test_an_unfinished_or_wrong_text_is_not_asked_about(shell):
    """fish keeps the one in its buffer and says why it does not take the other; neither runs."""
    shell.pty.send("for i in 1 2\r")
    shell.settle()
    assert shell.texts() == []
    shell.pty.send("echo n$i\r")
    shell.settle()
    shell.line("end")
    assert shell.texts() == ["for i in 1 2\necho n$i\nend"]
    shell.pty.send("touch made; echo )\r")
    shell.settle()
    shell.pty.send("\x15")
    assert not (shell.home / "made").exists()
    assert len(shell.texts()) == 1


def test_a_line_that_runs_past_enter_is_noticed(start):
    """A key of the person's own that executes: told at the next prompt."""
    shell = start(rc="bind \\ct 'commandline -f execute'\n")
    shell.prompt()
    shell.line("true")
    shell.pty.send("touch made\x14")
    shell.wait_for(lambda: any(event["note"] == "tampering" for event in shell.events("note")))
    assert "keys" in " ".join(event.get("detail", "") for event in shell.events("note"))


def test_no_program_inherits_a_channel(shell):
    """A child has no descriptor of the guard, and no nonce in its environment."""
    (shell.home / "fds").write_text("#!/bin/sh\necho DESCRIPTORS; ls /proc/self/fd; echo END; env\n")
    (shell.home / "fds").chmod(0o755)
    seen = shell.output("./fds")
    numbers = [int(word) for word in seen.rpartition("DESCRIPTORS")[2].partition("END")[0].split() if word.isdigit()]
    assert numbers
    assert max(numbers) < 20
    assert "__safeshell" not in seen
    assert "SAFESHELL_CHANNELS" not in seen


def test_a_prompt_of_several_lines_keeps_one_segment(start):
    """The segment stands below the empty lines, once, and the prompt sees the status of the last command."""
    shell = start(rc="function fish_prompt; echo; echo s$status; echo -n 'P> '; end\n")
    shell.prompt()
    shell.line("sh -c 'exit 5'")
    shell.pty.send("true\r")
    seen = shell.settle().replace("\r", "")
    assert "[PROD web-3 ro] s0" in seen
    assert "ro] [PROD" not in seen


def test_a_prompt_function_of_later_gets_the_segment_too(shell):
    """fish_prompt typed anew at the prompt is wrapped at the next one."""
    shell.line("function fish_prompt; echo -n 'new P> '; end")
    shell.line("true")
    shell.pty.send("true\r")
    assert "[PROD web-3 ro] new P> " in shell.settle()


def test_the_private_directory_goes_away(shell):
    """The session's directory with its pipes is gone afterwards."""
    from pathlib import Path

    place = Path(shell.output("path dirname $SAFESHELL_SESSION"))
    assert place.stat().st_mode & 0o777 == 0o700
    shell.leave()
    assert not place.exists()
