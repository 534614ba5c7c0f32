"""The real guard in a real bash: whatever way a destructive line comes, it is asked, and Esc keeps everything."""

from __future__ import annotations

import re
import time

import pytest

from tests.live.house import plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

DESTRUCTIVE = [
    "rm -rf ~/victims",
    " rm -rf ~/victims",
    "true && rm -rf ~/victims",
    "false || rm -rf ~/victims",
    "ls ~/victims/a | xargs rm -rf",
    "{ echo hi; } > ~/victims/a",
    "for i in 1 2; do echo $i; done > ~/victims/a",
    "rm -rf ~/victims &",
    "(sleep 0.1; rm -rf ~/victims) &",
    "(rm -rf ~/victims)",
    "source ~/kill.sh",
    ". ~/kill.sh",
    "bash ~/kill.sh",
    "bash < ~/kill.sh",
    "cat ~/kill.sh | bash",
    "bash -c 'rm -rf ~/victims'",
    "eval 'rm -rf ~/victims'",
    "trap 'rm -rf ~/victims' EXIT",
    "trap 'rm -rf ~/victims' DEBUG",
    "PROMPT_COMMAND='rm -rf ~/victims'",
    "PS1='$(rm -rf ~/victims)'",
    "exec > ~/victims/a",
    ": > ~/victims/a",
    "coproc rm -rf ~/victims",
    "x=$(rm -rf ~/victims)",
    "cat <(rm -rf ~/victims)",
    "$'\\x72m' -rf ~/victims",
    "find ~/victims -delete",
    "alias rm=ls; rm -rf ~/victims",
    "function ls { rm -rf ~/victims; }; ls",
    "D=~/victims; rm -rf $D",
    'rm -rf "$UNSET"/*',
    "cd ~/victims && rm -rf *",
    "fc -s",
    "sudo sh",
    "su - -s /bin/sh",
    "shutdown -h now",
    "exec sh",
    "tmux new-session -d 'rm -rf ~/victims'",
    "shopt -s extdebug; rm -rf ~/victims",
]
SETTINGS = [
    "set -o posix",
    "set -e",
    "set -u",
    "set -euo pipefail",
    "set -o posix; set -e",
    "set -T",
    "set -x",
    "set -f -o noclobber",
    "IFS=r",
    "IFS=",
    "IFS=0",
    "shopt -s extdebug",
    "shopt -s nullglob failglob nocasematch lastpipe",
    "shopt -u expand_aliases",
    "set +o history",
    "LC_ALL=C",
    "histchars='%^#'",
    "exec 2>&1",
    "read() { :; }; printf() { :; }; kill() { :; }; trap() { :; }",
]
CONTINUED = [
    ["for i in 1; do", "rm -rf ~/victims", "done"],
    ["while true; do", "rm -rf ~/victims; break", "done"],
    ["if true", "then rm -rf ~/victims", "fi"],
    ["echo 'a", "b'; rm -rf ~/victims"],
    ["rm -rf \\", "~/victims"],
    ["true &&", "rm -rf ~/victims"],
    ["echo ~/victims |", "xargs rm -rf"],
    ["bash <<E", "rm -rf ~/victims", "E"],
    ["cat <<E", "$(rm -rf ~/victims)", "E"],
    ["cat > ~/victims/a <<E", "hi", "E"],
    ["f() {", "rm -rf ~/victims", "}; f"],
    ["(", "rm -rf ~/victims", ")"],
    ['echo "$(', "rm -rf ~/victims", ')"'],
]


@pytest.fixture(autouse=True)
def script(request):
    """A script that removes what is to be kept."""
    for name in ("shared", "house"):
        if name in request.fixturenames:
            (request.getfixturevalue(name).home / "kill.sh").write_text("rm -rf ~/victims\n")


def settle(house, first: str) -> None:
    """Answer no until the prompt is back."""
    assert first, f"not asked; the screen:\n{house.text()}"
    assert house.intact()
    while house.asked:
        house.no()
    assert house.intact()


# ---- what is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", DESTRUCTIVE)
def test_a_destructive_line_is_asked_and_esc_keeps_everything(shared, text):
    """Every spelling opens a question before anything runs, and after Esc nothing has."""
    shared.refuses(text)


