"""A guarded shell whose person becomes somebody else: the shell that opens asks, too, and leaving it leads back.

Real sudo, su, bash, zsh and fish, and throwaway users. What must not live here: hosts (test_follow_far), containers.
"""

import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.live.people import Desk, dress, people, why_not

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_not()), reason=why_not())]


@pytest.fixture(scope="module")
def host():
    """Three people, named by their shells."""
    with people("bash", "zsh", "fish") as made:
        yield made


@pytest.fixture
def open_desk(host):
    """Opens guarded shells that end with the test."""
    opened = []

    def begin(name: str = "bash", **environ: str) -> Desk:
        opened.append(Desk(host, name, **environ))
        return opened[-1]

    for name in host.users:
        dress(host, name)
        (host.home(name) / "profiles").unlink(missing_ok=True)
    yield begin
    for one in opened:
        one.close()
    end = time.monotonic() + 10
    while landings(host) and time.monotonic() < end:
        time.sleep(0.1)
    assert not landings(host)


def landings(host) -> list[Path]:
    """What is there for the shells of these people."""
    users = {pwd.getpwnam(user).pw_uid for user in host.users.values()}
    return [path for path in Path("/tmp").glob(".safeshell-" + "[0-9a-f]" * 16) if path.stat().st_uid in users]


def intact(host) -> bool:
    return all((host.home(name) / "victims/a").exists() for name in host.users)


OTHERS = [
    ("sudo -u {zsh} -i", "zsh"),
    ("sudo -iu {bash}", "bash"),
    ("sudo -u {fish} -i", "fish"),
    ("sudo su - {zsh}", "zsh"),
    ("sudo su - {bash}", "bash"),
    ("sudo su {zsh}", "zsh"),
    ("sudo -u {zsh} bash", "zsh"),
    ("sudo -u {bash} zsh -l", "bash"),
    ("sudo -u {zsh} -s", "zsh"),
]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("line", "user"), OTHERS)
def test_another_users_shell(open_desk, host, shell, line, user):
    """It opens unasked with that user in prompt and title; reading is silent, a deletion is held; `exit 7` leads back with 7."""
    desk = open_desk(shell)
    before = desk.title
    name = host.users[user]
    desk.enter(line.format(**host.users))
    there = f"{name}@" if user != shell else ""
    assert there in desk.title
    assert desk.line("id -un") == name
    assert desk.line(f"ls {host.home(user)}/victims") == "a"
    question = desk.asks(f"rm -rf {host.home(user)}/victims")
    assert there in question
    assert "victims/a" in question
    desk.refuse()
    assert intact(host)
    desk.enter("exit 7")
    assert desk.status() == 7
    assert desk.title == before
    desk.asks(f"rm -rf {host.home(shell)}/victims")
    desk.refuse()
    assert intact(host)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("line", ["sudo -i", "sudo -s", "sudo su -", "sudo su", "sudo bash", "sudo zsh -l"])
def test_roots_shell(open_desk, shell, line):
    """Every way to root: `root@` in the title, a deletion below /root is held, `exit` leads back."""
    desk = open_desk(shell)
    since = len(desk.raw)
    desk.send(line + "\r")
    desk.until(lambda: "root@" in desk.title, "root's title")
    desk.send("PS1='home$ '\r").prompt(since)
    assert desk.line("id -u") == "0"
    desk.asks("rm -rf /root/safeshell-test-victims")
    desk.refuse()
    desk.enter("exit")
    assert "root@" not in desk.title


@pytest.mark.parametrize(("outer", "line"), [("bash", "bash"), ("bash", "exec zsh"), ("bash", "exec bash"), ("zsh", "zsh"), ("zsh", "bash"), ("fish", "bash"), ("bash", "fish")])  # fmt: skip
def test_a_shell_of_ones_own(open_desk, host, outer, line):
    """Opened unasked under the same name and rules; ten of them, one in the other, too."""
    desk = open_desk(outer)
    before = desk.title
    desk.enter(line)
    assert desk.title == before
    desk.asks("rm -rf ~/victims")
    desk.refuse()
    assert intact(host)


def test_one_in_the_other(open_desk, host):
    """root, then another user, then a shell of that user: each asks, and each `exit` leads one back."""
    desk = open_desk("bash")
    desk.enter(f"sudo su - {host.users['zsh']}")
    desk.enter("bash")
    assert f"{host.users['zsh']}@" in desk.title
    desk.asks("rm -rf ~/victims")
    desk.refuse()
    desk.enter("exit")
    desk.asks("rm -rf ~/victims")
    desk.refuse()
    desk.enter("exit")
    assert "@" not in desk.title
    assert intact(host)


def test_a_profile_is_read_as_once(open_desk, host):
    """The environment of a login shell is that of one reading: nothing stands twice in PATH."""
    host.put("bash", ".bash_profile", 'export PATH="$PATH:/once/only"\n. ~/.bashrc\n')
    for line in ("sudo -u {bash} -i", "sudo su - {bash}"):
        desk = open_desk("zsh")
        desk.enter(line.format(**host.users))
        assert desk.line("echo $PATH").count("/once/only") == 1
        assert desk.line("echo $SHLVL") == "1"


