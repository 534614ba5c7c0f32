"""The terminal of a guarded login over ssh: signals, sizes, bytes, full-screen programs.

What must not live here: what is asked (test_login_commands), the session's own tests (test_bash_session).
"""

import hashlib
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.live
MEGABYTE = (b"0123456789abcdef" * 4)[:63] + b"\n"


@pytest.fixture
def logged_in(login_host):
    """A guarded login at its prompt."""
    child = login_host.terminal("person")
    child.expect(r"\x1b\]2;UNKNOWN[^\x07]*\x07")  # a login that fell back shows in the failure why
    child.expect(r"home\$ ")
    yield child
    child.close(force=True)


def line(child, text: str) -> str:
    """Type a line; its output."""
    child.send(text + "\r")
    child.expect(r"\x1b\]2;UNKNOWN[^\x07]*\x07")
    before = re.sub(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)", b"", child.before).decode("latin1")
    child.expect(r"home\$ ")
    return "\n".join(before.replace("\r", "").split("\n")[1:]).strip("\n")


def once(child, then: str) -> None:
    """Where the line is asked about, `o` until it runs: a question drops what is typed before it is whole."""
    asked = False
    for _ in range(10):
        found = child.expect([then, r"\[Esc\] no: ", pexpect.TIMEOUT], timeout=4)
        if found == 0:
            return
        asked = asked or found == 1
        if asked:
            time.sleep(0.5)
            child.send("o")
    child.expect(then)


def test_window_changes_reach_programs(logged_in):
    """12: SIGWINCH goes through ssh, the guard's pty, to the program."""
    logged_in.setwinsize(33, 91)
    time.sleep(0.3)
    assert line(logged_in, "stty size") == "33 91"


def test_job_control(logged_in):
    """12: Ctrl-C, Ctrl-Z, bg and fg work."""
    logged_in.send("sleep 60\r")
    time.sleep(0.4)
    logged_in.send("\x1a")
    logged_in.expect("Stopped")
    logged_in.expect(r"home\$ ")
    assert "sleep 60 &" in line(logged_in, "bg")
    logged_in.send("fg\r")
    logged_in.expect("sleep 60")
    time.sleep(0.3)
    logged_in.send("\x03")
    logged_in.expect(r"home\$ ")
    assert line(logged_in, "echo $?") == "130"


def test_the_pty_is_not_that_of_ssh(logged_in):
    """13: the shell's terminal is the guard's own; SSH_TTY is left as sshd set it."""
    own, outer = line(logged_in, "tty; echo $SSH_TTY").split("\n")
    assert own.startswith("/dev/pts/")
    assert outer.startswith("/dev/pts/")
    assert own != outer


def test_bytes_that_are_no_text_pass(logged_in):
    """15: bytes that are no UTF-8 are shown, and typed into a program, as they are."""
    logged_in.send("printf '<\\200\\377\\303>\\n'\r")
    logged_in.expect(b"<\x80\xff\xc3>")
    logged_in.expect(r"home\$ ")
    logged_in.send("head -c 3 | od -An -tx1\r")
    time.sleep(0.5)
    logged_in.send(b"\xff\xfe\r")
    logged_in.expect("ff fe 0a")


def test_a_megabyte_pasted_into_a_program(login_host, logged_in):
    """16: 1 MiB typed into `cat` arrives with the same sha256."""
    logged_in.send("stty -echo; echo begin-$((1+1)); cat >~/pasted; stty echo; echo end-$((1+1))\r")
    logged_in.expect("begin-2")
    data = MEGABYTE * 16384
    for start in range(0, len(data), 4096):
        logged_in.send(data[start : start + 4096])
    end = time.monotonic() + 60
    while (login_host.home("person") / "pasted").stat().st_size < len(data):
        assert time.monotonic() < end, "typing came to a standstill"
        time.sleep(0.02)
    logged_in.send("\x04")
    logged_in.expect("end-2", timeout=60)
    pasted = (login_host.home("person") / "pasted").read_bytes()
    assert hashlib.sha256(pasted).hexdigest() == hashlib.sha256(data).hexdigest()


def test_a_megabyte_shown(login_host, logged_in):
    """16: what a program writes is what the terminal gets, byte for byte, escape sequences that nobody knows too."""
    login_host.put("person", "shown", b"\x1b]7748;x\x07\x1b]9;9;unknown\x07\x1bP1;2q\x1b\\" + MEGABYTE * 16000)
    logged_in.send("stty -onlcr; cat ~/shown; stty onlcr; echo end-$((1+1))\r")
    logged_in.expect("end-2", timeout=60)
    body = logged_in.before
    assert b"\x1b]7748;x\x07\x1b]9;9;unknown\x07\x1bP1;2q\x1b\\" in body
    assert body.count(MEGABYTE) == 16000


