"""The session around a real bash: dialogs, every way out, jobs, sizes, descriptors, shells inside."""

import os
import signal
import sys
import time
from pathlib import Path

import pexpect
import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


def alive(pid: int) -> bool:
    """True for a process that runs and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask(shell, text: str = "rm made") -> None:
    """Type a line that opens the dialog, and wait for the question."""
    shell.pty.send(text + "\r")
    shell.pty.expect("type yes: ")
    shell.wait_for(lambda: bool(shell.events("question")))


@pytest.fixture
def made(shell):
    (shell.home / "made").write_text("precious")
    return shell.home / "made"


# ---- dialogs ----------------------------------------------------------------------------------------


def test_the_confirmed_line_runs(shell, made):
    """`yes` releases the line."""
    ask(shell)
    shell.pty.send("yes\r")
    shell.prompt()
    shell.line("")
    assert not made.exists()


@pytest.mark.parametrize("answer", ["no\r", "\r", "\x04", "\x03"])
def test_every_other_answer_means_no(shell, made, answer):
    """No, Enter, Ctrl-D, Ctrl-C: nothing runs and the shell goes on."""
    ask(shell)
    shell.pty.send(answer)
    shell.settle()
    assert made.exists()
    assert shell.output("echo alive").endswith("alive")


def test_type_ahead_is_never_the_confirmation(shell, made):
    """`yes` typed before the question is shown is dropped."""
    shell.pty.send("sleep 0.5\r")
    shell.wait_for(lambda: len(shell.texts()) == 1)
    shell.pty.send("rm made\ryes\r")
    shell.pty.expect("type yes: ")
    time.sleep(0.3)
    assert made.exists()
    shell.pty.send("\x03")
    shell.settle()
    assert made.exists()


@pytest.mark.parametrize("victim", ["guard", "terminal", "term"])
def test_the_end_of_the_guard_in_mid_question_runs_nothing(shell, made, victim):
    """SIGKILL, SIGTERM and the loss of the terminal while the question is open: the file stays, the shell is gone."""
    ask(shell)
    started = shell.events("start")[0]
    if victim == "guard":
        os.kill(started["pid"], signal.SIGKILL)
    elif victim == "term":
        os.kill(started["pid"], signal.SIGTERM)
    else:
        shell.pty.close(force=False)
    deadline = time.monotonic() + 6
    while alive(started["shell"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(started["shell"])
    assert made.exists()


def test_background_output_waits_for_the_dialog(shell, made):
    """What jobs print during a dialog comes after it, complete."""
    shell.line("(sleep 0.4; seq 1 2000; echo end-of-job) &")
    ask(shell)
    time.sleep(0.8)
    shell.pty.send("no\r")
    seen = shell.settle()
    assert seen.index("ANSWERED") < seen.index("1999")
    assert "end-of-job" in seen


def test_a_background_job_is_held_back_by_a_full_buffer(shell, made):
    """More than 1 MB of output during a dialog makes the job wait, and nothing is lost."""
    shell.line("(sleep 0.3; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end-of-job >flag) &")
    ask(shell)
    time.sleep(1.2)
    assert not (shell.home / "flag").exists()
    shell.pty.send("no\r")
    count = 0
    deadline = time.monotonic() + 10
    while not (shell.home / "flag").exists() or count < 3_000_000:
        assert time.monotonic() < deadline, count
        try:
            count += shell.pty.read_nonblocking(65536, 0.3).count("x")
        except pexpect.TIMEOUT:
            continue


def test_the_dialog_leaves_and_restores_a_full_screen(shell, made):
    """A question over vim is asked on the main screen; afterwards vim's modes and picture are back."""
    shell.line("(sleep 1.2; watch=1; . ./script) &")
    (shell.home / "script").write_text("rm made\n")
    shell.line("bind '\"\\C-t\": accept-line'")
    shell.pty.send("(sleep 0.8; rm made) & printf '\\e[?1049h\\e[?2004h\\e[?1000h'; sleep 3\x14")
    shell.pty.expect("type yes: ", timeout=6)
    asked = shell.pty.before
    assert "\x1b[?1049l" in asked[asked.rindex("\x1b[?1049h") :]
    assert "\x1b[?1000l" in asked
    shell.pty.send("no\r")
    shell.pty.expect("\x1b\\[\\?1049h")
    shell.pty.expect("\x1b\\[\\?1000h")
    assert made.exists()


# ---- terminal, jobs, ends ---------------------------------------------------------------------------


