"""Dialogs in real terminals: a program asks in a pty, keys go in, pyte draws what comes out."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import pytest

from tests.dialogs.screen import Asked

pytestmark = pytest.mark.live

FULL, KEY = 'Type "web-prod-3" to run it, Esc to cancel:', "[u] unlock writes 15 min  [o] once  [Esc] no:"
FORMS = [("rm", FULL, ()), ("key", KEY, ()), ("rm", FULL, ("plain",)), ("key", KEY, ("plain",))]


@pytest.fixture
def asked(tmp_path):
    """Opens questions, and closes their terminals afterwards."""
    opened = []

    def open_one(name, *flags, **more) -> Asked:
        opened.append(Asked(name, tmp_path, *flags, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def yes(answer: dict[str, object], how: str) -> bool:
    return answer["granted"] is True and answer["how"] == how


def no(answer: dict[str, object]) -> bool:
    return answer["granted"] is False and answer["how"] == "declined"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 24)])
@pytest.mark.parametrize("name", ["rm", "shutdown", "hostile", "long", "wide", "key", "key_program", "staging"])
def test_the_terminal_shows_the_golden_screen(asked, name, columns, rows):
    """What stands on a real screen is the golden screen, below the person's own line, cursor at its end."""
    from tests.dialogs.test_text import SCREENS

    golden = (SCREENS / f"{name}.{columns}x{rows}.txt").read_text().rstrip("\n").split("\n")
    one = asked(name, columns=columns, rows=rows)
    one.until(golden[-1])
    one.rest(0.1)
    shown = one.lines()
    start = shown.index("prompt$ the line") + 1 if "prompt$ the line" in shown else 0
    assert shown[start : start + len(golden)] == golden
    assert one.display.cursor.y == start + len(golden) - 1
    assert one.display.cursor.x == len(golden[-1]) + 1


@pytest.mark.parametrize(("name", "last", "flags"), FORMS)
@pytest.mark.parametrize("keys", ["\x1b", "\x03", "\x04", "\r", "\n"], ids=["esc", "c-c", "c-d", "enter", "c-j"])
def test_every_way_out_is_a_no(asked, name, last, flags, keys):
    """Esc, Ctrl-C, Ctrl-D and Enter alone, in every form; the terminal and the handlers are as before."""
    one = asked(name, *flags).until(last)
    began = time.monotonic()
    one.send(keys)
    told = one.answer()
    assert no(told)
    assert time.monotonic() - began < 2
    assert told["handlers_kept"]
    assert told["wakeup_kept"]
    assert told["terminal_kept"]


