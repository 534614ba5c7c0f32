"""The DEBUG backstop in a real bash: what the line hook could not clear, or never saw."""

import time

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


def test_a_cleared_line_has_no_trap(shell):
    """While a cleared line runs neither DEBUG trap nor functrace nor extdebug is on."""
    assert shell.output("f() { trap -p DEBUG; shopt extdebug; echo $-; }; f").replace("\t", " ").split("\n") == [
        "extdebug        off",
        "himBHs",
    ]
    assert shell.texts("backstop") == []


def test_every_command_of_a_watched_line_is_asked(shell):
    """Pipelines, subshells, functions, substitutions and background jobs all ask."""
    shell.line("watch=1; g() { echo in-g; }; g; echo a | cat; (echo sub); x=$(echo cs); { echo bg; } & wait")
    asked = shell.texts("backstop")
    for command in ("g", "echo in-g", "echo a", "cat", "echo sub", "echo cs", "echo bg"):
        assert asked.count(command) == 1, command


@pytest.mark.parametrize(
    "line",
    [
        "watch=1; w=de; eval ${w}ny 2>/dev/null; touch made",
        "watch=1; true && . ./script && touch made",
        "watch=1; . ./script || touch made",
        "watch=1; if . ./script; then touch made; else touch made; fi",
        "watch=1; while . ./script; do touch made; break; done",
        "watch=1; . ./script | touch made",
        "watch=1; { . ./script; touch made; }",
        "watch=1; ( . ./script; touch made )",
        "watch=1; x=$(. ./script; touch made)",
        "watch=1; f() { . ./script; touch made; }; f",
    ],
)
def test_a_refused_command_ends_its_line(shell, line):
    """After the refusal nothing else of that line runs, and the shell lives on."""
    (shell.home / "script").write_text("den''y() { :; }\ndeny\n")
    (shell.home / "deny").write_text("")
    shell.pty.send(line + "\r")
    shell.wait_for(lambda: any(not event["released"] for event in shell.events("judge")))
    shell.settle(0.7)
    if "|" not in line.replace("||", "") and "(" not in line:
        assert not (shell.home / "made").exists()
    assert shell.output("echo alive").endswith("alive")


def test_a_refused_command_in_an_endless_loop_ends_it(shell):
    """The loop around a refused command does not spin."""
    (shell.home / "script").write_text(": de''ny\ndeny\n")
    shell.pty.send("watch=1; while true; do . ./script; done\r")
    shell.wait_for(lambda: any(not event["released"] for event in shell.events("judge")))
    shell.settle(0.9)
    assert shell.output("echo alive").endswith("alive")


def test_a_refused_command_behind_a_running_program(shell):
    """A program that runs before the refused one in a pipeline is interrupted, the shell is not."""
    (shell.home / "script").write_text("deny\n")
    started = time.monotonic()
    shell.pty.send("watch=1; sleep 30 | . ./script\r")
    shell.wait_for(lambda: any(not event["released"] for event in shell.events("judge")))
    shell.settle(1.0)
    assert shell.output("echo alive").endswith("alive")
    assert time.monotonic() - started < 15


def test_a_line_that_never_met_the_line_hook_is_caught(shell):
    """With Enter bound away, every command still meets the trap; the next prompt puts Enter back and tells."""
    shell.pty.send("bind '\"\\C-t\": accept-line'\r")
    shell.prompt()
    shell.pty.send("touch made; : deny\x14")
    shell.wait_for(lambda: bool(shell.texts("backstop")))
    shell.settle(0.6)
    assert all(event["unseen"] for event in shell.events("judge") if event["source"] == "backstop")
    asked = shell.texts("backstop")
    assert asked[0] == "touch made"
    assert asked[-1] == ": deny"
    assert shell.output("echo alive").endswith("alive")


def test_an_unseen_subshell_is_caught(shell):
    """`( ... )` of an unseen line asks too."""
    shell.pty.send("bind '\"\\C-t\": accept-line'\r")
    shell.prompt()
    shell.pty.send("(: deny; touch made)\x14")
    shell.wait_for(lambda: bool(shell.texts("backstop")))
    shell.settle(0.6)
    assert not (shell.home / "made").exists()


def test_tampering_is_noticed_and_mended(shell):
    """Unbound keys, a changed PROMPT_COMMAND or PS0: told at the next prompt, and put back."""
    shell.line("bind -r '\\C-m'; PS0=; PROMPT_COMMAND=")
    shell.pty.send("\n")
    shell.wait_for(lambda: any(event["note"] == "tampering" for event in shell.events("note")))
    shell.settle()
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    told = " ".join(event["detail"] for event in shell.events("note"))
    assert "keys" in told
    assert "PS0" in told
    assert "PROMPT_COMMAND" in told


def test_hook_functions_can_not_be_removed(shell):
    """`unset -f` and redefinition fail, and the next line is asked."""
    shell.line("unset -f __safeshell_line __safeshell_skip; __safeshell_submit() { :; }")
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()


def test_concurrent_subshells_get_their_own_verdicts(shell):
    """Thirty background subshells ask at once: each released command runs, each refused one doesn't."""
    shell.pty.send(
        "watch=1; for i in {1..15}; do (echo x >ok$i) & (w=de; eval : ${w}ny$i; echo x >bad$i) & done; wait\r"
    )
    shell.wait_for(lambda: sum(not event["released"] for event in shell.events("judge")) == 15, timeout=20)
    shell.settle(1.0)
    names = {path.name for path in shell.home.iterdir()}
    assert {f"ok{i}" for i in range(1, 16)} <= names
    assert not any(name.startswith("bad") for name in names)


def test_positional_parameters_of_a_function_are_told(shell):
    """In the backstop `$1` is the traced function's."""
    shell.line("g() { : ask_shell watch; }; g 'first one'")
    told = [event["answers"] for event in shell.events("judge") if event["text"] == ": ask_shell watch"]
    assert told
    assert told[0]["variable 1"] == "first one"


def test_a_dead_asker_does_not_block_the_others(shell):
    """A subshell killed while it holds the token: the next question still gets through."""
    shell.line("watch=1; (kill -9 $BASHPID; :) ; read -r -N 1 -t 1 -u 222 stolen; echo got $stolen")
    shell.line("watch=1; (echo after)", timeout=12)
    assert "echo after" in shell.texts("backstop")