def test_resizing_reaches_the_programs(shell):
    """The inner terminal follows the outer one's size."""
    assert shell.output("stty size") == "24 80"
    shell.pty.setwinsize(31, 97)
    time.sleep(0.3)
    assert shell.output("stty size").endswith("31 97")


def test_job_control(shell):
    """Ctrl-Z stops a program, fg and bg go on with it, Ctrl-C ends it."""
    shell.pty.send("sleep 60\r")
    shell.wait_for(lambda: shell.texts() == ["sleep 60"])
    time.sleep(0.3)
    shell.pty.send("\x1a")
    assert "Stopped" in shell.prompt()
    assert "Running" in shell.line("bg; jobs")
    shell.pty.send("fg\r")
    time.sleep(0.4)
    shell.pty.send("\x03")
    shell.prompt()
    assert shell.output("echo $?").endswith("130")


@pytest.mark.parametrize(
    ("last", "status"),
    [("exit 7", 7), ("false; exit", 1), ("kill -9 $$", 137), ("kill -TERM $$; kill -HUP $$", 129), ("exec true", 0)],
)
def test_exit_statuses(shell, last, status):
    """The session ends as its shell does, 128+n for a signal."""
    assert shell.leave(last) == status


def test_ctrl_d_ends_the_shell(shell):
    """End of file at the prompt is an exit."""
    shell.line("true")
    shell.pty.send("\x04")
    shell.pty.expect(pexpect.EOF)


def test_sigterm_ends_the_session(shell):
    """SIGTERM to the guard: the shell is hung up, the terminal's modes are as before, status 143."""
    started = shell.events("start")[0]
    os.kill(started["pid"], signal.SIGTERM)
    shell.pty.expect(pexpect.EOF)
    shell.pty.close()
    assert shell.pty.exitstatus == 143
    assert not alive(started["shell"])


def test_status_variables_are_preserved(shell):
    """$?, $_ and PIPESTATUS survive the hook, cleared and watched."""
    for watched in ("", "watch=1; "):
        shell.line(watched + "false | true | false")
        assert shell.output('echo "$? ${PIPESTATUS[*]}"').endswith("1 1 0 1")
        shell.line(watched + "false | true")
        assert shell.output('echo "${PIPESTATUS[*]}"').endswith("1 0")
        shell.line(watched + ": one two")
        assert shell.output('echo "$_"').endswith("two")
        shell.line(watched + "(exit 3)")
        assert shell.output("echo $?").endswith("3")
        assert shell.output(watched + 'false; echo "$?"').endswith("1")
        assert shell.output(watched + ': a b; echo "$_"').endswith("b")


def test_no_program_inherits_a_channel(shell):
    """A child, a grandchild and a background job have no descriptor of the guard, and no nonce in their environment."""
    (shell.home / "fds").write_text("#!/bin/sh\necho DESCRIPTORS; ls /proc/self/fd; echo END; env\n")
    (shell.home / "fds").chmod(0o755)
    for line in ("./fds", "sh -c ./fds", "./fds & wait", "exec 9<&0; ./fds"):
        seen = shell.output(line)
        numbers = [
            int(word) for word in seen.rpartition("DESCRIPTORS")[2].partition("END")[0].split() if word.isdigit()
        ]
        assert numbers
        assert max(numbers) < 20
        assert "__safeshell" not in seen
        assert "SAFESHELL_CHANNELS" not in seen


def test_a_descriptor_that_was_open_before_is_kept(start):
    """The shell inherits what its caller had: umask and descriptors."""
    shell = start()
    shell.prompt()
    old = os.umask(0o022)
    os.umask(old)
    assert shell.output("umask").endswith(f"{old:04o}")
    assert shell.output("trap -p; ulimit -n; sh -c 'trap'").split()[-1].isdigit()


def test_signals_that_python_ignores_are_restored(shell):
    """SIGPIPE and SIGXFSZ are at their defaults in programs of the session."""
    ignored = int(shell.output("grep SigIgn /proc/self/status").split()[-1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1))
    assert not ignored & (1 << (signal.SIGXFSZ - 1))


