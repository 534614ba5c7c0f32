"""The session around a real zsh: dialogs, ends, jobs, prompts, start files, shells inside."""

from pathlib import Path

import pytest

from tests.live import test_bash_session
from tests.live.shared import adopt, starting
from tests.live.test_bash_session import made  # noqa: F401 - the adopted tests' fixture

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

start = starting("zsh")
# Left out: what is about bash's variables, traps and start files; the counterparts stand below.
adopt(
    test_bash_session,
    globals(),
    without={
        "test_the_dialog_leaves_and_restores_a_full_screen",
        "test_job_control",
        "test_exit_statuses",
        "test_status_variables_are_preserved",
        "test_a_descriptor_that_was_open_before_is_kept",
        "test_it_works_beside",
        "test_the_persons_debug_trap_lives_on",
        "test_functions_in_the_style_of_bash_preexec",
        "test_a_prompt_made_by_prompt_command",
        "test_errexit_does_not_end_the_shell_by_our_doing",
        "test_a_login_shell_reads_the_profiles",
        "test_a_shell_inside_finds_the_hook",
        "test_a_shell_without_a_hook_is_shown",
    },
)


def test_job_control(shell):
    """Ctrl-Z stops a program, fg and bg go on with it, Ctrl-C ends it."""
    shell.pty.send("sleep 60\r")
    shell.wait_for(lambda: shell.texts() == ["sleep 60"])
    shell.settle(0.3)
    shell.pty.send("\x1a")
    assert "suspended" in shell.prompt()
    assert "running" in shell.line("bg; jobs")
    shell.pty.send("fg\r")
    shell.settle(0.4)
    shell.pty.send("\x03")
    shell.prompt()
    assert shell.output("echo $?").endswith("130")


@pytest.mark.parametrize(
    ("last", "status"), [("exit 7", 7), ("false; exit", 1), ("kill -9 $$", 137), ("kill -HUP $$", 1), ("exec true", 0)]
)
def test_exit_statuses(shell, last, status):
    """The session ends as its zsh does (which makes 1 of a hangup)."""
    assert shell.leave(last) == status


def test_status_variables_are_preserved(shell):
    """$?, $_ and pipestatus survive the hook, cleared and watched; a refused line leaves $? alone."""
    for watched in ("", "watch=1; "):
        shell.line(watched + "false | true | false")
        assert shell.output('echo "$? $pipestatus"').endswith("1 1 0 1")
        shell.line(watched + ": one two")
        assert shell.output('echo "$_"').endswith("two")
        shell.line(watched + "(exit 3)")
        assert shell.output("echo $?").endswith("3")
        assert shell.output(watched + 'false; echo "$?"').endswith("1")
        assert shell.output(watched + ': a b; echo "$_"').endswith("b")
    shell.line("(exit 9)")
    shell.line(": deny")
    assert shell.output("echo $?").endswith("9")


@pytest.mark.parametrize(
    "setting",
    [
        "setopt nounset", "setopt ksh_arrays", "setopt sh_word_split glob_subst", "setopt no_multibyte", "setopt extended_glob null_glob",
        "setopt csh_null_glob", "IFS=:/x", "setopt noclobber", "setopt posix_builtins", "setopt local_options local_traps",
        "setopt ignore_braces", "setopt posix_traps", "setopt warn_create_global", "setopt no_bang_hist", "setopt single_line_zle",
        "setopt share_history inc_append_history", "bindkey -v", "LC_ALL=C", "setopt prompt_subst prompt_bang", "emulate ksh", "emulate sh",
        "alias print=false local=false builtin=false zle=false", "alias -g L='| less' -- '--=x'", "print() { : }; zle() { : }; trap() { : }",
        "precmd() { true }; preexec() { true }", "precmd_functions+=(true); preexec_functions+=(true)", "TRAPDEBUG() { dbg=1 }",
        "trap 'dbg=1' DEBUG", "TRAPZERR() { err=1 }", "periodic() { true }; PERIOD=1", "chpwd() { true }", "zshaddhistory() { true }",
        "setopt transient_rprompt; RPROMPT='right'", "setopt prompt_sp prompt_cr", "KEYTIMEOUT=1", "unsetopt banghist histsubstpattern",
    ],
)  # fmt: skip
@pytest.mark.parametrize("when", ["rc", "typed"])
def test_it_works_beside(start, setting, when):
    """Refusals, releases and watched lines behave under this setting."""
    shell = start(rc=f"{setting}\n" if when == "rc" else "")
    shell.prompt()
    if when == "typed":
        shell.pty.send(setting + "\r")
        shell.settle()
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.output("echo fine").replace("right", "").strip("# \n").endswith("fine")
    shell.line("watch=1; echo second >|second; true")
    assert (shell.home / "second").exists()
    assert "true" in [text.strip() for text in shell.texts("backstop")]
    shell.line("echo third")
    assert "echo third" in shell.texts()
    assert not [event for event in shell.events("note") if event["note"] in ("broken", "failed", "tampering")]


