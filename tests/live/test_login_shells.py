"""safeshell-login in front of bash, zsh, fish and dash: the same bytes as with that shell itself, and who is asked.

`plain-X` has shell X in passwd, `bare-X` and `person-X` the link safeshell-login-X; the guard of `bare-X`
notes each call and fails. What must not live here: what does not depend on the shell (test_login_transports).
"""

import hashlib
import shutil
import subprocess
import time

import pexpect
import pytest

pytestmark = pytest.mark.live
SHELLS = ("bash", "zsh", "fish", "dash")
DATA = bytes(range(256)) * 2048
COMMANDS = (
    "echo x",
    "printf 'a\\0b\\377'; exit 3",
    "echo err >&2; false",
    "nonesuch --now",
    "ls /nonexistent",
    "cat",
    "echo 'two  words' \"$HOME\" | tr a-z A-Z",
    "if",
    "",
)


@pytest.fixture(scope="module")
def _shells_host():
    from tests.live.loginhost import Host, why_not

    if why := why_not():
        pytest.skip(why)
    host = Host()
    try:
        for shell in SHELLS:
            if (program := shutil.which(shell)) is None:
                continue
            host.add(f"plain-{shell}", program)
            for kind, stub in (("bare", host.bare), ("person", host.stub)):
                link = stub.with_name(f"safeshell-login-{shell}")
                link.symlink_to(stub)
                host.add(f"{kind}-{shell}", link)
        for alias in host.users:
            host.put(alias, ".zshrc", "PS1='home$ '\n")
            host.put(
                alias, ".config/fish/config.fish", "function fish_prompt; echo -n 'home$ '; end\nset -g fish_greeting\n"
            )
            host.put(alias, ".local/share/fish/generated_completions/.keep", "")
        host.start()
        yield host
    finally:
        host.close()


