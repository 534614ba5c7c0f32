"""Full-screen programs, sizes, slow and broken lines in a followed shell, for each login shell, over a real sshd.

What must not live here: which lines are asked about (test_ssh_shells).
"""

import shutil
import signal
import time

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, SlowPort, answer, challenge
from tests.live.sshshells import output, plain

pytestmark = pytest.mark.live


@pytest.fixture
def slow(far):
    """Makes ports that lead to the host with a delay each way."""
    made = []

    def make(delay: float) -> SlowPort:
        made.append(SlowPort(far.host.port, delay))
        return made[-1]

    yield make
    far.close()
    for one in made:
        one.close()


def need(program: str) -> str:
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


def screen(child: pexpect.spawn, text: str, mark: str) -> None:
    """Start a full-screen program, which may be asked about by one key, up to a text that it shows."""
    child.send(text + "\r")
    if child.expect([mark, r"\[Esc\] no: "]) == 1:
        answer(child, "o")
        child.expect(mark)


def test_an_editor(far):
    """vim opens, takes a line, writes it and ends; the shell asks as before."""
    vim = need("vim.tiny") if not shutil.which("vim") else "vim"
    child = far.enter()
    screen(child, f"{vim} -u NONE -N note.txt", r"\[New\]")
    child.send("iwritten there\x1b")
    child.expect("written there")
    child.send(":wq\r")
    child.expect(PROMPT)
    assert (far.home_there / "note.txt").read_text() == "written there\n"
    assert output(child, "cat note.txt") == "written there"


def test_a_pager_and_a_new_size(far):
    """less shows, sees a new size at once and ends; the shell knows the size."""
    need("less")
    far.host.put(far.shell, "long", "".join(f"row-{number}-\n" for number in range(1, 200)))
    child = far.enter(size=(24, 100))
    child.send("less long\r")
    child.expect("row-23-")
    child.send(" ")  # it reads its keys, so the terminal is its own by now
    child.expect("row-46-")
    child.setwinsize(40, 90)
    child.expect("row-62-")
    child.send("q")
    child.expect(PROMPT)
    assert output(child, "stty size") == "40 90"


def test_a_multiplexer(far):
    """tmux there is asked about once, shown as UNGUARDED while it runs, and works; after it the shell asks again."""
    need("tmux")
    child = far.enter()
    child.send("tmux -f /dev/null new-session -s t\r")
    child.expect(r"\[Esc\] no: ")
    answer(child, "o")
    child.expect(rf"\x1b\]2;PROD {far.name} ro UNGUARDED: tmux", timeout=10)
    child.send("echo inside-$((40+2))\r" if far.shell != "fish" else "echo inside-(math 40+2)\r")
    child.expect("inside-42")
    child.send("exit\r")
    child.expect(PROMPT)
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert far.intact()


def test_the_connection_is_cut_during_the_question(far, slow):
    """Nothing ran, nothing is left there, and safe-ssh ends; the challenge comes too late."""
    port = slow(0.0)
    child = far.enter("-p", str(port.port), far.name)
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    port.cut()
    answer(child, challenge(child) + "\r")
    child.expect(pexpect.EOF)
    far.gone()
    assert far.intact()


def test_safe_ssh_is_killed_during_the_question(far):
    """SIGKILL here: nothing ran there, and nothing is left there."""
    child = far.enter()
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    child.kill(signal.SIGKILL)
    child.close(force=True)
    far.gone()
    assert far.intact()


def test_eighty_milliseconds_away(far, slow):
    """80 ms each way: echo, lines, type-ahead and a question work."""
    child = far.enter("-p", str(slow(0.08).port), far.name)
    assert output(child, "echo there") == "there"
    child.send("printf 'ran-%s\\n' one\rprintf 'ran-%s\\n' two\r")
    child.expect("ran-one\r\n")
    child.expect("ran-two\r\n")
    child.expect(PROMPT)
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(PROMPT)
    assert not (far.home_there / "victims").exists()


def test_round_trips_of_a_line(far, slow):
    """A line costs two round trips more than the one that every ssh has, its question and the prompt's; in fish three.

    (fish tells no names with its prompts, so which words are functions is asked with each line.)
    """
    far.settle(far.shell)
    delay = 0.15
    child = far.enter("-p", str(slow(delay).port), far.name)
    output(child, "true")
    took = []
    for number in range(6):
        time.sleep(0.5)
        begun = time.monotonic()
        child.send(f"printf 'go-%s\\n' {number}\r")
        child.expect(f"go-{number}\r\n")
        child.expect(PROMPT)
        took.append((time.monotonic() - begun) / (2 * delay))
    assert min(took) < (4.8 if far.shell == "fish" else 3.8), took


def test_a_title_and_a_prompt_tell_the_place(far):
    """Tier, host and mode stand in both."""
    child = far.open("--guard-follow", far.name)
    child.expect(rf"\x1b\]2;PROD {far.name} ro")
    child.expect(PROMPT)
    assert f"[PROD {far.name} ro]" in plain(child.after)