# ---- beside other people's settings -----------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        "set -u", "set -o posix", "IFS=:/x", "set -o noclobber", "shopt -s extglob nullglob", "shopt -s failglob", "set -o vi",
        "alias printf=false local=false builtin=false read=false", "printf() { :; }; read() { :; }; trap() { :; }; history() { :; }",
        "LC_ALL=C", "shopt -s nocasematch", "PROMPT_COMMAND='history -a'", "PROMPT_COMMAND=(true 'x=1')", "PS0='<>'",
        "trap 'dbg=1' DEBUG", "trap 'err=1' ERR; set -E", "HISTCONTROL=ignoreboth", "set +o history", "set -T", "shopt -s histverify", "set +H",
    ],
)  # fmt: skip
@pytest.mark.parametrize("when", ["rc", "typed"])
def test_it_works_beside(start, setting, when):
    """Refusals, releases and watched lines behave under this setting."""
    shell = start(rc="PS1='P> '\n" + (f"{setting}\n" if when == "rc" else ""))
    shell.prompt()
    if when == "typed":
        shell.pty.send(setting + "\r")
        shell.settle()
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.output("echo fine").replace("<>", "").endswith("fine")
    shell.line("watch=1; echo second >|second; true")
    assert (shell.home / "second").exists()
    assert "true" in shell.texts("backstop")
    shell.line("echo third")
    assert "echo third" in shell.texts()
    assert not [event for event in shell.events("note") if event["note"] in ("broken", "failed")]


def test_errexit_does_not_end_the_shell_by_our_doing(start):
    """Under set -e only the person's own failures count."""
    shell = start(rc="PS1='P> '\nset -e\n")
    shell.prompt()
    shell.line("touch made; : deny")
    shell.line("echo fine")
    shell.line("watch=1; echo fine")
    assert shell.output("echo fine").endswith("fine")
    assert shell.leave("false") == 1


def test_the_persons_debug_trap_lives_on(start):
    """A DEBUG trap of the person's sees the person's commands once each and none of ours."""
    shell = start(rc="PS1='P> '\ntrap 'echo \"<$?:$_:$BASH_COMMAND>\"' DEBUG\n")
    shell.prompt()
    shell.line("false one")
    for watched in ("", "watch "):
        seen = shell.output(f"echo {watched}a b").split("\n")
        assert [line for line in seen if line.startswith("<") and line.endswith(f":echo {watched}a b>")] == [seen[-2]]
        assert "__safeshell" not in "".join(seen)
        assert shell.output("(exit 4); : x").count("<4:") == 1


def test_functions_in_the_style_of_bash_preexec(start):
    """A preexec and precmd built on DEBUG and PROMPT_COMMAND are called once a line."""
    rc = """PS1='P> '
__pe() { [[ $__at && $BASH_COMMAND != "$PROMPT_COMMAND" && -z ${COMP_LINE-} && -z ${READLINE_LINE+x} ]] || return 0; __at=; echo "PRE:$BASH_COMMAND"; }
__pc() { local s=$?; echo "POST:$s"; }
trap '__pe "$_"' DEBUG
PROMPT_COMMAND='__pc; __at=1'
"""
    shell = start(rc=rc)
    shell.prompt()
    shell.line("true")
    seen = shell.line("false x")
    assert seen.count("PRE:") == 1
    assert "PRE:false x" in seen
    assert "POST:1" in seen


def test_a_prompt_made_by_prompt_command(start):
    """A PS1 that PROMPT_COMMAND builds anew gets the segment each time, once, with the right status in it."""
    shell = start(rc="PROMPT_COMMAND='PS1=\"s$?\\n\\w P> \"'\n")
    shell.prompt()
    shell.line("(exit 5)")
    shell.pty.send("true\r")
    seen = shell.settle()
    assert "[PROD web-3 ro] s5" in seen.replace("\r", "") or "[PROD web-3 ro] s0" in seen
    assert "ro] [PROD" not in seen


def test_appending_to_the_prompt_keeps_one_segment(shell):
    """`PS1="x $PS1"` typed at the prompt doesn't double the segment."""
    shell.line('PS1="x $PS1"; PS1="${PS1}y P> "')
    shell.pty.send("true\r")
    seen = shell.settle()
    assert "[PROD web-3 ro] x P> y P> " in seen
    assert "ro] x [PROD" not in seen


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"INSIDE_EMACS": "29"}])
def test_no_colour_where_none_is_wanted(start, environment):
    """NO_COLOR takes the colours away; dumb terminals and Emacs get no escape byte from us at all."""
    shell = start(**environment)
    shell.pty.expect("P> ")
    seen = shell.pty.before
    assert "[PROD web-3 ro] " in seen
    assert "\x1b[1;97;41m" not in seen
    if "NO_COLOR" not in environment:
        assert "\x1b]2;" not in seen


def test_the_minutes_left_are_those_of_the_prompt(shell):
    """Segment and title tell the mode as it is when the prompt is shown."""
    (shell.home.parent / "guard.log.unlocked").write_text("14")
    shell.pty.send("true\r")
    shell.pty.expect(r"\x1b\]2;PROD web-3 rw 14m")
    shell.pty.expect(r"\[PROD web-3 rw 14m\]")