@pytest.mark.parametrize(("name", "last", "flags"), FORMS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_are_a_no_and_reach_their_handler_afterwards(asked, name, last, flags, number):
    """A signal to the process refuses, and the handler that was there before the dialog gets it then."""
    one = asked(name, *flags).until(last)
    os.kill(one.child.pid, number)
    told = one.answer()
    assert no(told)
    assert told["signals"] == ([] if number == signal.SIGINT else [number])


@pytest.mark.parametrize(("name", "last", "flags"), FORMS)
def test_a_hangup_is_a_no(asked, name, last, flags):
    """The terminal goes away in the middle of the question."""
    one = asked(name, *flags).until(last)
    one.hang_up()
    end = time.monotonic() + 10
    while not one.result.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert no(json.loads(one.result.read_text()))


@pytest.mark.parametrize(("name", "last", "flags"), FORMS)
def test_a_killed_process_said_nothing(asked, name, last, flags):
    """SIGKILL in the middle of the question: there is no answer."""
    one = asked(name, *flags).until(last)
    os.kill(one.child.pid, signal.SIGKILL)
    one.rest(0.3)
    assert not one.result.exists()


def test_escape_does_not_lag(asked):
    """A lone Esc ends the question well before the half second that terminal libraries wait by default."""
    one = asked("rm").until(FULL)
    one.rest(0.1)
    began = time.monotonic()
    one.send("\x1b")
    while "Esc to cancel" in one.text():
        one.pump(0.01)
        assert time.monotonic() - began < 5
    assert time.monotonic() - began < 0.4


@pytest.mark.parametrize("flags", [(), ("raw",), ("plain",), ("plain", "raw"), ("devtty",)])
def test_the_typed_challenge_is_a_yes(asked, flags):
    """Typed in full it runs, on a cooked and on a raw terminal, which stays as it was."""
    one = asked("rm", *flags).until(FULL)
    for char in "web-prod-3\r":
        one.send(char)
        one.rest(0.01)
    told = one.answer()
    assert yes(told, "typed")
    assert told["terminal_kept"]


def test_one_line_stays_behind_and_nothing_else(asked):
    """After a yes the dialog is gone but for one line, and the screen above it is untouched."""
    one = asked("rm").until(FULL).send("web-prod-3\r")
    one.answer()
    left = "safeshell: confirmed on web-prod-3 (PROD): rm -rf data/ /srv/shop/cache"
    assert one.text() == f"prompt$ the line\n{left}"


def test_nothing_stays_behind_a_no(asked):
    """After a no the screen is as it was; the refusal is the caller's to print."""
    one = asked("key").until(KEY).send("\x1b")
    one.answer()
    assert one.text() == "prompt$ the line"


@pytest.mark.parametrize(
    ("name", "keys", "how", "minutes"),
    [("key", "o", "once", 0), ("key", "u", "unlock", 15), ("key_program", "r", "remember", 0)],
)
@pytest.mark.parametrize("end", ["", "\r"])
def test_one_key_answers(asked, name, keys, how, minutes, *, end):
    """u, o and r, by one key; in the plain form with Enter."""
    one = asked(name, *(["plain"] if end else [])).until("[Esc] no:")
    told = one.send(keys + end).answer()
    assert yes(told, how)
    assert told["minutes"] == minutes


@pytest.mark.parametrize("flags", [(), ("plain",)])
def test_a_reason_is_asked_for_where_policy_wants_one(asked, flags):
    """`u` leads to the question for a reason; what is typed there comes back with the unlock."""
    one = asked("key_reason", *flags).until("[Esc] no:")
    one.send("u\r" if flags else "u").until("Reason for unlocking")
    one.rest(0.2)
    told = one.send("ticket 12\r").answer()
    assert yes(told, "unlock")
    assert told["reason"] == "ticket 12"
    assert told["minutes"] == 20


@pytest.mark.parametrize("flags", [(), ("plain",)])
def test_no_reason_no_unlock(asked, flags):
    """Enter alone at the reason is a no."""
    one = asked("key_reason", *flags).until("[Esc] no:")
    one.send("u\r" if flags else "u").until("Reason for unlocking")
    one.rest(0.2)
    assert no(one.send("\r").answer())


@pytest.mark.parametrize("flags", [(), ("plain",)])
def test_a_wrong_word_gets_one_more_try(asked, flags):
    """One short note, then the right word still counts; a second wrong one ends it."""
    one = asked("rm", *flags).until(FULL)
    one.send("web-prod-4\r").until("That was not it.")
    one.rest(0.2)
    assert yes(one.send("web-prod-3\r").answer(), "typed")


def test_two_wrong_words_are_a_no(asked):
    """The second wrong word is the last."""
    one = asked("rm").until(FULL)
    one.send("web\r").until("That was not it.")
    assert no(one.send("prod\r").answer())


@pytest.mark.parametrize(("name", "text"), [("rm", "web-prod-3\r"), ("key", "o"), ("key", "u\r"), ("key_program", "r")])
def test_a_bracketed_paste_satisfies_nothing(asked, name, text):
    """A paste, even of the right thing with Enter in it, is refused in words, and Esc still works."""
    one = asked(name).until("cancel:" if name == "rm" else "[Esc] no:")
    one.send(f"\x1b[200~{text}\x1b[201~")
    one.until("Pasting does not count" if name == "rm" else "One single key")
    assert not one.result.exists()
    assert no(one.send("\x1b").answer())


def test_an_unmarked_paste_is_no_key(asked):
    """A terminal without bracketed paste sends a burst: `oops` is not `o`."""
    one = asked("key").until(KEY)
    one.send("oops").until("One single key")
    assert no(one.send("\x1b").answer())


def test_arrow_keys_are_not_escape(asked):
    """The sequences of arrow, function and mouse keys mean nothing, and are not typed either."""
    one = asked("rm").until(FULL)
    for sequence in ("\x1b[A", "\x1bOB", "\x1b[15~", "\x1b[3~", "\t"):
        one.send(sequence).rest(0.1)
    assert not one.result.exists()
    assert yes(one.send("web-prod-3\r").answer(), "typed")


@pytest.mark.parametrize(("name", "keys"), [("rm", "web-prod-3\r"), ("key", "o"), ("key", "u")])
@pytest.mark.parametrize("flags", [("busy",), ("busy", "plain"), ("busy", "raw")])
def test_type_ahead_is_never_an_answer(asked, name, keys, flags):
    """What was typed before the question appeared is dropped; the question then waits as always."""
    one = asked(name, *flags)
    one.until("prompt$")
    one.send(keys + "\r")
    one.until("cancel:" if name == "rm" else "[Esc] no:")
    one.rest(0.4)
    assert not one.result.exists()
    assert no(one.send("\x1b").answer())


def test_keys_in_the_first_moment_are_dropped(asked):
    """The body appears, and for a moment nothing counts; the line that asks comes when it listens."""
    one = asked("key", "slow")
    one.until("creates or touches").rest(0.2)
    assert KEY not in one.text()
    one.send("o")
    one.until(KEY)
    one.rest(0.3)
    assert not one.result.exists()
    assert yes(one.send("o").answer(), "once")


def test_the_last_line_is_sent_in_one_piece(asked):
    """The bytes of the last line are the promised words: programs that drive a terminal can wait for them."""
    one = asked("rm").until(FULL)
    one.rest(0.1)
    assert b'Type "web-prod-3" to run it, Esc to cancel: ' in one.raw
    other = asked("key").until(KEY)
    other.rest(0.1)
    assert b"[u] unlock writes 15 min  [o] once  [Esc] no: " in other.raw


def test_a_resize_redraws_for_the_new_width(asked):
    """From 80 to 40 columns in the middle of the question: rewrapped, nothing cut, still answerable."""
    from tests.dialogs.test_text import SCREENS

    one = asked("staging").until("Esc to cancel:")
    one.resize(40, 24)
    one.rest(1.0)
    assert "Esc to cancel:" in " ".join(one.text().split())
    one.resize(80, 24)
    golden = (SCREENS / "staging.80x24.txt").read_text().rstrip("\n").split("\n")
    one.until(golden[-1])
    one.rest(0.8)
    assert golden == one.lines()[one.display.cursor.y - len(golden) + 1 : one.display.cursor.y + 1]
    assert yes(one.send("stage-1\r").answer(), "typed")


@pytest.mark.parametrize(
    ("name", "ground"), [("rm", "red"), ("staging", "brown"), ("dev", "green"), ("unknown", "magenta")]
)
def test_each_tier_has_its_colour(asked, name, ground):
    """Red for production, yellow (pyte calls it brown), green, magenta behind the tier's word."""
    one = asked(name).until("Esc to cancel:")
    row = next(y for y, line in enumerate(one.lines()) if "──" in line)
    assert one.display.buffer[row][1].bg == ground


def test_no_color_means_none(asked):
    """With NO_COLOR no colour is sent; the words stay, and the badge is still set off."""
    one = asked("rm", env={"NO_COLOR": "1"}).until(FULL)
    one.rest(0.1)
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]", one.raw)
    row = next(y for y, line in enumerate(one.lines()) if "──" in line)
    assert one.display.buffer[row][1].reverse


