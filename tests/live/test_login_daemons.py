"""safeshell-login started by others than sshd and su: a real cron, chsh of a person, systemd's way.

Each daemon runs in a mount namespace of its own, with its own spool, so that no job of this machine runs
twice. What must not live here: at (test_login_shapes), sshd.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time

import pexpect
import pytest

pytestmark = pytest.mark.live
CRON = """
set -e
mount -t tmpfs -o mode=755 tmpfs /var/spool/cron && mkdir -m 1730 /var/spool/cron/crontabs
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
for table in "$1"/*; do
  cp "$table" /var/spool/cron/crontabs/
  chown "${table##*/}" "/var/spool/cron/crontabs/${table##*/}"
  chmod 600 "/var/spool/cron/crontabs/${table##*/}"
done
echo ready
exec cron -f
"""
LOOK = r"echo $0 $SHELL; umask; pwd; env | grep -v ^SHELL= | sort; printf 'a\0\377'; echo err >&2; exit 3"


def mounts_of_our_own() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not shutil.which("cron"), reason="cron is not installed")
@pytest.mark.parametrize("alias", ["bare", "person"])
def test_cron_itself(login_host, tmp_path, alias):
    """7: jobs of a crontab with SHELL=safeshell-login: the same bytes as with bash, and nobody is asked, not even before a deletion."""
    if not mounts_of_our_own():
        pytest.skip("no mounts of our own can be made here")
    stub = {"bare": login_host.bare, "person": login_host.stub}[alias]
    home = login_host.home(alias)
    (home / "victims").mkdir(exist_ok=True)
    os.chown(home / "victims", *login_host.ids(alias))
    tables = tmp_path / "tables"
    tables.mkdir()
    lines = ['MAILTO=""']
    for shell, name in (("/bin/bash", "plain"), (stub, "ours")):
        text = f"({LOOK}) >~/{name}.out 2>~/{name}.err; echo $? >~/{name}.done"
        lines += [f"SHELL={shell}", f"@reboot {text}"]
    lines += ["@reboot rm -rf ~/victims; echo >~/gone.done"]
    (tables / login_host.users[alias]).write_text("\n".join(lines) + "\n")
    daemon = subprocess.Popen(
        ["unshare", "-m", "bash", "-c", CRON, "x", str(tables)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    try:
        assert daemon.stdout.readline() == b"ready\n"
        end = time.monotonic() + 30
        while not all((home / f"{name}.done").exists() for name in ("plain", "ours", "gone")):
            assert time.monotonic() < end, "cron ran no job"
            time.sleep(0.05)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(10)
        daemon.stdout.close()
    said = {name: (home / f"{name}.out").read_bytes() for name in ("plain", "ours")}
    assert said["ours"].replace(str(stub).encode(), b"/bin/bash") == said["plain"]
    assert (home / "ours.err").read_bytes() == (home / "plain.err").read_bytes()
    assert not (home / "victims").exists()
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("chsh") or not shutil.which("chpasswd"), reason="chsh is not installed")
def test_a_person_changes_the_shell(login_host, tmp_path):
    """7: chsh of a person refuses safeshell-login until /etc/shells lists it, takes it then, and gives the former back."""
    if not mounts_of_our_own():
        pytest.skip("no mounts of our own can be made here")
    name = login_host.add("changer", "/bin/bash")
    login_host._write_client()
    subprocess.run(["chpasswd"], input=f"{name}:correct horse 7\n", text=True, check=True, capture_output=True)
    shells = tmp_path / "shells"

    def chsh(shell, listed: str) -> int:
        shells.write_text(f"/bin/bash\n{listed}\n")
        text = 'mount --bind "$1" /etc/shells && exec runuser -u "$2" -- chsh -s "$3"'
        child = pexpect.spawn(
            "unshare", ["-m", "bash", "-c", text, "x", str(shells), name, str(shell)], timeout=20, env={"PATH": os.environ["PATH"]}, cwd="/"
        )  # fmt: skip
        if child.expect(["Password: ", pexpect.EOF]) == 0:
            child.sendline("correct horse 7")
            child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus

    assert chsh(login_host.stub, "") != 0
    assert pwd.getpwnam(name).pw_shell == "/bin/bash"
    assert chsh(login_host.stub, str(login_host.stub)) == 0
    assert pwd.getpwnam(name).pw_shell == str(login_host.stub)
    assert login_host.ssh("changer", "echo $SHELL").stdout == b"/bin/bash\n"
    assert chsh("/bin/bash", str(login_host.stub)) == 0
    assert pwd.getpwnam(name).pw_shell == "/bin/bash"


@pytest.mark.parametrize("alias", ["bare", "person"])
def test_a_unit_of_systemd(login_host, alias):
    """7: as systemd starts a unit's or `systemd-run --uid` command in the user's shell: no terminal, no SHLVL, nobody to ask."""
    stub = {"bare": login_host.bare, "person": login_host.stub}[alias]
    name, home = login_host.users[alias], str(login_host.home(alias))
    uid, gid = login_host.ids(alias)
    said = []
    for shell in ("/bin/bash", stub):
        env = {"HOME": home, "USER": name, "LOGNAME": name, "SHELL": str(shell), "PATH": os.defpath}
        env |= {"INVOCATION_ID": "0123456789abcdef0123456789abcdef", "SYSTEMD_EXEC_PID": "1"}
        done = subprocess.run(
            [str(shell), "-c", f"{LOOK.removesuffix('; exit 3')}; rm -rf ~/none; exit 3"], env=env, capture_output=True, check=False, timeout=30,
            stdin=subprocess.DEVNULL, cwd="/", user=uid, group=gid, extra_groups=[], start_new_session=True,
        )  # fmt: skip
        said.append((done.returncode, done.stdout.replace(str(stub).encode(), b"/bin/bash"), done.stderr))
    assert said[0] == said[1]
    assert said[0][0] == 3
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_transport_starts_nothing_of_ours(login_host):
    """5: between the start and the real shell there is one exec and no other process, so nothing that could take 5 ms."""
    name = login_host.users["bare"]
    log = login_host.folder / "strace"
    log.touch(mode=0o666)
    log.chmod(0o666)
    env = {"HOME": str(login_host.home("bare")), "USER": name, "LOGNAME": name, "PATH": os.environ["PATH"]}
    env |= {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
    words = ["setpriv", "--reuid", name, "--clear-groups", "strace", "-f", "-qq", "-e", "trace=process", "-o", str(log)]
    words += [str(login_host.bare), "-c", "/usr/lib/openssh/sftp-server -Q requests"]
    subprocess.run(words, env=env, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    before, _, _ = log.read_text().partition(
        '"bash", ["bash"' if '"bash", ["bash"' in log.read_text() else 'execve("/bin/bash"'
    )
    assert before.count("execve(") == 1, before
    assert "clone" not in before
    assert "fork" not in before
