"""fish's own ways to bring a line: pager, suggestions, Alt-Enter, Alt-s, Alt-e, private history; each is asked at Enter."""

from __future__ import annotations

import shutil

import pytest

from tests.live import test_house_bash
from tests.live.house import FISHRC, plain_text

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(90),
    pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed"),
]


@pytest.fixture(scope="module")
def house_shell():
    return "fish"


def on_the_line(house) -> str:
    return house.lines()[house.display.cursor.y]


def enter_asks(house) -> None:
    """Enter opens a question about what stands on the line; no keeps everything."""
    since = len(house.raw)
    house.send("\r").prompt(since)
    test_house_bash.settle(house, house.asked)


def test_lines_refused_at_once_after_each_other_are_all_recalled(shared):
    """fish takes lines from outside once a second at most: a second refusal within it is in the history all the same."""
    for number in range(3):
        shared.refuses(f"rm -rf ~/victims # {number}")
        shared.send("\x1b[A").until(lambda number=number: f"rm -rf ~/victims # {number}" in on_the_line(shared))
        shared.send("\x03").rest(0.1)


def test_a_line_found_in_the_history_pager_is_asked(shared):
    """Ctrl-R, a search, and Enter until the line would run."""
    shared.refuses("rm -rf ~/victims")
    assert not shared.line("echo between")
    told = shared.text().count("between")
    shared.send("\x12").until(lambda: shared.text().count("between") > told)  # the pager shows the newest first
    shared.send("victims").until(lambda: shared.text().count("between") == told)  # and now what was searched for
    since = len(shared.raw)
    shared.send("\r").rest(0.4)
    if not shared.question():  # this fish takes the first Enter for the choice
        shared.send("\r")
    shared.prompt(since)
    test_house_bash.settle(shared, shared.asked)
    assert shared.output("echo alive") == "alive"


def test_a_line_chosen_in_the_completion_pager_is_asked(shared):
    """Tab, Tab, and Enter: what was chosen stands on the line and runs at the next Enter, asked."""
    shared.send("rm -rf ~/vict\t").until(lambda: "~/victims/" in on_the_line(shared))
    shared.send("\t\t").rest(0.4)
    since = len(shared.raw)
    shared.send("\r").rest(0.4)
    if not shared.question():
        shared.send("\r")
    shared.prompt(since)
    test_house_bash.settle(shared, shared.asked)


def test_an_accepted_suggestion_is_asked(shared):
    """Right at the line's end takes fish's suggestion; nothing is asked before Enter."""
    shared.refuses("rm -rf ~/victims/sub")
    shared.send("rm -rf ~/vic").until(lambda: "rm -rf ~/victims/sub" in on_the_line(shared), "fish suggests")
    shared.send("\x1b[C").rest(0.2)
    assert not shared.question()
    enter_asks(shared)


def test_alt_enter_makes_one_text_of_two_lines(shared):
    """The lines are asked about together."""
    shared.send("echo o''ne\x1b\r").rest(0.3)
    assert not shared.question()
    since = len(shared.raw)
    shared.send("rm -rf ~/victims\r").prompt(since)
    test_house_bash.settle(shared, shared.asked)
    assert "\none" not in plain_text(shared.raw[since:])


def test_alt_s_puts_sudo_before_the_line(shared):
    """What runs is the line with sudo, and that is asked."""
    shared.send("rm -rf ~/victims\x1bs").until(lambda: "sudo rm -rf ~/victims" in on_the_line(shared))
    enter_asks(shared)


def test_alt_e_brings_the_edited_text_back_to_the_line(houses):
    """The editor's text stands on the line, where Enter asks."""
    house = houses(EDITOR="cp kill.sh")
    (house.home / "kill.sh").write_text("rm -rf ~/victims\n")
    house.send("ls\x1be").until(lambda: "rm -rf ~/victims" in on_the_line(house))
    assert not house.question()
    enter_asks(house)


@pytest.mark.parametrize(
    "setting", ["set -g fish_private_mode 1", "set -g fish_history ''", "set -g fish_history other"]
)
def test_lines_that_history_leaves_out_are_asked(house, setting):
    """A leading space, a private session, no history, another history."""
    house.line(setting)
    while house.asked:
        house.answer("o")
    house.refuses("  rm -rf ~/victims")
    house.refuses("rm -rf ~/victims")
    assert house.output("echo alive") == "alive"


def test_a_private_refusal_leaves_no_trace_in_the_history(house):
    """In private mode and behind a blank a refused line is written nowhere."""
    house.refuses(" rm -rf ~/victims # blank")
    assert not house.line("set -g fish_private_mode 1")
    house.refuses("rm -rf ~/victims # private")
    kept = "".join(file.read_text() for file in house.home.rglob("fish_history"))
    assert "# blank" not in kept
    assert "# private" not in kept


@pytest.mark.parametrize(
    "setting",
    [
        "set -g fish_key_bindings fish_vi_key_bindings", "fish_hybrid_key_bindings", "set IFS r", "set -g fish_features all",
        "function test; return 1; end", "function read; end", "function string; end", "function commandline; end",
        "function contains; return 1; end", "function fish_prompt; echo '# '; end", "set -gx LC_ALL C", "function count; end",
        "function math; end", "function bind; end", "function functions; end", "function path; end", "function printf; end", "function command; end", "function set_color; end", "set -g status_was 1", "abbr -a echo 'rm -rf ~/victims'",
    ],
)  # fmt: skip
def test_no_setting_of_the_shell_lets_a_line_pass(houses, setting):
    """Key bindings, variables, functions named like builtins: the line is asked, and the shell goes on."""
    house = houses()
    house.send(setting + "\r").rest(0.6)
    while house.question():
        house.answer("o")
    house.send("\x15rm -rf ~/victims\r").until(house.question, patience=8)
    assert house.intact()
    house.send("\x1b").rest(0.4)
    while house.question():
        house.send("\x1b").rest(0.4)
    assert house.intact()


def test_a_start_file_like_those_of_prompt_frameworks(houses):
    """A right prompt, a transient prompt that rebinds Enter, async repaints, an event for every command: the line is asked once."""
    rc = (
        FISHRC
        + """
function fish_right_prompt; date; end
function frame_execute
    commandline --is-valid
    if test $status -ne 2
        set -g transient 1
        commandline -f repaint
    end
    commandline -f execute
end
function frame_reset --on-event fish_postexec; set -g transient 0; end
function frame_bind --on-event fish_prompt; bind \\r frame_execute; bind -M insert \\r frame_execute; end
function frame_pre --on-event fish_preexec; set -g started $argv[1]; end
"""
    )
    house = houses(rc=rc)
    house.refuses("rm -rf ~/victims")
    assert not house.line("echo one")
    house.refuses("rm -rf ~/victims")
    assert "echo one" in house.output("echo $started; echo one")
