"""Prompt and screen with the real guard: whatever prompt a person has, tier and mode stand in it and lines wrap right."""

from __future__ import annotations

import re

import pytest

from tests.live.house import BASHRC, plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

MULTI = "PS1='\\n\\[\\e[1;32m\\]┌─(\\u)─[\\w]\\n\\[\\e[1;32m\\]└─\\$\\[\\e[0m\\] '\n"
GENERATED = """
__branch() { PS1="\\[\\e[33m\\](main $((++count)))\\[\\e[0m\\] \\W\\$ "; }
PROMPT_COMMAND=__branch
"""
STARSHIP = r"""
starship_precmd() { local s=$?; PS1="\n\[\e[36m\]dana\[\e[0m\] in \[\e[34m\]\w\[\e[0m\] [$s]\n\[\e[32m\]❯\[\e[0m\] "; }
PS0='${STARSHIP_START_TIME:$((STARSHIP_START_TIME=1,0)):0}'
PROMPT_COMMAND=starship_precmd
"""
# As bash-preexec goes about it: it installs itself at the first prompt, around what is there already.
PREEXEC = r"""
preexec() { echo "PRE<$1>"; }
precmd() { echo "POST<$?>"; }
__bp_interactive=
__bp_precmd() { local s=$?; __bp_interactive=; (exit $s); precmd; return $s; }
__bp_mode() { __bp_interactive=on; }
__bp_exec() { [[ -z ${COMP_POINT-} && $__bp_interactive ]] || return 0
  case $BASH_COMMAND in __bp_*) return 0 ;; esac
  __bp_interactive=; preexec "$BASH_COMMAND"; }
__bp_install() {
  [[ "${PROMPT_COMMAND[*]}" == *__bp_precmd* ]] && return 1
  trap '__bp_exec "$_"' DEBUG
  local existing="${PROMPT_COMMAND:-}"
  PROMPT_COMMAND=__bp_precmd
  PROMPT_COMMAND+=${existing:+$'\n'$existing}
  PROMPT_COMMAND+=(__bp_mode)
  __bp_precmd; __bp_mode
}
PROMPT_COMMAND=__bp_install
PS1='bp\$ '
"""
PROMPTS = {
    "plain": "PS1='\\$ '\n",
    "colours": BASHRC,
    "multi-line": MULTI,
    "generated": GENERATED,
    "starship": STARSHIP,
    "preexec": PREEXEC,
}
LAST = re.compile(rb"(?:\$|#|\xe2\x9d\xaf)(?:\x1b\[[0-9;]*m)* ")


def prompt_row(house) -> str:
    return house.lines()[house.display.cursor.y]


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("name", PROMPTS)
def test_any_prompt_carries_the_segment_and_wraps_right(houses, name, columns):
    """PROD and the mode stand above or before the person's own prompt once; a long line wraps where readline thinks it does."""
    house = houses(rc=PROMPTS[name], size=(24, columns), wait=False)
    house.marks = LAST
    house.prompt(0).rest(0.1)
    assert house.text().count("[PROD ") == 1
    house.line("true")
    assert "hook had been changed" not in plain_text(house.raw)
    assert "not found" not in plain_text(house.raw)
    house.rest(0.1)
    row, column = house.display.cursor.y, house.display.cursor.x
    typed = "echo " + "0123456789" * 9
    house.send(typed).rest(0.2)
    end = row * columns + column + len(typed)
    shift = house.display.cursor.y * columns + house.display.cursor.x - end
    assert shift % columns == 0, house.text()  # the screen may have scrolled by whole rows
    house.send("\x01").rest(0.1)  # back at the beginning: just behind the prompt
    assert house.display.cursor.x == column
    house.send("\x05" + "\x7f" * 85).rest(0.2)
    assert prompt_row(house).endswith("echo 01234") or house.text().endswith("echo 01234")
    house.send("\x15").rest(0.1)
    house.refuses("rm -rf ~/victims")
    assert house.output("echo alive").endswith("alive") or name == "preexec"


def test_a_generated_prompt_runs_once_a_prompt(houses):
    """The person's PROMPT_COMMAND sees the status of the last command and counts prompts, not our work."""
    house = houses(rc='p() { PS1="<$?:$((++n))>\\$ "; }\nPROMPT_COMMAND=p\n')
    house.line("true")
    assert "<0:2>" in prompt_row(house)
    house.line("(exit 5)")
    assert "<5:3>" in prompt_row(house)


def test_hooks_like_bash_preexec_run_beside_ours(houses):
    """preexec once a command, precmd with its status; their DEBUG trap lives on; nobody is told of tampering."""
    house = houses(rc=PREEXEC)
    since = len(house.raw)
    house.line("(exit 4)")
    house.line("echo hi")
    shown = plain_text(house.raw[since:])
    assert shown.count("PRE<echo hi>") == 1
    assert "POST<4>" in shown
    assert not house.audit("tampering")


def test_no_colour_is_respected(houses):
    """NO_COLOR: the segment and the question are there without a colour sequence of ours."""
    house = houses(rc="PS1='\\$ '\n", NO_COLOR="1")
    house.refuses("rm -rf ~/victims")
    assert b"[PROD " in house.raw
    assert not re.search(rb"\x1b\[[0-9;]*[34][0-9][;m]|\x1b\[[0-9;]*9[0-7][;m]", house.raw)


@pytest.mark.parametrize("columns", [80, 40])
def test_a_dumb_terminal_gets_plain_text(houses, columns):
    """TERM=dumb: segment and question as plain text; the challenge typed with Enter runs the line, an empty answer doesn't."""
    house = houses(rc="PS1='\\$ '\n", TERM="dumb", size=(24, columns), wait=False)
    house.until("[PROD ")
    house.rest(0.2)
    before = len(house.raw)
    house.send("rm -rf ~/victims\r").until(house.question)
    assert b"\x1b" not in house.raw[before:]
    house.send("\r").rest(0.3)
    assert house.intact()
    assert "refused: `rm -rf ~/victims` removes" in plain_text(house.raw).replace("\n", "")
    house.send("echo al''ive\r").until("\nalive")


def test_the_refused_line_can_be_seen_after_its_refusal(house):
    """The refusal names it, without secrets in it."""
    house.refuses("rm -rf ~/victims")
    assert "safeshell: refused: `rm -rf ~/victims` removes files for good" in house.text().replace("\n", "")
    house.refuses("mysql -h db -pS3cretS3cret shop -e 'drop table orders'")
    refusal = plain_text(house.raw).replace("\n", "").rpartition("safeshell: refused: ")[2]
    assert "drop table orders" in refusal
    assert "S3cretS3cret" not in refusal


def test_what_was_refused_can_be_explained(house):
    """`safeshell explain` tells the last refusal."""
    house.refuses("rm -rf ~/victims")
    shown = house.output("safeshell explain")
    assert "rm -rf ~/victims" in shown
    assert "destroys_data" in shown


def test_an_unknown_program_is_asked_once(house):
    """One key; `r` remembers this file with this content; another content is asked again, and so is sudo."""
    program = house.home / "appctl"
    program.write_text("#!/usr/bin/env python3\nprint('fi' + 'ne')\n")
    program.chmod(0o755)
    assert house.line("./appctl") == "key"
    assert "[r] remember" in house.text()
    house.answer("r")
    house.until("fine")
    assert not house.line("./appctl")
    program.write_text("#!/usr/bin/env python3\nprint('other')\n")
    assert house.line("./appctl") == "key"
    house.no()