def test_errexit_does_not_end_the_shell_by_our_doing(start):
    """Under err_exit only the person's own failures count."""
    shell = start(rc="setopt err_return err_exit\n")
    shell.prompt()
    shell.line("touch made; : deny")
    shell.line("echo fine")
    shell.line("watch=1; echo fine")
    assert shell.output("echo fine").endswith("fine")
    assert shell.leave("false") == 1


@pytest.mark.parametrize(
    "kind", ['TRAPDEBUG() { print -r -- "<$?:$ZSH_DEBUG_CMD>" }', "trap 'print -r -- \"<$?:$ZSH_DEBUG_CMD>\"' DEBUG"]
)
def test_the_persons_debug_trap_lives_on(start, kind):
    """A DEBUG trap of the person's sees the person's commands on a watched line, and is there afterwards."""
    shell = start(rc="")
    shell.prompt()
    shell.line(kind)
    for watched in ("", "watch "):
        seen = shell.output(f"echo {watched}a b")
        assert seen.count(f":echo {watched}a b>") == 1, seen
    assert "__safeshell_debug" not in shell.output("trap; functions TRAPDEBUG")


def test_precmd_and_preexec_of_the_person(start):
    """Their functions are called once a line, with the line's status, and a prompt made in precmd keeps one segment."""
    rc = """
precmd() { print "POST:$?"; PROMPT=$'s%?\\n%~ P> ' }
preexec() { print -r -- "PRE:$1" }
precmd_functions=(mine); mine() { print "MINE:$?" }
"""
    shell = start(rc=rc)
    shell.prompt()
    shell.line("true")
    seen = shell.line("(exit 5)")
    assert seen.count("PRE:(exit 5)") == 1
    assert seen.count("POST:5") == 1
    assert seen.count("MINE:5") == 1
    shell.pty.send("true\r")
    seen = shell.settle().replace("\r", "")
    assert "[PROD web-3 ro] s0\n~ P> " in seen
    assert "ro] [PROD" not in seen


def test_a_login_shell_reads_the_profiles(start):
    """--login: .zshenv, .zprofile, .zshrc, .zlogin in this order and .zlogout at the end, all the person's own."""
    shell = start(args=("--login",), rc="WHO+=rc; alias ll='ls -l'\n")
    for name in ("env", "profile", "login"):
        (shell.home / f".z{'sh' * (name == 'env')}{name}").write_text(f"WHO+={name}-\n")
    (shell.home / ".zlogout").write_text("touch bye\n")
    shell.prompt()
    assert shell.output("echo $WHO ${ZDOTDIR-none} $options[login]") == "env-profile-rclogin- none on"
    assert shell.leave("logout") == 0
    assert (shell.home / "bye").exists()


@pytest.mark.parametrize("where", ["environment", "zshenv"])
def test_a_zdotdir_of_the_person_is_kept(start, where, tmp_path):
    """ZDOTDIR, from the environment or set in .zshenv: its files are read, and it is what it was afterwards."""
    place = tmp_path / "dots"
    place.mkdir()
    (place / ".zshrc").write_text("PS1='P> '\nunsetopt prompt_sp\nWHO=dots\nHISTFILE=$ZDOTDIR/.zsh_history\n")
    shell = start(**({"ZDOTDIR": str(place)} if where == "environment" else {}))
    (shell.home / ".zshenv").write_text(f"export ZDOTDIR={place}\n")
    shell.prompt()
    assert (
        shell.output("echo $WHO $ZDOTDIR $HISTFILE ${SAFESHELL_ZDOTDIR-none}")
        == f"dots {place} {place}/.zsh_history none"
    )
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.output("zsh -c 'echo $ZDOTDIR'") == str(place)