@pytest.mark.parametrize("name", ["rm", "key"])
def test_a_dumb_terminal_gets_plain_lines(asked, name):
    """TERM=dumb: no escape sequence at all, the same words, Esc answers at once."""
    one = asked(name, env={"TERM": "dumb"}).until("cancel:" if name == "rm" else "[Esc] no:")
    assert b"\x1b" not in one.raw
    assert no(one.send("\x1b").answer())


@pytest.mark.parametrize("name", ["no_challenge", "denied"])
def test_what_no_answer_satisfies_is_not_asked(asked, name):
    """A denial, and a dialog without a challenge, are a no without a question."""
    one = asked(name)
    assert no(one.answer())
    assert "Type" not in one.text()


def test_an_approval_asks_for_its_challenge(asked):
    """After an approval the same full dialog has the challenge typed."""
    one = asked("approval").until(FULL)
    assert yes(one.send("web-prod-3\r").answer(), "typed")


def test_text_of_strangers_does_not_act_on_the_terminal(asked):
    """Escape sequences in the line, a target, the summary or a file name arrive as words."""
    one = asked("hostile").until("Esc to cancel:")
    assert "a^[[2J^[[31mb\\u202egpj.exe" in one.text()
    assert b"\x1b]0;owned" not in one.raw
    assert b"\x1b[2J" not in one.raw


def test_a_dialog_at_the_bottom_scrolls_and_leaves_the_screen_clean(asked):
    """On a terminal too low for it all, the last line is there and the rest is cut, not overdrawn."""
    one = asked("rm", rows=10).until(FULL)
    one.rest(0.1)
    assert one.lines()[-1] == FULL
    assert no(one.send("\x1b").answer())
    assert "PROD" not in one.text()
