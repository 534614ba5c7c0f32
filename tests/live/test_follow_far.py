"""safe-ssh goes on following: sudo, su and further shells on the other side ask here, too.

A real sshd, real sudo and su, throwaway users. What must not live here: this machine's own (test_follow_on).
"""

import pwd
import subprocess
import sys
import time

import psutil
import pytest

from tests.live.loginhost import ROOT
from tests.live.people import Desk, dress, people, why_not

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_not()), reason=why_not())]


@pytest.fixture(scope="module")
def host():
    """Three people there, named by their shells, with an sshd."""
    with people("bash", "zsh", "fish") as made:
        made.aliases |= {f"prod-{name}": name for name in ("bash", "zsh", "fish")}
        made.start()
        yield made


@pytest.fixture
def open_desk(host, tmp_path):
    """Opens safe-ssh as a person here."""
    opened = []
    (tmp_path / "client").write_text(host.client.read_text())

    def begin(name: str) -> Desk:
        argv = (
            sys.executable,
            "-m",
            "safeshell.cli.safessh",
            "-F",
            str(tmp_path / "client"),
            "--guard-follow",
            f"prod-{name}",
        )
        opened.append(Desk(host, name, argv=argv, HOME=str(tmp_path), PYTHONPATH=str(ROOT)))
        return opened[-1]

    for name in host.users:
        dress(host, name)
    yield begin
    for one in opened:
        one.close()


LINES = [
    ("bash", "sudo su - {zsh}", "zsh"),
    ("bash", "sudo -u {fish} -i", "fish"),
    ("bash", "sudo -u {zsh} bash", "zsh"),
    ("zsh", "sudo -iu {bash}", "bash"),
    ("zsh", "sudo su {bash}", "bash"),
    ("fish", "sudo -u {bash} -i", "bash"),
    ("bash", "zsh", "bash"),
    ("bash", "exec zsh", "bash"),
    ("bash", "fish", "bash"),
    ("zsh", "bash", "zsh"),
    ("fish", "zsh -l", "fish"),
]


@pytest.mark.parametrize(("shell", "line", "user"), LINES)
def test_a_further_shell_there(open_desk, host, shell, line, user):
    """It opens unasked, its user and host in the title; reading is silent, a deletion held, with the files of that user; `exit` leads back."""
    desk = open_desk(shell)
    before = desk.title
    desk.enter(line.format(**host.users))
    assert desk.title == before if user == shell else f"{host.users[user]}@prod-{shell}" in desk.title
    assert desk.line("id -un") == host.users[user]
    assert desk.line("ls ~/victims") == "a"
    question = desk.asks("rm -rf ~/victims")
    assert f"prod-{shell}" in question
    assert f"{host.home(user)}/victims/a" in question
    desk.refuse()
    assert (host.home(user) / "victims/a").exists()
    if not line.startswith("exec"):
        desk.enter("exit")
        assert desk.title == before
        desk.asks("rm -rf ~/victims")
        desk.refuse()
    assert (host.home(shell) / "victims/a").exists()


@pytest.mark.parametrize("line", ["sudo -i", "sudo -s", "sudo su -", "sudo su"])
def test_root_there(open_desk, line):
    """Root's shell there asks; nothing there says more than root may see."""
    desk = open_desk("bash")
    since = len(desk.raw)
    desk.send(line + "\r")
    desk.until(lambda: "root@prod-bash" in desk.title, "root's title")
    desk.send("PS1='home$ '\r").prompt(since)
    assert desk.line("id -u") == "0"
    assert "root may" in desk.asks("rm -rf /root/safeshell-test-victims")
    desk.refuse()
    desk.enter("exit")
    assert "root@" not in desk.title


def onward(host, name: str) -> None:
    """This person there has a key and settings of their own for the other names of the host."""
    host.put(name, ".ssh/id", (host.folder / "user").read_text()).chmod(0o600)
    text = host.client.read_text().replace(f"{host.folder}/user", f"{host.home(name)}/.ssh/id")
    host.put(name, ".ssh/config", text).chmod(0o600)


@pytest.mark.parametrize(("shell", "line", "user"), [("bash", "ssh prod-zsh", "zsh"), ("zsh", "ssh -t prod-bash", "bash"), ("bash", "ssh prod-fish", "fish"), ("fish", "ssh prod-zsh", "zsh")])  # fmt: skip
def test_a_further_host(open_desk, host, shell, line, user):
    """ssh typed there: the further host's own name in prompt and title, a deletion held there, sudo there too, `exit 7` leads back."""
    onward(host, shell)
    desk = open_desk(shell)
    before = desk.title
    desk.enter(line)
    assert desk.title == f"PROD prod-{user} ro"
    assert desk.line("id -un") == host.users[user]
    assert desk.line("ls ~/victims") == "a"
    question = desk.asks("rm -rf ~/victims")
    assert f"prod-{user}" in question
    assert f"{host.home(user)}/victims/a" in question
    desk.refuse()
    assert (host.home(user) / "victims/a").exists()
    desk.enter("exit 7")
    assert desk.status() == 7
    assert desk.title == before
    desk.asks("rm -rf ~/victims")
    desk.refuse()


def test_a_further_host_that_lets_nobody_in(open_desk, host):
    """ssh says so itself and ends as ever; the shell around it goes on asking."""
    onward(host, "bash")
    host.put("bash", ".ssh/id", "no key\n").chmod(0o600)
    desk = open_desk("bash")
    desk.enter("ssh prod-zsh")
    assert desk.status() == 255
    desk.asks("rm -rf ~/victims")
    desk.refuse()


def test_a_further_host_whose_shell_has_no_hook(open_desk, host):
    """dash as login shell there: it opens as ever, with one line that says UNGUARDED."""
    onward(host, "bash")
    subprocess.run(["usermod", "-s", "/bin/dash", host.users["fish"]], check=True)
    host.put("fish", ".profile", "PS1='home$ '\n")
    try:
        desk = open_desk("bash")
        since = len(desk.raw)
        desk.send("ssh prod-fish\r").expect("UNGUARDED", since).expect("home$ ", since)
        desk.send("exit\r").prompt(len(desk.raw))
        assert desk.title == "PROD prod-bash ro"
    finally:
        subprocess.run(["usermod", "-s", "/usr/bin/fish", host.users["fish"]], check=True)


def test_what_leaves_the_guard_in_there(open_desk, host):
    """dash in a followed shell of another user: asked about, and UNGUARDED in the title until it ends."""
    desk = open_desk("bash")
    desk.enter(f"sudo su - {host.users['zsh']}")
    desk.asks("dash")
    while desk.pump(0.4):
        continue
    desk.send("o")
    desk.until(lambda: "UNGUARDED: dash" in desk.title, "the title")
    since = len(desk.raw)
    desk.send("exit\r").prompt(since)
    assert "UNGUARDED" not in desk.title


def test_the_connection_dies_in_mid_question(open_desk, host):
    """ssh is gone while the question of a further shell stands: nothing ran."""
    desk = open_desk("bash")
    desk.enter(f"sudo su - {host.users['zsh']}")
    desk.asks("rm -rf ~/victims")
    for one in psutil.Process(desk.pty.pid).children(recursive=True):
        if one.name() == "ssh":
            one.kill()
    psutil.Process(desk.pty.pid).kill()
    uid = pwd.getpwnam(host.users["zsh"]).pw_uid
    end = time.monotonic() + 20
    while any(one.uids().real == uid for one in psutil.process_iter(["uids"])):
        assert time.monotonic() < end, "the shells go on"
        time.sleep(0.1)
    assert (host.home("zsh") / "victims/a").exists()