def test_titles_of_programs_keep_the_head(shell):
    """A program's own title is shown behind tier and host."""
    shell.pty.send("printf '\\e]0;my title\\a'\r")
    shell.pty.expect(r"\x1b\]2;PROD web-3 ro \| my title\x07")


def test_the_tint_is_set_and_taken_back(start):
    """OSC 11: the old background is asked for, and at the end comes back by value and by reset."""
    shell = start(GUARD_TINT="#300000")
    shell.pty.expect(r"\x1b\]11;\?\x07")
    shell.pty.send("\x1b]11;rgb:1111/2222/3333\x1b\\")
    shell.pty.expect(r"\x1b\]11;#300000\x07")
    shell.settle()
    assert "rgb" not in shell.output("echo x")
    shell.pty.send("exit\r")
    shell.pty.expect(r"\x1b\]11;rgb:1111/2222/3333\x07\x1b\]111\x07")


# ---- shells inside, control -------------------------------------------------------------------------


@pytest.mark.parametrize("start_line", ["bash", "exec bash", "bash --norc", "exec bash --norc", "bash -l"])
def test_a_shell_inside_finds_the_hook(shell, start_line):
    """bash started from the prompt is hooked: its lines are asked, refused ones don't run."""
    shell.pty.send(start_line + "\r")
    shell.wait_for(
        lambda: any(event["note"] == "guarded" for event in shell.events("note")) or start_line.startswith("exec")
    )
    shell.settle()
    shell.pty.send("touch made; : deny\r")
    shell.wait_for(lambda: "touch made; : deny" in shell.texts())
    shell.settle()
    assert not (shell.home / "made").exists()
    shell.pty.send("echo inside-$SHLVL; ls /proc/self/fd\r")
    seen = shell.settle()
    assert "inside-" in seen
    assert "22" not in seen.split("inside-")[-1]
    assert not list(shell.home.parent.glob("s/safeshell/run/*/n.*"))
    assert len({event["pid"] for event in shell.events("judge")}) == (1 if start_line.startswith("exec") else 2)
    if not start_line.startswith("exec"):
        shell.pty.send("exit\r")
        shell.settle()
        shell.line("touch made; : deny")
        assert shell.output("echo outer").endswith("outer")


def test_a_shell_without_a_hook_is_shown(shell):
    """A shell that can't be hooked makes the title say UNGUARDED while it runs, and tells the guard."""
    shell.pty.send("env -u PROMPT_COMMAND bash --norc\r")
    shell.pty.expect(r"\x1b\]2;PROD web-3 ro UNGUARDED: bash\x07", timeout=6)
    shell.pty.send("exit\r")
    shell.prompt()
    assert any(event["note"] == "unguarded" for event in shell.events("note"))


def test_unlock_over_the_socket_only_opens_the_dialog(shell):
    """A request from inside opens the question on the guard's terminal; its answer decides."""
    client = "import os,sys; from safeshell.gateways.control import request; print(request(os.environ['SAFESHELL_SESSION'], sys.argv[1]))"
    (shell.home / "client.py").write_text(client)
    python = sys.executable
    shell.pty.send(f"{python} client.py status\r")
    shell.pty.expect("'mode': 'ro'")
    shell.prompt()
    shell.pty.send(f"{python} client.py unlock\r")
    shell.pty.expect("type yes: ")
    shell.pty.send("no\r")
    shell.pty.expect("declined")
    shell.prompt()
    shell.pty.send(f"{python} client.py unlock\r")
    shell.pty.expect("type yes: ")
    time.sleep(0.2)
    shell.pty.send("yes\r")
    shell.pty.expect("unlocked")
    shell.pty.expect(r"\[PROD web-3 rw 14m\]")


def test_the_private_directory_goes_away(shell):
    """The session's directory is 0700 while it runs, and gone afterwards."""
    path = Path(shell.output("echo ${SAFESHELL_SESSION%/*}"))
    assert path.stat().st_mode & 0o777 == 0o700
    shell.leave()
    assert not path.exists()


def test_a_login_shell_reads_the_profiles(start):
    """--login: ~/.bash_profile instead of ~/.profile and ~/.bashrc, ~/.bash_logout at the end."""
    shell = start(args=("--login",), rc="echo BASHRC\n")
    (shell.home / ".bash_profile").write_text("PS1='P> '\nWHO=profile\n")
    (shell.home / ".profile").write_text("WHO=wrong\n")
    (shell.home / ".bash_logout").write_text("touch bye\n")
    shell.prompt()
    assert shell.output("echo $WHO") == "profile"
    assert shell.leave("logout") == 0
    assert (shell.home / "bye").exists()