KEYS = (
    bytes(range(256))
    + b"\x1b[<0;33;7M\x1b[<0;33;7m\x1b[M !!"  # a mouse, in both of its dialects
    + b"\x1b[200~rm -rf ~\r\x1b[201~\x1b]11;rgb:0000/0000/0000\x07"
    + b"**\x18B00000000000000\r\x8a\x11"  # zmodem's opening
)


def test_every_key_reaches_a_program_in_raw_mode(login_host, logged_in):
    """16: all byte values, a mouse, a bracketed paste, zmodem: what a raw program reads is what was typed."""
    logged_in.send(f"stty raw -echo; echo begin-$((1+1)); head -c {len(KEYS)} >~/keys; stty sane; echo end-$((1+1))\r")
    logged_in.expect("begin-2")
    logged_in.send(KEYS)
    logged_in.expect("end-2")
    assert (login_host.home("person") / "keys").read_bytes() == KEYS


def test_escape_sequences_that_come_in_pieces(login_host, logged_in):
    """17: sequences known and unknown, written byte by byte, are on the terminal as they were written."""
    shown = b"\x1b]7748;a;b\x1b\\\x1b]0;title\x07\x1b]11;?\x07\x1b[?1049h\x1b[?1049l\x1b]1337;x=y\x07\x1bPzz\x1b\\"
    login_host.put("person", "pieces", shown)
    logged_in.send("dd bs=1 if=pieces 2>/dev/null; echo end-$((1+1))\r")
    logged_in.expect("end-2")
    said = re.sub(rb"\x1b\]2;UNKNOWN[^\x07]*\x07", b"", logged_in.before)
    assert shown in said


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_tmux(login_host, logged_in):
    """16: tmux inside of a login draws, answers keys and ends."""
    logged_in.send("tmux -L guarded -f /dev/null new-session\r")
    once(logged_in, r"\x1b\[\?1049h")
    logged_in.expect(r"home\$ ")
    logged_in.send("echo in-$((40+2))-tmux\r")
    logged_in.expect("in-42-tmux")
    logged_in.send("exit\r")
    logged_in.expect(r"\[exited\]")
    logged_in.expect(r"home\$ ")
    assert line(logged_in, "echo after") == "after"


@pytest.mark.skipif(not shutil.which("less"), reason="less is not installed")
def test_less(logged_in):
    """16: a full-screen program draws and ends."""
    logged_in.send("less /etc/passwd\r")
    logged_in.expect("root:x:0")
    logged_in.send("q")
    logged_in.expect(r"home\$ ")
    assert line(logged_in, "echo after") == "after"


@pytest.mark.skipif(not shutil.which("vi"), reason="vi is not installed")
def test_vi(login_host, logged_in):
    """16: an editor writes its file."""
    logged_in.send("vi ~/edited\r")
    once(logged_in, r"\x1b\[\?1049h")
    time.sleep(1.5)
    logged_in.send("ihello\x1b:wq\r")
    logged_in.expect(r"home\$ ")
    assert (login_host.home("person") / "edited").read_text() == "hello\n"


def test_no_dialog_over_a_password(logged_in):
    """18: while a program reads without echo, no question of ours appears and what is typed is the program's."""
    logged_in.send("read -rs secret; echo got-${#secret}\r")
    time.sleep(0.6)
    logged_in.send("rm -rf /\r")
    logged_in.expect("got-8\r\n")
    assert b"Esc to cancel" not in logged_in.before


def test_the_terminal_is_whole_after_a_kill_of_the_guard(login_host):
    """12: the guard is killed: the login ends, and the local terminal is not raw."""
    child = pexpect.spawn(
        "bash", ["--norc"], env={"PATH": os.environ["PATH"], "HOME": str(login_host.folder), "PS1": "here> ", "TERM": "xterm"}, timeout=20
    )  # fmt: skip
    child.expect("here> ")
    child.send(f"ssh -F {login_host.client} -tt person\r")
    child.expect(r"home\$ ")
    uid = login_host.ids("person")[0]
    guards = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and entry.stat().st_uid == uid and b"login\0session" in _cmdline(entry)
    ]
    assert guards
    for pid in guards:
        os.kill(pid, signal.SIGKILL)
    child.expect([r"here> ", r"\$ "])
    if child.after != b"here> ":
        # safeshell-login opened the real shell, as after any other end that it did not expect.
        child.send("exit\r")
        child.expect("here> ")
    child.send("stty -a | grep -o -- '.icanon'\r")
    child.expect(r"\r icanon")
    child.close(force=True)


def _cmdline(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
