"""The dialog ended in every way, in the whole house: nothing ran, nothing hangs, the terminal is sane, nothing stays."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.live.house import plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


def ask(house, text: str = "rm -rf ~/victims") -> None:
    assert house.line(text)
    house.rest(0.1)


def sane(house) -> None:
    """The shell answers, its terminal is cooked while commands run, and no escape mode is left on."""
    shown = house.output("echo alive; stty -a | grep -o ' -icanon\\| -echo \\| -isig\\| -opost\\| -icrnl'")
    assert shown == "alive", shown
    assert house.intact()


@pytest.mark.parametrize(
    "keys",
    ["\x1b", "\r", "\n", "\x03", "\x04", "\x1c", "wrong\rwrong again\r", "\x15\r", "victims 3\x1b", "victims 3\x03"],
    ids=["esc", "enter", "c-j", "c-c", "c-d", "c-backslash", "wrong-twice", "kill-enter", "typed-esc", "typed-c-c"],
)
def test_every_way_out_is_a_no(shared, keys):
    """The line did not run, the refusal is told once, and the prompt is back."""
    ask(shared)
    since = len(shared.raw)
    shared.send(keys).rest(0.25)
    while shared.question():
        shared.no()
    assert plain_text(shared.raw[since:]).count("safeshell: refused: ") == 1
    sane(shared)


@pytest.mark.parametrize("keys", ["\x1b[200~victims 3\x1b[201~", "\x1b[200~victims 3\r\x1b[201~"])
def test_a_pasted_challenge_is_no_consent(shared, keys):
    """A bracketed paste leaves the question open or refuses it; it never releases."""
    ask(shared)
    shared.send(keys).rest(0.3)
    assert shared.intact()
    while shared.question():
        shared.no()
    sane(shared)


@pytest.mark.parametrize("keys", ["\x1b", "\r", "\x03", "\x04", "n", "y"])
def test_every_way_out_of_the_one_key_question_is_a_no(shared, keys):
    """Everything but its own keys is a no, or nothing."""
    assert shared.line("chmod 640 ~/victims/a") == "key"
    shared.rest(0.05)
    shared.send(keys).rest(0.25)
    while shared.question():
        shared.no()
    assert (shared.victims / "a").stat().st_mode & 0o777 != 0o640
    sane(shared)


@pytest.mark.parametrize("end", ["hangup", "term", "kill", "shell", "hup"])
def test_the_end_of_everything_in_mid_question(house, end):
    """Hangup, SIGTERM, SIGHUP and SIGKILL of the guard, SIGKILL of the shell: nothing ran and no process stays."""
    ask(house)
    processes = house.processes()
    shell = next(one for one in processes[1:] if one.name() == house.shell)
    if end == "hangup":
        house.hang_up()
    elif end == "shell":
        shell.kill()
        house.rest(0.2)
        house.send("\x1b")
    else:
        number = {"term": signal.SIGTERM, "kill": signal.SIGKILL, "hup": signal.SIGHUP}[end]
        os.kill(house.pty.pid, number)
    assert house.gone(processes) == []
    assert house.intact()
    assert not list((house.state / "run").iterdir()) or end == "kill"


def test_a_tiny_terminal_in_mid_question(shared):
    """Resized to 10x5 while the question is open: it is still a question, Esc still ends it."""
    ask(shared)
    shared.resize(10, 5).rest(0.2)
    assert shared.intact()
    shared.send("\x1b").rest(0.3)
    shared.resize(80, 24).rest(0.2)
    sane(shared)


def test_a_question_on_a_tiny_terminal(shared):
    """Asked at 10x5: its last words stand on the screen, Esc ends it."""
    shared.resize(10, 5).rest(0.2)
    shared.send("rm -rf ~/victims\r").until("cancel:")
    shared.send("\x1b").rest(0.3)
    shared.resize(80, 24).rest(0.2)
    sane(shared)


def test_background_output_waits_for_the_answer(shared):
    """What a job prints meanwhile comes after the question, complete."""
    assert not shared.line("(sleep 0.6; echo from-be''hind; seq 1 300 | tail -1) &")
    ask(shared)
    time.sleep(0.7)
    shared.rest(0.1)
    assert shared.question() == "full"
    assert "from-behind" not in shared.text()
    shared.no().until("from-behind")
    assert "300" in shared.text()
    sane(shared)


def test_a_full_screen_program_gets_its_screen_back(shared):
    """A question over the alternate screen is asked on the main one; the program's picture is painted again."""
    (shared.home / "late.sh").write_text("sleep 0.8; rm -rf ~/victims\n")
    shared.line("x=rm; (sleep 0.7; $x -rf ~/victims) & less /etc/services")
    assert shared.asked
    shared.no()
    sane(shared)


def test_the_shell_ends_with_its_own_status(houses):
    """`exit 7` ends the session with 7; Ctrl-D at the prompt ends it; nothing stays."""
    for keys, status in (("exit 7\r", 7), ("\x04", 0)):
        house = houses()
        processes = house.processes()
        house.send(keys)
        house.until(lambda house=house: not house.pty.isalive(), "the end")
        assert house.pty.wait() == status if house.pty.exitstatus is None else house.pty.exitstatus == status
        assert house.gone(processes) == []
        assert not list((house.state / "run").iterdir())


@pytest.mark.parametrize("key", ["u", "o"])
@pytest.mark.parametrize("delay", [0, 0.01, 0.05])
def test_keys_pressed_before_the_question_never_answer_it(shared, key, delay):
    """A key that follows Enter at once is dropped: the question is still open when the screen is still."""
    mode = (shared.victims / "a").stat().st_mode
    shared.send("chmod 640 ~/victims/a\r")
    time.sleep(delay)
    shared.send(key).until(shared.question).rest(0.2)
    assert shared.question() == "key"
    assert (shared.victims / "a").stat().st_mode == mode
    shared.no()


@pytest.mark.parametrize("running", ["sleep 60", "bash", "vim -n -u NONE x"])
def test_a_hangup_while_something_runs_leaves_nothing(house, running):
    """The terminal goes away under a command, a nested shell and an editor: all of them end."""
    house.send(running + "\r").rest(0.4)
    if house.question():
        house.send("o").rest(0.6)
    processes = house.processes()
    assert len(processes) > 2
    house.hang_up()
    assert house.gone(processes) == []
    assert not list((house.state / "run").iterdir())