@pytest.mark.parametrize("key", ["\r", "\n", "\x0f"], ids=["enter", "c-j", "c-o"])
def test_every_accepting_key_asks(shared, key):
    """Enter, Ctrl-J and Ctrl-O."""
    shared.refuses("rm -rf ~/victims", key=key)


def test_recalled_lines_are_asked(shared):
    """Up brings the refused line back, as it was typed; so does Ctrl-R; both are asked again."""
    shared.refuses("rm -rf ~/victims")
    since = len(shared.raw)
    shared.send("\x1b[A").rest()
    assert shared.lines()[shared.display.cursor.y].endswith("# rm -rf ~/victims")
    shared.send("\r").prompt(since)
    settle(shared, shared.asked)
    shared.line("echo between")
    since = len(shared.raw)
    shared.send("\x12victims").rest()
    shared.send("\r").prompt(since)
    settle(shared, shared.asked)


def test_history_expansion_is_asked_as_it_expands(shared):
    """`!!`, `!-2`, `!rm`, `^a^b`, `!$` and modifiers."""
    shared.refuses("rm -rf ~/victims")
    shared.refuses("!!")
    assert not shared.line("echo between")
    shared.refuses("!-2")
    shared.refuses("!rm")
    assert not shared.line("ls -d ~/victims")
    shared.refuses("^ls -d^rm -rf")
    assert not shared.line("ls -d ~/victims")
    shared.refuses("!!:s/ls -d/rm -rf/")
    assert not shared.line("echo ~/victims")
    shared.refuses("rm -rf !$")


def test_completed_lines_are_asked_as_completed(shared):
    """Tab completes without a question; Enter then asks about the completed line."""
    shared.send("rm -rf ~/vict\t").until(lambda: "rm -rf ~/victims/" in shared.lines()[shared.display.cursor.y])
    assert not shared.question()
    since = len(shared.raw)
    shared.send("\r").prompt(since)
    assert "rm -rf ~/victims/" in shared.text()
    settle(shared, shared.asked)


def test_lines_that_history_leaves_out_are_asked(houses):
    """ignorespace, no history file, no history at all."""
    house = houses()
    for setting in ("HISTCONTROL=ignorespace", "unset HISTFILE", "set +o history"):
        if house.line(setting):
            house.answer("o")
        house.refuses("  rm -rf ~/victims")


def test_a_bracketed_paste_is_asked_as_one(shared):
    """A destructive line in the middle: refused, none of the lines runs."""
    shared.send("\x1b[200~echo o''ne\nrm -rf ~/victims\necho th''ree\n\x1b[201~").rest()
    since = len(shared.raw)
    shared.send("\r").prompt(since)
    settle(shared, shared.asked)
    shared.rest(0.3)
    assert "\none" not in plain_text(shared.raw[since:])
    assert "\nthree" not in plain_text(shared.raw[since:])


def test_a_plain_paste_stops_at_the_refused_line(shared):
    """Lines before it run, it and the lines after it don't."""
    since = len(shared.raw)
    shared.send("echo o''ne\rrm -rf ~/victims\rtouch ~/made\r").until(shared.question)
    shared.no().rest(0.3)
    assert "\none" in plain_text(shared.raw[since:])
    assert not (shared.home / "made").exists()
    assert shared.intact()


def test_a_paste_in_pieces_never_answers(shared):
    """The challenge and Enter, pasted behind the line in small pieces, confirm nothing."""
    since = len(shared.raw)
    for part in ("rm -rf ~/vic", "tims\r", "victims 3\r", "victims 3\r", "\r"):
        shared.send(part)
        time.sleep(0.01)
    shared.prompt(since).rest(0.3)
    assert shared.intact()


def test_type_ahead_is_asked_and_never_answers(shared):
    """Typed while a command runs: harmless lines arrive, a destructive one is asked, what follows it is dropped."""
    since = len(shared.raw)
    shared.send("sleep 0.8\r")
    time.sleep(0.2)
    for typed in ("echo A o''ne\r", "echo B tw''o\r", "rm -rf ~/victims\r", "victims 3\r"):
        shared.send(typed)
        time.sleep(0.03)
    shared.until(shared.question).rest(0.3)
    assert shared.question()
    assert shared.intact()
    shown = plain_text(shared.raw[since:])
    assert "\nA one\n" in shown
    assert "\nB two\n" in shown
    shared.no()