def test_keys_jobs_and_sizes_in_there(open_desk, host):
    """Ctrl-C, Ctrl-Z with fg, and a new size of the terminal work in the followed shell."""
    desk = open_desk("bash")
    desk.enter(f"sudo su - {host.users['bash']}")
    since = len(desk.raw)
    desk.send("sleep 300\r").expect("sleep 300\n", since)
    time.sleep(1.3)
    assert "UNGUARDED" not in desk.title
    since = len(desk.raw)
    desk.send("\x03").prompt(since)
    desk.send("cat\r").expect("cat\n", since)
    time.sleep(0.5)
    since = len(desk.raw)
    desk.send("\x1a").prompt(since)
    assert "Stopped" in desk.seen(since)
    since = len(desk.raw)
    desk.send("fg\r").expect("cat", since)
    desk.send("echoed\r").expect("echoed\nechoed", since)
    desk.send("\x04").prompt(since)
    desk.pty.setwinsize(31, 97)
    desk.until(lambda: desk.line("stty size") == "31 97", "the new size")


def test_the_guard_dies_in_mid_question(open_desk, host):
    """SIGKILL while the question of a followed shell stands: nothing ran, and no shell there goes on."""
    desk = open_desk("bash")
    desk.enter(f"sudo su - {host.users['zsh']}")
    desk.asks("rm -rf ~/victims")
    guard = next(
        one for one in psutil.Process(desk.pty.pid).children(recursive=True) if "safeshell" in " ".join(one.cmdline())
    )
    os.kill(guard.pid, signal.SIGKILL)
    uid = pwd.getpwnam(host.users["zsh"]).pw_uid
    end = time.monotonic() + 20
    while any(one.uids().real == uid for one in psutil.process_iter(["uids"])):
        assert time.monotonic() < end, "the shells go on"
        time.sleep(0.1)
    assert intact(host)
    for one in landings(host):
        subprocess.run(["rm", "-rf", str(one)], check=True)


def test_a_password_is_asked_for_once(open_desk, host):
    """sudo asks at the terminal, once, and the shell that opens is followed; a wrong one is no reason to ask anew."""
    name = host.users["bash"]
    subprocess.run(["chpasswd"], input=f"{name}:open sesame\n".encode(), check=True)
    rules = Path(f"/etc/sudoers.d/safeshell-test-{os.getpid()}-password")
    rules.write_text(f"{name} ALL=(ALL:ALL) PASSWD: ALL\nDefaults:{name} timestamp_timeout=0, passwd_tries=1\n")
    rules.chmod(0o440)
    try:
        desk = open_desk("bash")
        since = len(desk.raw)
        desk.send(f"sudo -u {host.users['zsh']} -i\r").expect("password for", since)
        desk.send("wrong\r").prompt(since)
        assert desk.seen(since).count("password for") == 1
        since = len(desk.raw)
        desk.send(f"sudo -u {host.users['zsh']} -i\r").expect("password for", since)
        desk.send("open sesame\r").prompt(since)
        assert desk.seen(since).count("password for") == 1
        assert f"{host.users['zsh']}@" in desk.title
        desk.asks("rm -rf ~/victims")
        desk.refuse()
        assert intact(host)
    finally:
        rules.unlink()
        subprocess.run(["usermod", "-p", "*", name], check=True)


def test_where_nothing_more_may_be_run(open_desk, host):
    """sudo that allows the shell without any argument: it opens as ever, with one line that says UNGUARDED."""
    name, other = host.users["bash"], host.users["zsh"]
    rules = Path(f"/etc/sudoers.d/safeshell-test-{os.getpid()}-z")
    rules.write_text(f'{name} ALL=(ALL:ALL) !ALL\n{name} ALL=({other}) NOPASSWD: /bin/bash "", /usr/bin/bash ""\n')
    rules.chmod(0o440)
    host.put("zsh", ".bashrc", "PS1='bare> '\n")
    try:
        desk = open_desk("bash")
        since = len(desk.raw)
        desk.send(f"sudo -u {other} bash\r").expect("UNGUARDED", since).expect("bare> ", since)
        desk.until(lambda: "UNGUARDED: bash" in desk.title, "the title")
        desk.enter("exit")
        assert "UNGUARDED" not in desk.title
    finally:
        rules.unlink()


def test_what_stood_in_for_the_command_is_gone(open_desk, host):
    """Afterwards sudo is sudo; a user without a shell that can be followed is asked about, as ever."""
    desk = open_desk("bash")
    desk.enter(f"sudo -u {host.users['zsh']} -n -i")
    desk.enter("exit")
    assert desk.line("type -t sudo") == "file"
    desk.asks("sudo -u nobody -i")
    desk.refuse()
    assert desk.line("type -t sudo") == "file"


def test_the_audit_says_whose_line_it_was(open_desk, host):
    """What was refused as another user stands in the audit with that user, the place and the person."""
    desk = open_desk("bash")
    name = host.users["zsh"]
    desk.enter(f"sudo su - {name}")
    desk.asks("rm -rf ~/victims")
    desk.refuse()
    told = "".join(path.read_text() for path in host.state("bash").rglob("audit-*"))
    assert f'"target":"{name}@' in told
    assert f'"by":"{host.users["bash"]}"' in told
    assert "found the hook" in told