def test_scripts_see_nothing_of_the_session_s_start_files(shell):
    """A zsh script started from the prompt has the person's own ZDOTDIR (none), even on a line that may leave the guard."""
    (shell.home / "script").write_text('#!/usr/bin/env zsh\necho "<${ZDOTDIR-none}:$+functions[__safeshell_submit]>"\n')
    (shell.home / "script").chmod(0o755)
    assert "<none:0>" in shell.output("./script")
    assert "<none:0>" in shell.output("./script; : bash")


@pytest.mark.parametrize("start_line", ["zsh", "exec zsh", "zsh -l", "bash", "exec bash", "bash --norc"])
def test_a_shell_inside_finds_the_hook(shell, start_line):
    """zsh or bash started from the prompt is hooked: its lines are asked, refused ones don't run; so are ours afterwards."""
    line = start_line if "bash" in start_line else start_line + " # bash"
    shell.line("setopt interactivecomments")
    shell.pty.send(line + "\r")
    shell.wait_for(
        lambda: any(event["note"] == "guarded" for event in shell.events("note")) or start_line.startswith("exec")
    )
    shell.settle()
    shell.pty.send("touch made; : deny\r")
    shell.wait_for(lambda: "touch made; : deny" in shell.texts())
    shell.settle()
    assert not (shell.home / "made").exists()
    shell.pty.send("echo inside-${ZDOTDIR-none}-${PROMPT_COMMAND-none}; ls /proc/self/fd\r")
    seen = shell.settle()
    assert "inside-none" in seen
    assert not list(shell.home.parent.glob("s/safeshell/run/*/n.*"))
    assert len({event["pid"] for event in shell.events("judge")}) == (1 if start_line.startswith("exec") else 2)
    if not start_line.startswith("exec"):
        shell.pty.send("exit\r")
        shell.settle()
        shell.line("touch made; : deny")
        assert shell.output("echo outer-${ZDOTDIR-none}-${PROMPT_COMMAND-none}").endswith("outer-none-none")
    assert not (shell.home / "made").exists()


def test_a_zsh_inside_a_bash_finds_the_hook(start):
    """The other way round: bash's session, zsh typed."""
    shell = start(shell="bash")
    (shell.home / ".zshrc").write_text("PS1='P> '\nunsetopt prompt_sp\n")
    shell.prompt()
    shell.pty.send("zsh; : bash\r")
    shell.wait_for(lambda: any(event["note"] == "guarded" for event in shell.events("note")))
    shell.settle()
    shell.pty.send("touch made; : deny\r")
    shell.wait_for(lambda: "touch made; : deny" in shell.texts())
    shell.settle()
    assert not (shell.home / "made").exists()
    shell.pty.send("echo inside-$ZSH_NAME-${ZDOTDIR-none}\r")
    assert "inside-zsh-none" in shell.settle()


def test_a_shell_without_a_hook_is_shown(shell):
    """A shell that can't be hooked makes the title say UNGUARDED while it runs, and tells the guard."""
    shell.pty.send("zsh -f\r")
    shell.pty.expect(r"\x1b\]2;PROD web-3 ro UNGUARDED: zsh\x07", timeout=6)
    shell.pty.send("exit\r")
    shell.prompt()
    assert any(event["note"] == "unguarded" for event in shell.events("note"))


def test_the_private_directory_holds_no_secret_and_nothing_is_left(shell):
    """The start files there are links; no pipe keeps a name; nothing is left behind afterwards."""
    place = Path(shell.output("echo $SAFESHELL_SESSION:h"))
    assert {file.name for file in place.iterdir() if not file.name.startswith(".z")} == {"control", "nest"}
    shell.leave()
    assert not place.exists()
