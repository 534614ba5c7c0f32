"""Commands and logins of people through safeshell-login, over a real sshd.

What must not live here: transports (test_login_transports), faults (test_login_faults).
"""

import re
import time

import pexpect
import pytest

pytestmark = pytest.mark.live


@pytest.fixture
def victims(login_host):
    """Something to lose in the person's home, which is no scratch."""
    file = login_host.put("person", "victims/a", "precious\n")
    yield file.parent
    assert not list(login_host.home("person").glob("core*"))


def test_a_reading_command_runs_with_nothing_added(login_host):
    """1: `ssh host CMD` gives stdout, stderr and status of the real shell, byte for byte."""
    for text in (
        "echo x",
        "printf '\\0\\377'; exit 3",
        "echo err >&2; false",
        "exit 255",
        "nonesuch",
        "ls /nonexistent",
    ):
        plain, person = login_host.ssh("plain", text), login_host.ssh("person", text)
        assert (plain.returncode, plain.stdout, plain.stderr) == (person.returncode, person.stdout, person.stderr)


def test_the_command_finds_the_same_world(login_host):
    """8, 20: environment, umask, limits and open descriptors are those of the plain shell; SHELL is the real one."""
    text = "env | grep -v ^SSH_ | sort; umask; ulimit -a; ls -l /proc/self/fd | sed 's/.* \\([0-9]* ->\\).*/\\1/'; echo $0 $-; shopt login_shell; set -o"
    said = {}
    for alias in ("plain", "person"):
        done = login_host.ssh(alias, text, env={"LC_ALL": "xx_YY.latin7", "LC_TEST": "\udcff"})
        said[alias] = done.stdout.replace(login_host.users[alias].encode(), b"U").replace(alias.encode(), b"A")
        assert b"LC_ALL=xx_YY.latin7" in done.stdout or b"LC_TEST" in done.stdout
    assert said["plain"] == said["person"]
    assert login_host.ssh("person", "echo $SHELL").stdout == b"/bin/bash\n"


def test_a_destructive_command_is_refused(login_host, victims):
    """A command that is understood and destroys: 126, with its preview and a request id; nothing ran."""
    done = login_host.ssh("person", "rm -rf ~/victims")
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (126, b"")
    assert said.startswith("safeshell: refused: ")
    assert "1 file" in said
    number = re.search(r"safeshell approve --own ([a-z0-9-]{4,}), then run again with --guard-confirm \1", said)
    assert number
    assert f"SAFESHELL_CONFIRM={number[1]} before the command" in said
    assert (victims / "a").read_text() == "precious\n"


def test_a_confirmed_command_runs(login_host, victims):
    """The person confirms the request on a terminal of that host; the same command naming it runs, once."""
    number = re.search(r"--own ([a-z0-9-]+),", login_host.ssh("person", "rm -rf ~/victims").stderr.decode())[1]
    child = login_host.terminal("person", f"{login_host.guard} approve --own {number}")
    child.expect('Type "([^"]*)" to run it')
    challenge = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", child.match[1]).decode()
    child.expect("Esc to cancel: ")
    time.sleep(0.6)
    for key in challenge:
        child.send(key)
        time.sleep(0.02)
    child.send("\r")
    child.expect(pexpect.EOF)
    child.close()
    done = login_host.ssh("person", f"SAFESHELL_CONFIRM={number} rm -rf ~/victims")
    assert (done.returncode, done.stderr) == (0, b"")
    assert not victims.exists()


@pytest.mark.parametrize(
    "text",
    [
        "cd /var; rm -rf ~/victims",
        "cat /dev/null | xargs rm -rf ~/victims",
        "bash -c 'rm -rf ~/victims'",
        "echo harmless && (rm -rf ~/victims)",
        "for f in ~/victims; do rm -rf $f; done",
    ],
)
def test_the_command_is_read_whole(login_host, victims, text):
    """Lists, pipes, nested shells and loops."""
    assert login_host.ssh("person", text).returncode == 126
    assert (victims / "a").exists()


def test_plain_writes_and_what_is_not_understood_run(login_host):
    """Only what is understood and destroys is refused; the rest runs and stands in the audit."""
    assert login_host.ssh("person", "chmod 600 /etc/hostname; echo yes").stdout == b"yes\n"
    login_host.put("person", "word", "echo")
    done = login_host.ssh("person", '"$(cat ~/word)" dynamic')
    assert (done.returncode, done.stdout, done.stderr) == (0, b"dynamic\n", b"")
    audit = "".join(path.read_text() for path in login_host.state("person").glob("audit/audit-*"))
    assert "chmod 600" in audit
    assert "cat ~/word" in audit


