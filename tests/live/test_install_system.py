"""install.sh --system with safeshell-login as somebody's login shell: upgraded and taken away while sessions run.

In a mount namespace with its own /etc, /usr/local and /home; needs root and a package index. What must not
live here: installing for one person (test_install).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pexpect
import pytest

from tests.live.test_install import Machine

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.geteuid() != 0
        or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0,
        reason="a machine of its own needs root and mounts of our own",
    ),
]
WORLD = """
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
cp -a /etc /mnt/etc && mkdir /mnt/local /mnt/local/bin /mnt/home
rm -rf /mnt/etc/safeshell; : >/mnt/etc/motd
sed -i /safeshell/d /mnt/etc/passwd
mount --bind /mnt/etc /etc; mount --bind /mnt/local /usr/local; mount --bind /mnt/home /home
useradd -m -s /bin/bash -p '$6$saltsalt$hash' -u 54321 dana
usermod -p '$6$saltsalt$hash' root
printf 'case $- in *i*) PS1="home$ " ;; esac\\n' >/home/dana/.bashrc; rm -f /home/dana/.bash_logout
echo ready
exec sleep 900
"""


class Rented:
    """A machine: the namespace that a sleeping process holds, entered for each step."""

    def __init__(self, base: Path) -> None:
        self.machine = Machine(base)
        self.keeper = subprocess.Popen(
            ["unshare", "-m", "bash", "-c", WORLD], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )  # fmt: skip
        said = self.keeper.stdout.readline()
        assert said == b"ready\n", said
        self.environ = self.machine.environ(HOME="/root", PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

    def words(self, *argv: str) -> list[str]:
        return ["nsenter", "-m", "-t", str(self.keeper.pid), "--", *argv]

    def run(self, *argv: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.words(*argv), env=self.environ, capture_output=True, text=True, check=False, timeout=300, cwd="/",
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def install(self, *words: str) -> subprocess.CompletedProcess:
        return self.run(str(self.machine.clone / "install.sh"), "--system", *words)

    def log_in(self) -> pexpect.spawn:
        """`su - dana` in a terminal, at the guarded prompt."""
        words = self.words("su", "-", "dana")
        child = pexpect.spawn(words[0], words[1:], env={**self.environ, "TERM": "xterm"}, timeout=30, cwd="/")
        child.delaybeforesend = None
        child.expect(r"\[UNKNOWN [^\]]*ro\]")
        child.expect(r"home\$ ")
        return child

    def close(self) -> None:
        self.keeper.kill()
        self.keeper.wait(10)
        self.keeper.stdout.close()


@pytest.fixture
def rented():
    base = Path(tempfile.mkdtemp(prefix="safeshell-rented-"))
    base.chmod(0o755)
    made = Rented(base)
    yield made
    made.close()
    shutil.rmtree(base, ignore_errors=True)


def asked(child: pexpect.spawn) -> None:
    """A deletion in this session meets the full dialog; Esc."""
    child.send("rm -rf ~/precious\r")
    child.expect("Esc to cancel: ")
    time.sleep(0.6)
    child.send("\x1b")
    child.expect("refused")
    child.expect(r"home\$ ")


def test_a_life_with_sessions_open(rented):
    """Installed, enabled, upgraded under an open session, not removed while it is a login shell or runs, removed without a trace."""
    done = rented.install()
    if "pip could not install it" in done.stderr:
        pytest.skip("pip reaches no package index here")
    assert done.returncode == 0, done
    rented.run("sh", "-c", "mkdir -p /home/dana/precious && touch /home/dana/precious/a && chown -R dana /home/dana")
    before = rented.run("cat", "/etc/shells").stdout
    done = rented.run("safeshell", "login", "enable", "--yes", "--user", "dana")
    assert done.returncode == 0, done
    done = rented.run("safeshell", "login", "check")
    assert done.returncode == 0, done
    old = rented.log_in()
    asked(old)

    done = rented.install()
    assert done.returncode == 0, done
    assert "a session still runs from it" in done.stdout
    asked(old)
    new = rented.log_in()
    asked(new)
    assert rented.run("su", "-", "dana", "-c", "echo still-$((40+2))").stdout == "still-42\n"

    for shell in ("/usr/local/bin/safeshell-login", "/usr/local/bin/safeshell-login-zsh"):
        rented.run("ln", "-sf", "safeshell-login", "/usr/local/bin/safeshell-login-zsh")
        rented.run("usermod", "-s", shell, "dana")
        done = rented.install("--uninstall")
        assert done.returncode == 1
        assert "safeshell-login is the login shell of dana: safeshell login disable" in done.stderr
        assert rented.run("su", "-", "dana", "-c", "echo here").stdout == "here\n"

    done = rented.run("safeshell", "login", "disable", "--yes")
    assert done.returncode == 0, done
    assert "give dana the shell /bin/bash back" in done.stdout
    done = rented.install("--uninstall")
    assert done.returncode == 1
    assert "a guarded session still runs" in done.stderr
    asked(new)
    for child in (old, new):
        child.send("exit 6\r")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 6
    done = rented.install("--uninstall")
    assert done.returncode == 0, done
    assert rented.run("sh", "-c", "find /usr/local /etc/safeshell -name '*safe*' 2>/dev/null").stdout == ""
    assert rented.run("cat", "/etc/shells").stdout == before
    assert rented.run("su", "-", "dana", "-c", "echo $SHELL").stdout == "/bin/bash\n"
