"""The line hook and the backstop in a real zsh: everything that bash passes, and zsh's own ways to run a line."""

import time

import pytest

from tests.live import test_bash_backstop, test_bash_line
from tests.live.shared import adopt, starting

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

start = starting("zsh")
# Left out: tests of bash's own words (HISTCONTROL, trap -p, extdebug, bind, read -e) or of bash's own
# way to name things; each has its counterpart below.
adopt(
    test_bash_line,
    globals(),
    without={
        "test_history_control_hides_nothing_from_the_judge",
        "test_what_is_typed_while_a_line_is_judged_is_kept",  # whose line ends in a comment
        "test_a_refused_line_leaves_no_empty_prompt",  # with prompts in bash's own words
        "test_an_expanded_line_is_not_expanded_again",
        "test_completion_works_and_its_result_is_judged",
        "test_vi_mode_asks",
        "test_the_editor_brings_its_text_back_to_the_line",
        "test_programs_with_their_own_line_editor_are_left_alone",
        "test_eight_bit_bytes_reach_the_judge",  # a zsh without UTF-8 takes such bytes for `?`, and runs that
        "test_the_shell_answers_questions",
    },
)
adopt(
    test_bash_backstop,
    globals(),
    without={
        "test_a_cleared_line_has_no_trap",
        "test_every_command_of_a_watched_line_is_asked",
        "test_a_line_that_never_met_the_line_hook_is_caught",
        "test_an_unseen_subshell_is_caught",
        "test_tampering_is_noticed_and_mended",
        "test_hook_functions_can_not_be_removed",  # zsh can't protect functions: the prompt mends them
        "test_a_dead_asker_does_not_block_the_others",
    },
)


def refused(shell) -> bool:
    """The line `touch made; : deny` was asked about and did not run."""
    shell.prompt()
    return not (shell.home / "made").exists() and shell.texts()[-1] == "touch made; : deny"


def test_what_is_typed_while_a_line_is_judged_is_kept_here_too(start):
    """As in bash; the line of that test ends in a comment."""
    shell = start(rc="setopt interactivecomments\n")
    shell.prompt()
    test_bash_line.test_what_is_typed_while_a_line_is_judged_is_kept(shell)


# ---- ways to submit a line ------------------------------------------------------------------------


@pytest.mark.parametrize("widget", ["accept-and-hold", "accept-line-and-down-history", "accept-search"])
def test_zsh_s_other_accepting_widgets_ask(start, widget):
    """accept-and-hold and its kin run nothing unasked."""
    shell = start(rc=f"bindkey '^G' {widget}\n")
    shell.prompt()
    shell.pty.send("touch made; : deny\x07" + "\r" * (widget == "accept-search"))
    assert refused(shell)


def test_a_held_line_is_asked_again(shell):
    """accept-and-hold brings the line back, and Enter asks again."""
    shell.pty.send("echo held-$((1+1))\x1ba")
    shell.prompt()
    shell.pty.send("; : deny\r")
    shell.prompt()
    assert shell.texts() == ["echo held-$((1+1))", "echo held-$((1+1)); : deny"]


def test_a_pushed_line_comes_back_unasked_and_is_asked_when_accepted(shell):
    """push-line takes the line away for one other; nothing of it runs before its own Enter."""
    shell.pty.send("touch made; : deny\x1bqecho between\r")
    shell.prompt()
    assert shell.texts() == ["echo between"]
    shell.pty.send("\r")
    assert refused(shell)


