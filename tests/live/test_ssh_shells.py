"""safe-ssh followed into bash, zsh, fish and dash as login shells, over a real sshd: lines, the same for each.

What must not live here: what does not depend on the login shell (test_ssh_follow), slow lines and
full-screen programs (test_ssh_screens).
"""

import shutil
import signal

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, answer, challenge
from tests.live.sshshells import output

pytestmark = pytest.mark.live
QUESTION = [r"\[Esc\] no: ", "Esc to cancel: "]


def test_its_own_start_files_and_exit_status(far):
    """A login shell with the person's own files, its environment and umask; the exit status comes back; nothing is left there."""
    child = far.enter()
    assert output(child, "echo $FROM_RC $FROM_PROFILE") == "rc profile"
    assert output(child, "echo $SHELL") == shutil.which(far.shell)
    if far.shell == "dash":
        assert output(child, "umask") == "0027"
        assert output(child, "l victims") == "a  b"
    child.send("exit 7\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7
    far.gone()


def test_an_sh_is_told_about_and_its_own_exec_asks(far):
    """One line says that a bash stands in for dash; `exec dash` leaves the guard, which is asked about."""
    if far.shell != "dash":
        pytest.skip("only an sh has another in its place")
    child = far.open("--guard-follow", far.name)
    child.expect(
        "safeshell: dash there cannot ask, so this is the bash there with your profile; exec dash leaves the guard\r\n"
    )
    child.expect(PROMPT)
    child.send("exec dash\r")
    child.expect(QUESTION)
    answer(child, "\x1b")
    child.expect("safeshell: refused: ")
    child.expect(PROMPT)


def test_no_is_no_and_the_challenge_is_yes(far):
    """Esc keeps the files, with the damage counted THERE; the line is in the history; the typed challenge lets it run."""
    child = far.enter()
    child.send("rm -rf victims\r")
    child.expect("Esc to cancel: ")
    assert b"2 files, 18 bytes" in child.before
    answer(child, "\x1b")
    child.expect("safeshell: refused: `rm -rf victims`")
    child.expect(PROMPT)
    assert far.intact()
    assert output(child, "echo alive") == "alive"
    child.send("\x10\x10")  # the line before the last
    child.send("\r")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(PROMPT)
    assert not (far.home_there / "victims").exists()


ALL = ("bash", "zsh", "fish", "dash")
POSIX = ("bash", "zsh", "dash")
DESTRUCTIVE = [
    (ALL, "find ~/victims -name 'a*' | xargs rm -f --"),
    (ALL, "cd ~/victims && rm -f a b | cat"),
    (ALL, "true && true; rm -r ~/victims; echo $HOME"),
    (ALL, "echo 'rm -rf ~/victims' | sh"),
    (ALL, "env LC_ALL=C nice -n 5 rm -rf ~/victims/a"),
    (ALL, "find ~/victims -type f -delete"),
    (ALL, "ls victims >/dev/null; or=1 command rm -rf victims"),
    (POSIX, "for f in a b; do rm -f ~/victims/$f; done"),
    (POSIX, 'V=$HOME/victims; rm -rf "$V"'),
    (POSIX, "( cd victims; rm -f a b )"),
    (POSIX, "while :; do rm -rf ~/victims; break; done"),
    (POSIX, "case x in x) rm -rf ~/victims;; esac"),
    (("bash", "zsh"), "rm -rf ~/{victims,other}"),
    (("zsh",), "rm -rf victims(/)"),
    (("zsh",), "repeat 2 rm -rf ~/victims"),
    (("fish",), "for f in a b; rm -f ~/victims/$f; end"),
    (("fish",), "if test -d victims; rm -rf victims; end"),
    (("fish",), "begin; cd victims; and rm -f a b; end"),
    (("fish",), "set V ~/victims; rm -rf $V"),
]


def test_lines_of_every_form_are_asked(far):
    """Pipelines, lists, loops, groups, substitution: each asks before anything runs, and Esc leaves the files."""
    child = far.enter()
    for shells, text in DESTRUCTIVE:
        if far.shell not in shells:
            continue
        child.send(text + "\r")
        assert child.expect([*QUESTION, PROMPT]) < 2, text
        answer(child, "\x1b")
        child.expect("safeshell: refused: ")
        child.expect(PROMPT)
        assert output(child, "echo alive") == "alive", text
        assert far.intact(), text


READING = [
    "ls -la victims | sort | head -3",
    "grep -r precious victims; wc -l victims/a",
    "ps aux | grep -c sshd",
    "find . -name '*.sh'",
]


def test_reading_is_silent(far):
    """No question and no notice; the output is the program's."""
    child = far.enter()
    for text in READING:
        child.send(text + "\r")
        assert child.expect([PROMPT, *QUESTION]) == 0, text
        assert b"safeshell: " not in child.before, text


HERE = {
    "bash": ("cat <<END | sh", "rm -rf ~/victims", "END"),
    "zsh": ("sh <<'END'", "rm -rf ~/victims", "END"),
    "dash": ("sh <<-END", "rm -rf ~/victims", "END"),
    "fish": ("begin", "echo 'rm -rf ~/victims'", "end | sh"),
}


def test_texts_of_several_lines(far):
    """A here-document (fish: a block) typed line by line into a shell is judged by what it holds."""
    child = far.enter()
    for part in HERE[far.shell]:
        child.send(part + "\r")
    child.expect(QUESTION)
    answer(child, "\x1b")
    child.expect("safeshell: refused: ")
    child.expect(PROMPT)
    assert far.intact()
    assert output(child, "echo alive") == "alive"


def test_a_harmless_here_document_passes(far):
    """What only reads is silent, with the text arriving whole."""
    child = far.enter()
    parts = (
        ("begin", "echo one two", "end | tr a-z A-Z") if far.shell == "fish" else ("tr a-z A-Z <<END", "one two", "END")
    )
    for part in parts:
        child.send(part + "\r")
    child.expect("ONE TWO\r\n")
    child.expect(PROMPT)


@pytest.mark.parametrize("bracketed", [False, True])
def test_a_paste_with_a_destructive_line(far, bracketed):
    """Lines before it run or none do; it is asked about; after Esc nothing of the rest runs."""
    child = far.enter()
    text = "printf 'step-%s\\n' one\rrm -rf ~/victims\rprintf 'step-%s\\n' three"
    child.send(f"\x1b[200~{text}\x1b[201~\r" if bracketed else text + "\r")
    child.expect("Esc to cancel: ")
    seen = child.before
    answer(child, "\x1b")
    child.expect("safeshell: refused: ")
    child.expect(PROMPT)
    seen += child.before
    answer(child, "")  # what comes at once would still be the paste
    assert output(child, "echo end") == "end"
    assert b"\nstep-three" not in seen + child.before
    assert far.intact()


def test_what_is_typed_ahead_is_kept(far):
    """Keys pressed while a line runs arrive at the next prompt, each once; those before a question answer nothing."""
    child = far.enter()
    child.send("sleep 1\rprintf 'ran-%s\\n' first\rprintf 'ran-%s\\n' second\r")
    child.expect("ran-first\r\n")
    child.expect("ran-second\r\n")
    child.expect(PROMPT)
    child.send("sleep 1; rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert far.intact()


def test_remote_output_forges_nothing(far):
    """What a program there prints or writes back releases nothing and answers nothing."""
    frames = "".join(f"{'0' * 32} {kind}\0001\00010000001\000/\0000\000rm -rf ~/victims\000A0000000" for kind in "LBPH")
    forged = f"\x1b]7748;ready;12ab;bash\x07\x1b]7748;follows\x07\x1b]7748;alone\x07{frames}\x1b[6n\x1b]11;?\x07"
    far.host.put(far.shell, "forged", forged)
    child = far.enter()
    child.send("cat forged\r")
    child.expect(PROMPT)
    child.send("\r")
    child.expect(PROMPT)
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert far.intact()


def test_a_start_file_that_never_comes_to_the_end(far):
    """A start file that becomes another program: it runs as with ssh, and nothing of ours is left when it ends."""
    name = {"zsh": ".zshrc", "fish": ".config/fish/config.fish", "dash": ".shrc", "bash": ".bashrc"}[far.shell]
    far.host.put(far.shell, name, "exec sh -c 'echo instead-$((40+2)); read x; exit 4'\n")
    child = far.open("--guard-follow", far.name)
    child.expect("instead-42\r\n")
    child.send("\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    far.gone()


def test_a_line_that_is_cut_in_the_start_files(far):
    """safe-ssh dies while the start files still run: nothing is left there."""
    name = {"zsh": ".zshrc", "fish": ".config/fish/config.fish", "dash": ".shrc", "bash": ".bashrc"}[far.shell]
    far.host.put(far.shell, name, "echo begun; sleep 3\n")
    child = far.open("--guard-follow", far.name)
    child.expect("begun")
    child.kill(signal.SIGKILL)
    child.close(force=True)
    far.gone()