def test_harmless_type_ahead_arrives_intact(shared):
    """Whole lines and the beginning of one, typed while a command runs."""
    since = len(shared.raw)
    shared.send("sleep 0.6\r")
    time.sleep(0.2)
    shared.send("echo A o''ne\r")
    shared.send("echo B tw''o\recho C thr")
    shared.until(lambda: "\nB two" in plain_text(shared.raw[since:])).rest()
    shared.send("'ee'\r").until(lambda: "\nC three" in plain_text(shared.raw[since:]))


@pytest.mark.parametrize("typed", CONTINUED, ids=["; ".join(one) for one in CONTINUED])
def test_a_construct_over_several_lines_is_asked(shared, typed):
    """At PS2 the whole construct counts; refused, it is broken off and the shell is at its prompt."""
    for part in typed:
        since = len(shared.raw)
        shared.send(part + "\r")
        shared.until(lambda since=since: shared.question() or plain_text(shared.raw[since:]).endswith(("> ", "# ")))
        shared.rest(0.05)
        if shared.question():
            break
    shared.until(shared.question, "the question about the construct")
    assert shared.intact()
    shared.send("\x1b").rest(0.25)
    assert not shared.question()
    assert shared.intact()
    assert shared.output("echo alive") == "alive"


# ---- what the session knows -------------------------------------------------------------------------


def test_aliases_functions_and_variables_of_the_session_count(house):
    """Earlier lines decide what a later one does."""
    house.line("alias ls='rm -rf ~/victims'")
    if house.asked:
        house.answer("o")
    house.refuses("ls")
    house.line('wipe() { rm -rf "$@"; }')
    house.refuses("wipe ~/victims")
    for setting, text in (
        ("D=~/victims", 'rm -rf "$D"'),
        ("D=/", 'rm -rf "$D"'),
        ("unset D", 'rm -rf "$D"/*'),
        ("set -- ~/victims", 'rm -rf "$1"'),
        ("C='rm -rf'", "$C ~/victims"),
        ("arr=(rm -rf ~/victims)", '"${arr[@]}"'),
        ("cd ~/victims", "rm a"),
        ("cd sub", "rm ../a"),
        ("cd ..", "> a"),
    ):
        assert not house.line(setting), house.text()
        house.refuses(text)


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_the_shell_lets_a_line_pass(houses, setting):
    """Options, IFS, locale, functions named like builtins: the line is asked, the shell works, nothing odd is printed."""
    house = houses()
    house.line(setting)
    while house.asked:
        house.answer("o")
    house.refuses("rm -rf ~/victims")
    assert "\nalive" in "\n" + house.output("(true); echo a | cat; echo alive")
    shown = plain_text(house.raw)
    assert "not found" not in shown
    if setting != "set -x":
        assert "__safeshell_" not in shown
    else:
        assert shown.count("__safeshell_") < 60


@pytest.mark.parametrize("setting", ["PROMPT_COMMAND=", "unset PROMPT_COMMAND PS0", "bind -r '\\C-m'"])
def test_taking_the_hook_out_is_asked_and_noticed(house, setting):
    """It is one key to do it; the next line is asked all the same, and the hook is put back, told and recorded."""
    assert house.line(setting) == "key"
    house.send("o").rest(0.3)
    house.send("rm -rf ~/victims\n").until(house.question)
    assert house.intact()
    house.no().rest(0.2)
    assert house.intact()
    assert "it is in place again" in plain_text(house.raw).replace("\n", "")
    assert house.audit("tampering")
    house.refuses("rm -rf ~/victims")


def test_vi_mode_asks_in_both_modes(house):
    """Enter in insert and in command mode, and a recalled line."""
    house.line("set -o vi")
    house.refuses("rm -rf ~/victims")
    for keys in ("rm -rf ~/victims\x1b", "\x1bk"):
        since = len(house.raw)
        house.send(keys).rest(0.6)
        house.send("\r").prompt(since)
        settle(house, house.asked)
    assert house.output("echo alive") == "alive"


