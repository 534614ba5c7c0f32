"""Set-ups as people have them: autosuggestions, syntax highlighting, a theme with segments, a plugin manager's manners.

The real plugins, from Debian's packages; what is not installed is skipped by name. What must not live
here: zsh without them (test_zsh_house, test_zsh_line).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import test_house_bash
from tests.live.house import ZSHRC, plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

PLUGINS = {
    "autosuggestions": "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh",
    "highlighting": "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh",
    "powerlevel": "/usr/share/powerlevel9k/powerlevel9k.zsh-theme",
}
MANNERS = r"""
# What oh-my-zsh and its like do: hooks by add-zsh-hook, a prompt made of functions, wrapped widgets, magic at Enter.
setopt prompt_subst
autoload -Uz add-zsh-hook vcs_info compinit
compinit -u -D
add-zsh-hook precmd vcs_info
branch() { print -n "${vcs_info_msg_0_}" }
PROMPT='%(?..%F{red}%?%f )%~$(branch) # '
RPROMPT='%D{%H:%M}'
title() { print -n "\e]2;$1\a" }
add-zsh-hook preexec title
magic-enter() { if [[ -z $BUFFER && $CONTEXT == start ]]; then BUFFER=' ls -d .'; fi; zle accept-line }
zle -N magic-enter
bindkey '^M' magic-enter
sudo-command-line() { BUFFER="sudo $BUFFER"; CURSOR+=5 }
zle -N sudo-command-line
bindkey '\e\e' sudo-command-line
transient() { PROMPT='# '; zle reset-prompt; zle .accept-line }
zle -N accept-line transient
"""
ALL = ("autosuggestions", "powerlevel", "highlighting")


def rc_with(*names: str) -> str:
    """A start file that loads these plugins; the test is skipped where one is not installed."""
    for name in names:
        if name != "manners" and not Path(PLUGINS[name]).exists():
            pytest.skip(f"no {PLUGINS[name]}")
    texts = [MANNERS if name == "manners" else f"source {PLUGINS[name]}\n" for name in names]
    plain = "POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dir vcs)\nPOWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=(status time)\n"
    plain += "POWERLEVEL9K_PROMPT_ON_NEWLINE=true\nPOWERLEVEL9K_MULTILINE_LAST_PROMPT_PREFIX='# '\n"
    return ZSHRC + plain + "".join(texts)


@pytest.fixture(scope="module")
def house_shell():
    return "zsh"


@pytest.fixture(params=[("autosuggestions",), ("highlighting",), ("manners",), ("manners", *ALL)], ids="+".join)
def equipped(houses, request):
    """A guarded production zsh with these plugins."""
    house = houses(rc=rc_with(*request.param))
    house.plugins = request.param
    return house


def test_a_destructive_line_is_asked_once_and_kept_in_the_history(equipped):
    """Typed, recalled by Up and by Ctrl-R, behind other commands: asked each time; nothing of the plugins' is disturbed."""
    equipped.refuses("rm -rf ~/victims")
    equipped.refuses("true && rm -rf ~/victims; echo hi")
    since = len(equipped.raw)
    equipped.send("\x12rm -rf").rest(0.4)
    equipped.send("\r").prompt(since)
    test_house_bash.settle(equipped, equipped.asked)
    assert not equipped.audit("tampering")
    shown = plain_text(equipped.raw)
    assert "__safeshell" not in shown
    assert "not found" not in shown


def test_a_line_may_come_in_every_way(equipped):
    """A construct of several lines, a bracketed paste, Ctrl-J, accept-and-hold."""
    for part in ("for i in 1; do", "rm -rf ~/victims", "done"):
        equipped.send(part + "\r").rest(0.3)
    equipped.until(equipped.question)
    equipped.send("\x1b").until(lambda: not equipped.question()).rest(0.3)
    assert equipped.intact()
    equipped.send("echo al''ive\r").until(lambda: "\nalive" in plain_text(equipped.raw))
    test_house_bash.test_a_bracketed_paste_is_asked_as_one(equipped)
    equipped.refuses("rm -rf ~/victims", key="\n")
    equipped.refuses("rm -rf ~/victims", key="\x1ba")
    equipped.send("\x03").rest(0.2)


def test_harmless_lines_run_and_the_prompt_keeps_one_segment(equipped):
    """Output, status and functions are as without the guard; the segment stands once before the person's prompt."""
    for text, wanted in (
        ("print -r one", "one"),
        ("mkcd() { print made $1 }; mkcd x", "made x"),
        ("echo $(( 40 + 2 ))", "42"),
    ):
        since = len(equipped.raw)
        assert not equipped.line(text), equipped.text()
        equipped.until(lambda wanted=wanted, since=since: f"\n{wanted}\n" in plain_text(equipped.raw[since:]))
    equipped.rest(0.5)
    assert equipped.text().rpartition("\n42\n")[2].count("[PROD") == 1, equipped.text()


def test_an_accepted_suggestion_is_asked(houses):
    """Right takes what autosuggestions shows in grey; nothing is asked before Enter, and then the whole line."""
    house = houses(rc=rc_with("autosuggestions", "highlighting"))
    house.refuses("rm -rf ~/victims/sub")
    house.send("rm -rf ~/vic").until(lambda: "victims/sub" in house.lines()[house.display.cursor.y], "it suggests")
    house.send("\x1b[C").rest(0.3)
    assert not house.question()
    since = len(house.raw)
    house.send("\r").prompt(since)
    test_house_bash.settle(house, house.asked)
    assert house.audit("refused")[-1]["detail"]["text"] == "rm -rf ~/victims/sub"


def test_executing_a_suggestion_at_once_is_asked(houses):
    """autosuggest-execute accepts and runs by one key: it is asked like Enter."""
    house = houses(rc=rc_with("autosuggestions") + "bindkey '^G' autosuggest-execute\n")
    house.refuses("rm -rf ~/victims/sub")
    house.send("rm -rf ~/vic").until(lambda: "victims/sub" in house.lines()[house.display.cursor.y], "it suggests")
    since = len(house.raw)
    house.send("\x07").prompt(since)
    test_house_bash.settle(house, house.asked)


def test_an_empty_enter_that_a_plugin_fills_is_judged_as_filled(houses):
    """magic-enter puts its own command on the line; sudo by a key changes the line: what runs is what was asked."""
    house = houses(rc=rc_with("manners"))
    since = len(house.raw)
    house.send("\r").prompt(since)
    house.until(lambda: "\n.\n" in plain_text(house.raw[since:]))
    house.send("rm -rf ~/victims\x1b\x1b").rest(0.3)
    since = len(house.raw)
    house.send("\r").prompt(since)
    test_house_bash.settle(house, house.asked)
    assert house.audit("refused")[-1]["detail"]["text"] == "sudo rm -rf ~/victims"
