"""safe-ssh without OpenSSH's client, over a real sshd: the same judging and following by a client of our own.

What must not live here: what the engine does not change (test_ssh_follow, test_ssh_calls).
"""

import re
import subprocess
import time

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, answer, challenge, line

pytestmark = pytest.mark.live
DATA = bytes(range(256)) * 20_000


@pytest.fixture
def alone(local):
    """A person whose known hosts are right, and whose safe-ssh takes paramiko."""
    host = local.host
    key = (host.folder / "host.pub").read_text()
    (local.home / "known").write_text(f"[127.0.0.1]:{host.port} {key}")
    (local.home / "client").write_text(
        f"Host prod-web dev-box\n  User {host.users['plain']}\nHost *\n  HostName 127.0.0.1\n  Port {host.port}\n"
        f"  IdentityFile {host.folder}/user\n  IdentitiesOnly yes\n  UserKnownHostsFile {local.home}/known\n"
    )
    local.argv.insert(3, "--guard-engine=paramiko")
    return local


@pytest.mark.parametrize("text", ["cat", "echo x; echo err >&2; exit 3", "printf '\\0\\377'", "exit 255"])
def test_a_reading_command(alone, text):
    """Standard streams and status are those of ssh."""
    ours, theirs = alone.run("prod-web", text, input=DATA), alone.host.ssh("prod-web", text, input=DATA)
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


def test_a_destructive_command_is_refused(alone):
    """126 and a request id, before anything is connected to."""
    done = alone.run("prod-web", "rm -rf ~/victims")
    assert (done.returncode, done.stdout) == (126, b"")
    assert b"approve --own" in done.stderr
    assert (alone.host.home("plain") / "victims/a").exists()


def test_following(alone):
    """The remote bash asks here; Esc and the challenge are obeyed; a new size arrives; the status comes back."""
    child = alone.follow("prod-web")
    assert line(child, "ls victims") == "a  b"
    child.setwinsize(31, 97)
    time.sleep(0.5)
    assert line(child, "stty size") == "31 97"
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect("refused")
    child.expect(PROMPT)
    assert (alone.host.home("plain") / "victims/a").exists()
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(PROMPT)
    assert not (alone.host.home("plain") / "victims").exists()
    child.send("exit 7\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7


def test_without_consent_it_is_a_plain_shell(alone):
    """N: a terminal there, one line that says so."""
    child = alone.open("dev-box")
    child.expect(re.escape("[y/N] "))
    child.send("\r")
    child.expect("UNGUARDED")
    child.expect(r"home\$ ")
    child.send("tty && exit 4\r")
    child.expect("/dev/pts/")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4


def test_an_unknown_host_is_not_connected_to(alone):
    """Strict known hosts: another key, or none, is a refusal and 255."""
    (alone.home / "known").write_text("")
    done = alone.run("prod-web", "true")
    assert done.returncode == 255
    assert b"not found in known_hosts" in done.stderr
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(alone.home / "other")], check=True)
    (alone.home / "known").write_text(f"[127.0.0.1]:{alone.host.port} {(alone.home / 'other.pub').read_text()}")
    done = alone.run("prod-web", "true")
    assert done.returncode == 255
    assert b"does not match" in done.stderr


def test_a_jump_host(alone):
    """ProxyJump goes through direct-tcpip."""
    done = alone.run("-J", "dev-box", "prod-web", "echo $SSH_CONNECTION")
    assert done.returncode == 0, done
    assert done.stdout.startswith(b"127.0.0.1 ")


def test_a_password(alone):
    """Asked at the terminal, not shown; a followed shell comes."""
    name = alone.host.users["plain"]
    subprocess.run(["chpasswd"], input=f"{name}:correct horse\n".encode(), check=True)
    text = (alone.home / "client").read_text().replace(f"  IdentityFile {alone.host.folder}/user\n", "")
    (alone.home / "client").write_text(text)
    child = alone.open("--guard-follow", "prod-web")
    child.expect("password: ")
    time.sleep(0.2)
    child.send("correct horse\r")
    child.expect(PROMPT)
    assert b"correct horse" not in child.before


@pytest.mark.parametrize("words", [("-N", "prod-web"), ("-L", "1:a:2", "prod-web"), ("-A", "prod-web"), ("-W", "a:1", "prod-web"), ("-o", "GSSAPIAuthentication=yes", "prod-web"), ("-o", "ControlMaster=auto", "prod-web")])  # fmt: skip
def test_what_it_cannot_do_is_refused_by_name(alone, words):
    """255, the option's name, and the advice to use OpenSSH."""
    done = alone.run(*words)
    assert done.returncode == 255
    said = done.stderr.decode()
    name = words[1].partition("=")[0] if words[0] == "-o" else words[0]
    assert name in said
    assert "use OpenSSH" in said


def test_nobody_listens(alone):
    """One sentence and 255."""
    done = alone.run("-p", "1", "prod-web", "true")
    assert done.returncode == 255
    assert b"port 1" in done.stderr
    assert b"Traceback" not in done.stderr