@pytest.fixture(params=SHELLS)
def shell(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def host(_shells_host):
    for left in _shells_host.etc.iterdir():
        left.unlink()
    _shells_host.poison.write_text("")
    return _shells_host


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def neutral(host, alias: str, data: bytes) -> bytes:
    """What a user said, without the user's own names."""
    for old, new in ((str(host.home(alias)), "HOME"), (host.users[alias], "USER"), (alias, "ALIAS")):
        data = data.replace(old.encode(), new.encode())
        data = data.replace(old.upper().encode(), new.encode())
    return data


def same(host, kind: str, shell: str, *words: str, **options) -> subprocess.CompletedProcess[bytes]:
    """The same ssh call for the plain shell and behind safeshell-login; output, messages and status are the same."""
    said = []
    for alias in (f"plain-{shell}", f"{kind}-{shell}"):
        done = host.ssh(alias, *words, **options)
        said.append((done.returncode, sha(neutral(host, alias, done.stdout)), neutral(host, alias, done.stderr)))
    assert said[0] == said[1], (words, done)
    return done


def test_commands_of_automation(host, shell):
    """1, 3, 10: stdout, stderr and status of each command, also where the shell dies by a signal."""
    names = ", ".join(host.users[f"bare-{name}"] for name in SHELLS if f"bare-{name}" in host.users)
    host.settle(f"login: {{automation: [{names}]}}\n")
    host.run(str(host.guard), "login", "settings")
    for text in COMMANDS:
        same(host, "bare", shell, text, input=b"given\n")
    for before in (("-n",), ("-T",)):
        same(host, "bare", shell, "cat; echo x; exit 3", before=before, input=b"given\n")
    assert host.poison.read_text() == ""


def test_commands_of_people(host, shell):
    """1: what a person's harmless commands say does not change by their being judged."""
    for text in COMMANDS[:6]:
        same(host, "person", shell, text, input=DATA if text == "cat" else b"")


def test_a_shell_that_reads_its_commands(host, shell):
    """`ssh -T host <script`: a login shell of that kind."""
    done = same(host, "bare", shell, before=("-T",), input=b"echo started\nexit 7\n")
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (7, [b"started"])
    assert host.poison.read_text() == ""


@pytest.mark.parametrize("protocol", ["-O", "-s"])
def test_scp(host, shell, tmp_path, protocol):
    """2: there and back by both protocols; nothing on standard error."""
    source, target = tmp_path / "data", tmp_path / "back"
    source.write_bytes(DATA)
    alias = f"bare-{shell}"
    for words in ((str(source), f"{alias}:sent"), (f"{alias}:sent", str(target))):
        done = host.run("scp", protocol, "-F", str(host.client), "-q", *words)
        assert (done.returncode, done.stderr) == (0, b"")
    assert sha(target.read_bytes()) == sha(DATA)
    assert host.poison.read_text() == ""


def test_sftp_and_rsync(host, shell, tmp_path):
    """2: a batch of sftp, and rsync with --delete."""
    alias = f"bare-{shell}"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/zwei worte").write_bytes(DATA)
    batch = f"put '{tmp_path}/tree/zwei worte' by-sftp\nget by-sftp {tmp_path}/got\n"
    done = host.run("sftp", "-F", str(host.client), "-b", "-", alias, input=batch.encode())
    assert done.returncode == 0, done
    assert sha((tmp_path / "got").read_bytes()) == sha(DATA)
    if shutil.which("rsync"):
        over = f"ssh -F {host.client}"
        for words in ((f"{tmp_path}/tree/", f"{alias}:copy/"), (f"{alias}:copy/", f"{tmp_path}/again/")):
            done = host.run("rsync", "-a", "--delete", "-e", over, *words)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert sha((tmp_path / "again/zwei worte").read_bytes()) == sha(DATA)
    assert host.poison.read_text() == ""


def test_git(host, shell, tmp_path):
    """2: clone, push and clone again: the same file."""
    alias = f"bare-{shell}"
    name, there = host.users[alias], host.home(alias) / "repo.git"
    subprocess.run(
        ["runuser", "-u", name, "--", "git", "init", "-q", "--bare", str(there)], check=True, cwd=there.parent
    )
    env = {"GIT_SSH_COMMAND": f"ssh -F {host.client}", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    work = tmp_path / "work"
    assert host.run("git", "clone", "-q", f"{alias}:repo.git", str(work), env=env).returncode == 0
    (work / "file").write_bytes(DATA)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for step in (("add", "file"), (*who, "commit", "-q", "-m", "one"), ("push", "-q", "origin", "HEAD:main")):
        done = host.run("git", "-C", str(work), *step, env=env)
        assert done.returncode == 0, done.stderr
    again = tmp_path / "again"
    assert host.run("git", "clone", "-q", "-b", "main", f"{alias}:repo.git", str(again), env=env).returncode == 0
    assert sha((again / "file").read_bytes()) == sha(DATA)
    assert host.poison.read_text() == ""


def test_what_destroys_is_refused(host, shell):
    """A destructive command of a person: 126, whatever the shell; the same in that shell's own words."""
    alias = f"person-{shell}"
    victim = host.put(alias, "victims/a", "precious\n")
    own = "for f in ~/victims; rm -rf $f; end" if shell == "fish" else "for f in ~/victims; do rm -rf $f; done"
    for text in ("rm -rf ~/victims", "echo a; rm -rf ~/victims", own):
        done = host.ssh(alias, text)
        assert (done.returncode, done.stdout) == (126, b""), (text, done)
        assert done.stderr.startswith(b"safeshell: refused: ")
    assert victim.exists()


def test_an_interactive_login(host, shell):
    """bash, zsh and fish are guarded, dash says that it is not; $SHELL and the exit status are the real shell's."""
    alias = f"person-{shell}"
    victim = host.put(alias, "victims/a", "precious\n")
    child = host.terminal(alias)
    if shell == "dash":
        child.expect("safeshell: dash cannot be guarded: this shell is UNGUARDED")
    else:
        child.expect(r"\[UNKNOWN [^\]]*ro\]")
        child.expect(r"home\$ ")
        child.send("rm -rf ~/victims\r")
        child.expect("Esc to cancel: ")
        time.sleep(0.6)
        child.send("\x1b")
        child.expect("refused")
        child.expect(r"home\$ ")
        assert victim.exists()
    child.send("echo shell-$SHELL-\r")
    child.expect(rf"shell-(/usr)?/bin/{shell}-")
    child.send("exit 5\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5
