"""safe-ssh without OpenSSH's client, over a real sshd: the same judging and following by a client of our own.

What must not live here: what the engine does not change (test_ssh_follow, test_ssh_calls).
"""

import re
import shutil
import socket
import subprocess
import time

import pexpect
import pytest

from tests.live.sshlocal import PATIENCE, PROMPT, answer, challenge, line
from tests.live.sshshells import Far

pytestmark = pytest.mark.live
DATA = bytes(range(256)) * 20_000


def aim(local) -> None:
    """Settings for this engine, and a known host, at the port that the host has now."""
    host = local.host
    key = (host.folder / "host.pub").read_text()
    (local.home / "known").write_text(f"[127.0.0.1]:{host.port} {key}")
    (local.home / "client").write_text(
        f"Host prod-web dev-box\n  User {host.users['plain']}\nHost *\n  HostName 127.0.0.1\n  Port {host.port}\n"
        f"  IdentityFile {host.folder}/user\n  IdentitiesOnly yes\n  UserKnownHostsFile {local.home}/known\n"
    )


@pytest.fixture
def alone(local):
    """A person whose known hosts are right, and whose safe-ssh takes paramiko."""
    aim(local)
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
    assert b"2 files, 18 bytes" in child.before
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


def test_a_server_that_allows_few_sessions(alone):
    """The refusal of a channel is told to the start there at once: the shell opens, UNGUARDED, in the right size."""
    alone.host.restart("MaxSessions 2")
    try:
        aim(alone)
        child = alone.open("--guard-follow", "prod-web", size=(31, 97))
        child.send("stty size; exit 3\r")
        child.expect(
            "safeshell: the remote side allows no sessions beside this one: this session is UNGUARDED", timeout=30
        )
        child.expect("31 97\r\n")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 3
    finally:
        alone.host.restart()


@pytest.mark.parametrize("shell", ["zsh", "fish", "dash"])
def test_following_other_shells(alone, shell):
    """The same starts serve this engine."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    far = Far(alone.host, alone.home).settle(shell)
    aim(alone)
    child = alone.follow("-l", alone.host.users[shell], "prod-web")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    assert b"2 files, 18 bytes" in child.before
    answer(child, "\x1b")
    child.expect("refused")
    child.expect(PROMPT)
    assert far.intact()
    child.send("exit 5\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5


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


@pytest.mark.parametrize("words", [("-D", "1", "prod-web"), ("-M", "prod-web"), ("-g", "prod-web"), ("-W", "a:1", "prod-web"), ("-o", "GSSAPIAuthentication=yes", "prod-web"), ("-o", "ControlMaster=auto", "prod-web")])  # fmt: skip
def test_what_it_cannot_do_is_refused_by_name(alone, words):
    """255, the option's name, and the advice to use OpenSSH."""
    done = alone.run(*words)
    assert done.returncode == 255
    said = done.stderr.decode()
    name = words[1].partition("=")[0] if words[0] == "-o" else words[0]
    assert name in said
    assert "use OpenSSH" in said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def closed(port: int) -> bool:
    """Nobody listens at a port any more; a server may take a moment to notice that its client is gone."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.1)
    return False


def greeting(port: int) -> bytes:
    """What an ssh server says first at a port, which may take a moment to be open."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as near:
                return near.recv(8, socket.MSG_WAITALL)
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)


def test_forwardings(alone):
    """-N with -L and -R: both ends lead to the host's sshd; ended by Ctrl-C, both are closed; a taken port is told."""
    here, there = free_port(), free_port()
    words = ("-L", f"{here}:127.0.0.1:{alone.host.port}", "-R", f"{there}:127.0.0.1:{alone.host.port}", "-L", f"{alone.host.port}:a:1")  # fmt: skip
    child = alone.open("-N", *words, "prod-web")
    child.expect(f"safeshell: local {here} leads to 127.0.0.1 through prod-web ")
    child.expect(f"safeshell: local port {alone.host.port} can't be opened: ")
    assert greeting(here) == b"SSH-2.0-"
    assert greeting(there) == b"SSH-2.0-"
    child.send("\x03")
    child.expect(pexpect.EOF)
    assert closed(here)
    assert closed(there)


def test_a_forwarding_beside_a_followed_shell(alone):
    """-L leads there while the shell is followed, and closes with it."""
    here = free_port()
    child = alone.follow("-L", f"{here}:127.0.0.1:{alone.host.port}", "prod-web")
    assert greeting(here) == b"SSH-2.0-"
    assert line(child, "echo still") == "still"
    child.send("exit\r")
    child.expect(pexpect.EOF)
    assert closed(here)


def test_the_agent(alone):
    """-A lends the agent here to the other side, for a command and for a followed shell; without -A there is none."""
    sock = alone.home / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(sock)], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while not sock.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        alone.environ["SSH_AUTH_SOCK"] = str(sock)
        env = {"PATH": alone.environ["PATH"], "SSH_AUTH_SOCK": str(sock)}
        subprocess.run(["ssh-add", "-q", str(alone.host.folder / "user")], env=env, check=True)
        key = (alone.host.folder / "user.pub").read_text().split()[1].encode()
        assert key in alone.run("--guard-tier=development", "-A", "dev-box", "ssh-add -L").stdout
        assert key not in alone.run("--guard-tier=development", "dev-box", "ssh-add -L").stdout
        child = alone.follow("-A", "prod-web")
        assert key[:30] in line(child, "ssh-add -L").encode()
    finally:
        agent.terminate()
        agent.wait(10)


def test_nobody_listens(alone):
    """One sentence and 255."""
    done = alone.run("-p", "1", "prod-web", "true")
    assert done.returncode == 255
    assert b"port 1" in done.stderr
    assert b"Traceback" not in done.stderr