def test_what_a_program_reads_is_not_asked(shared):
    """`read -e` and a loop around `read` get their lines untouched; the next command line is asked again."""
    before = len(shared.audit())
    shared.send("read -e x\r").rest(0.2)
    shared.send("rm -rf ~/victims\r").rest(0.2)
    assert not shared.question()
    assert shared.output('echo "$x"') == "rm -rf ~/victims"
    shared.send("while read -r y; do echo got $y; done\r").rest(0.2)
    shared.send("rm -rf ~/victims\rshutdown\r\x04").rest(0.3)
    assert "got shutdown" in shared.text()
    assert len(shared.audit()) == before
    shared.refuses("rm -rf ~/victims")


def test_the_editor_key_brings_the_text_back_to_the_line(houses):
    """C-x C-e edits, and what comes out stands on the line, where Enter asks."""
    house = houses(rc="PS1='\\$ '\n", EDITOR="cp kill.sh")
    (house.home / "kill.sh").write_text("rm -rf ~/victims\n")
    house.send("\x18\x05").until("# rm -rf ~/victims")
    since = len(house.raw)
    house.send("\r").prompt(since)
    settle(house, house.asked)


def test_a_line_put_into_the_history_is_asked_when_recalled(shared):
    """`history -s` stores, Up recalls, Enter asks."""
    shared.line("history -s 'rm -rf ~/victims'")
    if shared.asked:
        shared.answer("o")
    since = len(shared.raw)
    shared.send("\x1b[A").rest()
    shared.send("\r").prompt(since)
    settle(shared, shared.asked)


# ---- shells inside ------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["bash", "exec bash", "bash --norc", "tmux -L house -f /dev/null new-session"])
def test_a_shell_inside_is_guarded_again(houses, start):
    """Whether it is asked about or followed into at once: a destructive line inside is asked, and it is another shell."""
    house = houses()
    house.send("echo $SHLVL-le''vel\r").until(lambda: "-level" in plain_text(house.raw))
    house.rest(0.2)
    if house.line(start):
        house.send("o").rest(0.8)
    house.send("rm -rf ~/victims\r").until(house.question)
    assert house.intact()
    house.send("\x1b").until(lambda: not house.question()).rest(0.3)
    assert house.intact()
    house.send("echo $SHLVL-le''vel; echo al''ive\r").until("\nalive")
    levels = re.findall(r"\n(\d+)-level", plain_text(house.raw))
    assert start.startswith(("exec", "tmux")) or int(levels[-1]) > int(levels[0])
    if start.startswith("tmux"):
        house.send("exit\r").rest(0.3)


def test_a_shell_that_no_hook_watches_is_told_in_the_title(house):
    """`sh` is opened by one key, and the title says UNGUARDED while it runs."""
    assert house.line("sh")
    house.send("o")
    house.until(lambda: "UNGUARDED: sh" in house.display.title)
    since = len(house.raw)
    house.send("exit\r").prompt(since)
    house.until(lambda: "UNGUARDED" not in house.display.title)


# ---- what must not change ------------------------------------------------------------------------------


def test_exit_statuses_are_bashs_own(shared):
    """$?, PIPESTATUS and $_ right after allowed lines; a refused line leaves $? alone."""
    assert shared.output("false") == ""
    assert shared.status() == 1
    assert not shared.line("(exit 7)")
    assert shared.status() == 7
    assert not shared.line("true | false | (exit 3)")
    shared.line('echo "ps=${PIPESTATUS[*]}"')
    assert "ps=0 1 3" in shared.text()
    shared.line("echo one last")
    shared.line('echo "under=$_"')
    assert "under=last" in shared.text()
    shared.line("(exit 9)")
    shared.refuses("rm -rf ~/victims")
    assert shared.status() == 9


def test_job_control_works(shared):
    """Ctrl-Z, jobs, fg, bg, &, Ctrl-C at the prompt and while something runs."""
    shared.send("sleep 30\r").rest(0.3)
    since = len(shared.raw)
    shared.send("\x1a").prompt(since)
    assert "Stopped" in shared.text()
    assert not shared.line("bg")
    assert not shared.line("jobs")
    assert "Running" in shared.text()
    shared.send("fg\r").rest(0.3)
    since = len(shared.raw)
    shared.send("\x03").prompt(since)
    assert shared.status() == 130
    since = len(shared.raw)
    shared.send("half a li").rest(0.1)
    shared.send("\x03").prompt(since)
    assert shared.output("echo alive") == "alive"
    assert not shared.line("sleep 0.2 &")
    assert not shared.line("wait")