def test_strict_refuses_what_is_not_understood(login_host):
    """`strict: true`."""
    login_host.etc.joinpath("config.yaml").write_text("strict: true\n")
    login_host.put("person", "word", "echo")
    done = login_host.ssh("person", '"$(cat ~/word)" dynamic')
    assert (done.returncode, done.stdout) == (126, b""), done
    assert login_host.ssh("person", "echo plain").stdout == b"plain\n"


def test_a_terminal_gets_the_dialog(login_host, victims):
    """4: `ssh -tt host CMD` uses -c as well, with a terminal: the full dialog; Esc is 126."""
    child = login_host.terminal("person", "rm -rf ~/victims")
    child.expect("Esc to cancel: ")
    time.sleep(0.4)
    child.send("\x1b")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 126
    assert (victims / "a").exists()
    reading = login_host.terminal("person", "tty >/dev/null && echo on-a-tty")
    reading.expect(pexpect.EOF)
    assert reading.before == b"on-a-tty\r\n"


def test_a_hangup_at_the_dialog_is_a_no(login_host, victims):
    """11: the connection dies while the question stands: nothing ran and nothing stays."""
    child = login_host.terminal("person", "rm -rf ~/victims")
    child.expect("Esc to cancel: ")
    child.close(force=True)
    time.sleep(1.5)
    assert (victims / "a").exists()
    assert not login_host.run("pgrep", "-u", login_host.users["person"], "-f", "login judge").stdout


def test_a_shell_as_command_is_told(login_host):
    """`ssh -t host bash` opens what it says, with one line at the terminal; without a terminal nothing is added."""
    child = login_host.terminal("person", "bash --norc")
    child.expect("safeshell: what this opens is UNGUARDED")
    child.send("exit 3\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3
    done = login_host.ssh("person", "bash -s", input=b"echo hi\n")
    assert (done.stdout, done.stderr) == (b"hi\n", b"")


def test_exit_status_and_signals(login_host):
    """10: n is returned; death by a signal is the shell's own (of automation: test_login_transports)."""
    for text in ("exit 42", "sh -c 'exit 77'", "timeout -s SEGV 0.1 sleep 5"):
        assert login_host.ssh("person", text).returncode == login_host.ssh("plain", text).returncode


def _log_in(login_host, alias="person", **env):
    child = login_host.terminal(alias, **env)
    child.expect(r"\[UNKNOWN [^\]]*ro\]")
    child.expect(r"home\$ ")
    return child


def test_an_interactive_login_is_guarded(login_host, victims):
    """An interactive login: a guarded login shell; a deletion is asked, Esc keeps the file; exit status comes back."""
    login_host.put("person", ".bash_profile", "PROFILE=read; . ~/.bashrc\n")
    child = _log_in(login_host)
    child.send("echo login=$SHELL:$PROFILE\r")
    child.expect("login=/bin/bash:read\r\n")
    child.expect(r"home\$ ")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    time.sleep(0.4)
    child.send("\x1b")
    child.expect(r"home\$ ")
    assert (victims / "a").exists()
    child.send("exit 5\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5


def test_a_login_leaves_nobody_behind(login_host):
    """11: the terminal is closed: shell, guard and safeshell-login end."""
    child = _log_in(login_host)
    child.close(force=True)
    end = time.monotonic() + 8
    while login_host.run("pgrep", "-u", login_host.users["person"], "-f", "safeshell").stdout:
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_dumb_terminal_sees_no_colour(login_host):
    """14: TERM=dumb: a plain prompt."""
    child = login_host.terminal("person", TERM="dumb")
    child.expect(r"home\$ ")
    assert b"\x1b[" not in child.before.replace(b"\x1b[?2004h", b"")
    child.close(force=True)


def test_force_command(login_host):
    """9: as sshd's ForceCommand for a user with bash: SSH_ORIGINAL_COMMAND is judged, run and kept."""
    login_host.put("plain", "victims/a", "precious\n")
    login_host.restart(f"Match User {login_host.users['plain']}", f"  ForceCommand {login_host.stub}")
    try:
        done = login_host.ssh("plain", "echo \"$SSH_ORIGINAL_COMMAND\" '|' $SHELL; exit 4")
        assert done.stdout.startswith(b'echo "$SSH_ORIGINAL_COMMAND"')
        assert done.stdout.endswith(b"| /bin/bash\n")
        assert done.returncode == 4
        assert login_host.ssh("plain", "rm -rf ~/victims").returncode == 126
        assert (login_host.home("plain") / "victims/a").exists()
        _log_in(login_host, "plain").close(force=True)
        sent = login_host.run("scp", "-O", "-q", "-F", str(login_host.client), "/etc/hostname", "plain:sent")
        assert (sent.returncode, sent.stderr) == (0, b"")
    finally:
        login_host.restart()
