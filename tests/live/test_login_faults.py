"""Break-glass: whatever is broken, a login opens the real shell with one line that says so.

What must not live here: what happens when nothing is broken.
"""

import os
import subprocess

import pexpect
import pytest

pytestmark = pytest.mark.live
UNGUARDED = b"safeshell: the guard could not judge this command"


@pytest.fixture
def broken(login_host):
    """Puts another guard, or other things, in the way of the user `person`; everything comes back afterwards."""
    kept = {path: path.read_bytes() for path in (login_host.guard, login_host.stub)}
    yield login_host
    for path, data in kept.items():
        path.write_bytes(data)
        path.chmod(0o755)
    shfmt = login_host.python.parent / "shfmt"
    if not os.path.lexists(shfmt):
        (login_host.python.parent / "shfmt.away").rename(shfmt)


def login(host, alias="person"):
    """Log in with a terminal; what came before the first prompt, and the prompt answers."""
    child = host.terminal(alias)
    child.expect(r"home\$ ")
    before = child.before
    child.send("printf it-%s-works 23\r")
    child.expect("it-23-works")
    child.send("exit 0\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return before.replace(b"\x1b[?2004h", b"")


def both(host, warned):
    """`ssh host true` and an interactive login work; each says one line."""
    done = host.ssh("person", "true")
    assert (done.returncode, done.stdout) == (0, b""), done
    assert done.stderr.count(b"\n") == 1, done
    assert done.stderr.startswith(warned), done
    screen = login(host)
    said = [line for line in screen.split(b"\r\n") if b"safeshell:" in line]
    assert len(said) == 1, screen
    assert b"Traceback" not in screen
    return said[0]


def test_python_is_missing(broken):
    """The interpreter of the installation is gone."""
    broken.guard.write_text(broken.guard.read_text().replace(str(broken.python), "/nonexistent/python", 1))
    assert b"UNGUARDED" in both(broken, UNGUARDED)


def test_the_guard_is_missing(broken):
    """The command safeshell itself is gone."""
    broken.guard.unlink()
    assert b"UNGUARDED" in both(broken, UNGUARDED)


def test_the_guard_may_not_be_started(broken):
    """Somebody took its mode away."""
    broken.guard.chmod(0o600)
    assert b"UNGUARDED" in both(broken, UNGUARDED)


def test_the_environment_is_broken(broken):
    """A module of the virtual environment is gone: no traceback, one line."""
    broken.guard.write_text(
        broken.guard.read_text().replace("import safeshell.state", "import nonesuch, safeshell.state", 1)
    )
    assert b"UNGUARDED" in both(broken, UNGUARDED)


def test_a_dependency_is_broken(broken):
    """Loading policy or packs fails inside the guard."""
    text = broken.guard.read_text().replace(
        "from safeshell.cli.main", "sys.modules['marshal'] = None\nfrom safeshell.cli.main", 1
    )
    broken.guard.write_text(text)
    assert b"UNGUARDED" in both(broken, UNGUARDED)


def test_the_guard_dies_while_it_judges(broken):
    """A crash of the interpreter (SIGSEGV) lets the command run with the warning; a kill is a no."""
    broken.guard.write_text("#!/bin/sh\nkill -SEGV $$\n")
    assert both(broken, UNGUARDED)
    broken.guard.write_text("#!/bin/sh\nkill -KILL $$\n")
    assert broken.ssh("person", "echo ran").stdout == b""


def test_the_configuration_is_broken(broken):
    """A file with a fault: the strictest policy guards on, and a line names file, line and column."""
    (broken.etc / "config.yaml").write_text("unlock: {max: forever}\n")
    said = both(broken, b"safeshell: ")
    assert b"config.yaml" in said
    assert b"UNGUARDED" not in said
    broken.put("person", "victims/a", "x")
    assert broken.ssh("person", "rm -rf ~/victims").returncode == 126


def test_shfmt_is_missing(broken):
    """Lines of plain words are judged on; the line says what is missing."""
    (broken.python.parent / "shfmt").rename(broken.python.parent / "shfmt.away")
    said = both(broken, b"safeshell: shfmt is missing")
    assert b"shfmt is missing" in said


def test_the_disk_is_full(broken, tmp_path):
    """The file system of the home is full: reading works, a destructive command is refused, a login opens."""
    home = broken.home("person")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(home)], capture_output=True, check=False
    ).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        os.chown(home, *broken.ids("person"))
        broken.put("person", ".bash_profile", "PS1='home$ '\n")
        broken.put("person", "victims/a", "x")
        try:
            with (home / "filler").open("wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
        except OSError:
            pass
        assert broken.ssh("person", "echo x").stdout == b"x\n"
        assert login(broken) is not None
        assert broken.ssh("person", "rm -rf ~/victims").returncode == 126
        assert (home / "victims/a").exists()
    finally:
        subprocess.run(["umount", "-l", str(home)], check=True)


def test_tmp_cannot_be_written(broken):
    """/tmp and the home are read-only: one line, and the real shell."""
    name = broken.users["person"]
    text = (
        "mount -t tmpfs -o ro,mode=555 tmpfs /run/user 2>/dev/null; "
        f"mount --bind {broken.home('person')} {broken.home('person')} && mount -o remount,ro,bind {broken.home('person')} && "
        f"mount --bind {broken.folder} /mnt && mount -t tmpfs -o ro,mode=555 tmpfs /tmp && "
        f"exec su -s /mnt/bin/safeshell-login - {name}"
    )
    stub = broken.stub.read_text().replace(str(broken.folder), "/mnt")
    broken.stub.write_text(stub)
    broken.guard.write_text(broken.guard.read_text().replace(str(broken.folder), "/mnt"))
    child = pexpect.spawn(
        "unshare", ["-m", "bash", "-c", text], timeout=20, env={"PATH": os.environ["PATH"], "TERM": "xterm"}
    )
    try:
        found = child.expect([r"UNGUARDED\r\n.*\$ ", "unshare: ", "mount: ", pexpect.EOF])
        if found in (1, 2):
            pytest.skip("no mounts of our own can be made here")
        assert found == 0, child.before
        assert child.before.count(b"safeshell:") <= 1
        child.send("echo it-$((20+3))-works\r")
        child.expect("it-23-works\r\n")
    finally:
        child.close(force=True)


def test_the_break_glass_file(broken):
    """/etc/safeshell/break-glass, which only root can make: everybody gets the real shell; each time it is said and recorded."""
    (broken.etc / "break-glass").touch()
    broken.put("person", "victims/gone", "x")
    try:
        said = both(broken, b"safeshell: break-glass: ")
        assert b"UNGUARDED" in said
        done = broken.ssh("person", "rm -rf ~/victims/gone; echo done")
        assert done.stdout == b"done\n"
        assert not (broken.home("person") / "victims/gone").exists()
        audit = "".join(path.read_text() for path in broken.state("person").glob("audit/audit-*"))
        assert "break-glass" in audit
        sent = broken.run("scp", "-O", "-F", str(broken.client), "-q", "/etc/hostname", "person:sent")
        assert (sent.returncode, sent.stderr) == (0, b"")
    finally:
        (broken.etc / "break-glass").unlink()


def test_the_break_glass_variable(broken):
    """SAFESHELL_BREAK_GLASS of whoever starts safeshell-login counts, is told and taken away; a client of sshd cannot send it."""
    name = broken.users["person"]
    env = {"SAFESHELL_BREAK_GLASS": "1", "HOME": str(broken.home("person")), "SSH_CONNECTION": "x"}
    text = "echo ${SAFESHELL_BREAK_GLASS-unset}"
    done = broken.run("setpriv", "--reuid", name, "--clear-groups", str(broken.stub), "-c", text, env=env)
    assert done.stdout == b"unset\n"
    assert done.stderr.startswith(b"safeshell: break-glass: SAFESHELL_BREAK_GLASS is set")
    broken.put("person", "victims/a", "x")
    before = ("-o", "SendEnv=SAFESHELL_BREAK_GLASS", "-o", "SetEnv=SAFESHELL_BREAK_GLASS=1")
    done = broken.ssh("person", "rm -rf ~/victims", before=before, env={"SAFESHELL_BREAK_GLASS": "1"})
    assert done.returncode == 126


def test_a_shell_that_cannot_be_guarded(broken):
    """login.shell dash: the shell opens and says that it is unguarded; commands are judged all the same."""
    (broken.etc / "config.yaml").write_text("login: {shell: /bin/dash}\n")
    broken.put("person", "victims/a", "x")
    assert broken.ssh("person", "rm -rf ~/victims").returncode == 126
    child = broken.terminal("person")
    child.expect("safeshell: dash cannot be guarded: this shell is UNGUARDED")
    child.send("echo it-$((20+3))-works; exit 3\r")
    child.expect("it-23-works")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3


def test_the_guard_breaks_later(broken):
    """The session's loop fails after it stood: the person is told, and gets the real shell."""
    text = broken.guard.read_text().replace(
        "from safeshell.cli.main",
        "import safeshell.gateways.asks as asks\ndef broken(*_): raise RuntimeError('broken on purpose')\n"
        "asks.Desk._prompted = broken\nfrom safeshell.cli.main",
        1,
    )
    broken.guard.write_text(text)
    child = broken.terminal("person")
    child.expect("safeshell: the guard broke")
    child.expect("UNGUARDED")
    child.send("echo it-$((20+3))-works; exit 4\r")
    child.expect("it-23-works")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4


def test_a_configured_shell_that_does_not_start(broken):
    """login.shell whose interpreter is gone: a line, and bash, for a command, for standard input and at a terminal."""
    shell = broken.folder / "bin/nosh"
    shell.write_text("#!/nonexistent/interpreter\n")
    shell.chmod(0o755)
    (broken.etc / "config.yaml").write_text(f"login: {{shell: {shell}}}\n")
    done = broken.ssh("person", "echo x; exit 3")
    assert (done.returncode, done.stdout) == (3, b"x\n")
    assert f"safeshell: {shell} cannot be started; bash is\n".encode() in done.stderr
    done = broken.ssh("person", before=("-T",), input=b"echo y\n")
    assert done.stdout == b"y\n"
    child = broken.terminal("person")
    child.expect("cannot be started; bash is")
    child.send("echo it-$((20+3))-works; exit 3\r")
    child.expect("it-23-works")
    child.expect(pexpect.EOF)