def test_the_size_reaches_the_programs(shared):
    """tput sees a resize, at the prompt and in a full-screen program."""
    assert shared.output("tput cols") == "80"
    shared.resize(101, 31).rest(0.1)
    assert shared.output("tput cols; tput lines") == "101\n31"
    shared.resize(80, 24).rest(0.1)


@pytest.mark.parametrize(("program", "leave"), [("less services", "q"), ("vim -n -u NONE services", ":q!\r")])
def test_full_screen_programs_work(shared, program, leave):
    """They open, follow a resize, and leave the shell's screen as it was."""
    (shared.home / "services").write_text("".join(f"tcpmux {number}/tcp\n" for number in range(60)))
    shared.send(program + "\r").until(lambda: shared.question() or "tcpmux" in shared.text())
    if shared.question():
        shared.send("o").until("tcpmux")
    shared.resize(70, 20).rest(0.2)
    shared.until("tcpmux")
    since = len(shared.raw)
    shared.send(leave).prompt(since)
    shared.resize(80, 24).rest(0.1)
    assert shared.output("echo alive") == "alive"


def test_long_lines_and_odd_bytes_pass_untouched(shared):
    """A 5,000-character line, UTF-8, and bytes that are no UTF-8."""
    assert shared.output("echo " + "x" * 5000 + " | wc -c") == "5001"
    assert shared.output("printf '%s' gr\u00fc\u00df | wc -c") == "6"
    shared.send("head -c 4 | od -An -tx1\r").rest(0.3)
    shared.send(b"a\xe9\x16\xff\n").rest(0.3)
    assert "61 e9 ff 0a" in shared.text()
    since = len(shared.raw)
    assert not shared.line("printf 'a\\351\\377\\200b'")
    assert b"a\xe9\xff\x80b" in shared.raw[since:]


# ---- unlocking and remembering ----------------------------------------------------------------------------


def test_an_unlock_lets_plain_writes_pass_and_nothing_more(house):
    """`u`: the prompt says rw, writes pass, destructive lines still ask; `safeshell lock` ends it."""
    assert house.line("echo hi > /etc/safeshell-live-test; rm -f /etc/none") in ("key", "full")
    house.no()
    assert house.line("chmod 640 ~/victims/a") == "key"
    house.answer("u")
    assert (house.victims / "a").stat().st_mode & 0o777 == 0o640
    assert "rw 15m]" in house.lines()[house.display.cursor.y]
    assert not house.line("chmod 600 ~/victims/a")
    assert (house.victims / "a").stat().st_mode & 0o777 == 0o600
    assert house.refuses("rm -rf ~/victims") == "full"
    assert "read-write, 15 minutes left" in house.output("safeshell status")
    assert not house.line("safeshell lock")
    assert "ro]" in house.lines()[house.display.cursor.y], house.text()
    assert house.line("chmod 640 ~/victims/a") == "key"
    house.no()
    assert house.line("safeshell unlock 5") == "key"
    house.no()
    assert "ro]" in house.lines()[house.display.cursor.y]
    assert house.line("safeshell unlock 5") == "key"
    house.answer("u")
    assert "rw 5m]" in house.lines()[house.display.cursor.y]


def test_the_audit_pairs_what_was_asked(house):
    """Refused lines stand as refused; released ones as intent and outcome with the exit status; the chain holds."""
    house.refuses("rm -rf ~/victims/sub")
    assert house.line("rm -rf ~/victims/sub") == "full"
    house.answer(house.challenge() + "\r")
    assert not (house.victims / "sub").exists()
    assert house.line("rm -i ~/victims/nothing-there") == "full"
    house.answer(house.challenge() + "\r")
    house.line("true")
    refused, intents = house.audit("refused"), house.audit("intent")
    assert [one["detail"]["text"] for one in refused] == ["rm -rf ~/victims/sub"]
    assert [one["detail"]["text"] for one in intents] == ["rm -rf ~/victims/sub", "rm -i ~/victims/nothing-there"]
    outcomes = {one["action"]: one["detail"]["exit"] for one in house.audit("outcome")}
    assert [outcomes[one["action"]] for one in intents] == [0, 1]