@pytest.mark.parametrize(
    "setting", ["HIST_IGNORE_SPACE", "HIST_IGNORE_ALL_DUPS", "HIST_NO_STORE", "HIST_REDUCE_BLANKS"]
)
def test_history_options_hide_nothing_from_the_judge(start, setting):
    """Lines that the history leaves out are asked about all the same."""
    shell = start(rc=f"setopt {setting}\n")
    shell.prompt()
    shell.line(" touch made; : deny")
    shell.line(" touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.texts() == [" touch made; : deny"] * 2
    assert ("deny" in shell.output("fc -l 1")) == (setting != "HIST_IGNORE_SPACE")


def test_an_expanded_line_is_not_expanded_again(shell):
    """A bang that came out of an expansion stays what was judged; history expansion is on afterwards."""
    shell.line("echo 'a!b'")
    assert shell.output("!!").endswith("a!b")
    assert shell.texts()[1] == "echo 'a!b'"
    shell.line("echo xx; !!:0 yy")
    assert shell.texts()[2] == "echo xx; echo yy"


def test_history_verify_is_kept(start):
    """With HIST_VERIFY the expanded line comes back for a look; nothing is asked and nothing runs before the next Enter."""
    shell = start(rc="setopt HIST_VERIFY\n")
    shell.prompt()
    shell.line("echo once; : x")
    shell.line("!!")
    assert shell.texts() == ["echo once; : x"]
    shell.line("")
    assert shell.texts() == ["echo once; : x"] * 2


def test_a_bang_behind_an_open_quote_is_not_expanded(shell):
    """On a continuation line history expansion is off: what is judged is what runs."""
    shell.line("echo secret")
    shell.pty.send("echo 'open\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    shell.pty.send("x' !!\r")
    shell.prompt()
    assert shell.texts()[-1] == "echo 'open\nx' !!"
    assert "x !!" in shell.output("r")[-200:] or shell.texts()[-1] == "r"


def test_completion_works_and_its_result_is_judged(shell):
    """Tab completes silently; the completed line is asked about."""
    (shell.home / "verylongname").write_text("x")
    shell.pty.send("cat verylo\t")
    shell.pty.expect("ngname")
    shell.pty.send("\r")
    shell.prompt()
    assert shell.texts() == ["cat verylongname"]


def test_vi_mode_asks(start):
    """In vi mode Enter asks from insert and from command mode."""
    shell = start(rc="bindkey -v\nKEYTIMEOUT=1\n")
    shell.prompt()
    shell.line("touch made; : deny")
    shell.pty.send("touch made; : deny\x1b")
    time.sleep(0.5)
    shell.pty.send("\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    shell.prompt()
    assert not (shell.home / "made").exists()
    assert shell.output("echo alive") == "alive"


def test_the_editor_brings_its_text_back_to_the_line(start):
    """edit-command-line edits; nothing runs before Enter asked."""
    rc = "autoload -Uz edit-command-line; zle -N edit-command-line; bindkey '^X^E' edit-command-line\n"
    shell = start(rc=rc, EDITOR="sed -i s/x/deny/", VISUAL="sed -i s/x/deny/")
    shell.prompt()
    shell.pty.send("touch made; : x\x18\x05")
    assert shell.settle().endswith("deny\b\b\b")
    assert shell.texts() == []
    shell.pty.send("\r")
    assert refused(shell)


def test_programs_with_their_own_line_editor_are_left_alone(shell):
    """`vared` and `read` get what is typed, unasked, bangs and all."""
    for line in ("answer=; vared -p 'ask ' answer", "read 'answer?ask '", "select answer in one two; do break; done"):
        asked = len(shell.texts())
        shell.pty.send(line + "\r")
        shell.pty.expect("ask |\\?# ", timeout=8)
        shell.wait_for(lambda asked=asked: len(shell.texts()) == asked + 1)
        time.sleep(0.3)
        shell.line("2 deny !! me" if "select" not in line else "2")
        assert shell.output('print -r -- "<$answer>"').strip() == ("<two>" if "select" in line else "<2 deny !! me>")
        assert len(shell.texts()) == asked + 2


def test_the_shell_answers_questions(shell):
    """Variables, aliases of all three kinds and functions come on request; an array is no single text."""
    shell.line("D='/var/x y'; alias ll='ls -l'; alias -g G='| grep'; alias -s txt=cat; greet() { echo hi; }")
    shell.line("echo ask_shell")
    told = shell.events("judge")[-1]
    assert told["answers"]["variable D"] == "/var/x y"
    assert told["answers"]["alias ll"] == "ls -l"
    assert "echo hi" in told["answers"]["function greet"]
    assert told["answers"]["variable 1"] is None
    assert {"ll", "-g G", "-s txt"} <= set(told["aliases"])
    assert "greet" in told["functions"]
    shell.line("unset D; D=(a b)")
    shell.line("echo ask_shell again")
    assert "variable D" not in shell.events("judge")[-1]["answers"]


@pytest.mark.parametrize(
    "widget",
    [
        "my-accept() { zle .accept-line }; zle -N accept-line my-accept",
        "my-accept() { zle .accept-line }; zle -N my-accept; bindkey '^M' my-accept",
        "bindkey -s '^M' '^J'",
        "zle-line-finish() { true }; zle -N zle-line-finish",
        "zle-line-finish() { false; nothing-like-this 2>/dev/null }; zle -N zle-line-finish",
        "autoload -Uz add-zle-hook-widget; f() { : }; add-zle-hook-widget line-finish f; add-zle-hook-widget line-init f",
        "zle-line-init() { zle -K main }; zle -N zle-line-init; zle-keymap-select() { : }; zle -N zle-keymap-select",
        "transient() { PROMPT='> '; zle .reset-prompt }; zle -N zle-line-finish transient; precmd() { PROMPT='P> ' }",
        "_wrap() { region_highlight=('0 1 bold'); zle _orig-$WIDGET -- \"$@\" }; zle -A accept-line _orig-accept-line; zle -N accept-line _wrap",
    ],
)
@pytest.mark.parametrize("when", ["rc", "typed"])
def test_widgets_in_the_way_of_enter_change_nothing(start, widget, when):
    """Wrapped, replaced and hooked accept-line, as plugins do it: still asked once, still refused, and the widget works."""
    shell = start(rc=widget + "\n" if when == "rc" else "")
    shell.prompt()
    if when == "typed":
        shell.pty.send(widget + "\r")
        shell.settle()
    before = len(shell.texts())
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.texts()[before:] == ["touch made; : deny"]
    assert shell.output("echo fine").endswith("fine")
    assert shell.texts("backstop") == []


# ---- the backstop ---------------------------------------------------------------------------------


def test_a_cleared_line_has_no_trap(shell):
    """While a cleared line runs there is no DEBUG trap."""
    assert shell.output("f() { trap; echo end; }; f") == "end"
    assert shell.texts("backstop") == []


def test_every_command_of_a_watched_line_is_asked(shell):
    """Lists, functions, subshells and background jobs ask; a list is asked as a whole with its pipelines and substitutions."""
    shell.line("watch=1; g() { echo in-g; }; g; echo a | cat; (echo sub); x=$(echo cs); { echo bg; } & wait")
    asked = [text.strip() for text in shell.texts("backstop")]
    for command in ("g", "echo in-g", "echo a | cat", "echo sub", "x=$(echo cs)", "echo bg", "wait"):
        assert asked.count(command) == 1, command


@pytest.mark.parametrize("line", ["touch made; : deny", "(: deny; touch made)", "{ touch made; : deny; } | cat"])
def test_a_line_that_never_met_the_line_hook_is_asked_whole(start, line):
    """With our widget gone the line is asked before anything of it runs, and the next prompt tells."""
    shell = start(rc="zle-line-init() { zle -D zle-line-finish }; zle -N zle-line-init\n")
    shell.prompt()
    shell.pty.send(line + "\r")
    shell.wait_for(lambda: any(event["unseen"] for event in shell.events("judge")))
    shell.settle(0.5)
    assert not (shell.home / "made").exists()
    assert any(event["note"] == "tampering" for event in shell.events("note"))
    assert "alive" in shell.output("echo al''ive")


def test_without_an_editor_every_line_is_asked(start):
    """`unsetopt zle`: lines are asked by preexec, released ones run, refused ones don't."""
    shell = start(rc="unsetopt zle\n")
    shell.prompt()
    shell.pty.send("touch made; : deny\n")
    shell.wait_for(lambda: any(event["unseen"] for event in shell.events("judge")))
    shell.settle()
    assert not (shell.home / "made").exists()
    shell.pty.send("echo al''ive\n")
    shell.pty.expect("alive")


def test_tampering_is_noticed_and_mended(shell):
    """Emptied hook arrays: told at the next prompt that is ours, and put back."""
    shell.line("preexec_functions=()")
    shell.wait_for(lambda: any(event["note"] == "tampering" for event in shell.events("note")))
    told = " ".join(event["detail"] for event in shell.events("note"))
    assert "preexec_functions" in told
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()


def test_a_prompt_that_tells_nothing_is_shown_as_unguarded(shell):
    """Without precmd_functions nobody tells of the prompt: the next line still asks, and its prompt is mended."""
    shell.pty.send("precmd_functions=()\r")
    shell.settle()
    shell.pty.send("touch made; : deny\r")
    shell.wait_for(lambda: shell.texts()[-1] == "touch made; : deny")
    shell.settle()
    assert not (shell.home / "made").exists()
    shell.line("echo mended")
    assert any("precmd_functions" in event.get("detail", "") for event in shell.events("note"))


def test_a_dead_asker_does_not_block_the_others(shell):
    """A subshell killed while it holds the token: the next question still gets through."""
    shell.line(
        "watch=1; (kill -9 $sysparams[pid]; :); sysread -i $__safeshell_token -s 1 -t 1 stolen; echo got $stolen"
    )
    shell.line("watch=1; (echo after)", timeout=12)
    assert "echo after" in shell.texts("backstop")
