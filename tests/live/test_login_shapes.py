"""How else a login shell is started: arguments, names, su, sudo, cron, at; and which shell is the real one."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.live
WHO = 'echo "$0 $- $SHELL"; shopt -q login_shell && echo login; echo "$@"'


def start(login_host, *argv, shell="bare", **options):
    """Start safeshell-login as the user `bare`, with no terminal and no ssh: nobody to ask."""
    stub = getattr(login_host, shell)
    name = login_host.users["bare"]
    base = ["setpriv", "--reuid", name, "--regid", str(login_host.ids("bare")[1]), "--clear-groups", "setsid", "-w"]
    env = {"HOME": str(login_host.home("bare")), "PATH": os.environ["PATH"], "USER": name, "LOGNAME": name}
    return subprocess.run(
        [*base, str(stub), *argv], capture_output=True, check=False, timeout=30, env=env | options.pop("env", {}), cwd="/", **options
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("-c", WHO, "name", "a b", "c"),
        ("-lc", WHO, "name", "a"),
        ("-l", "-c", WHO),
        ("--login", "-c", WHO),
        ("-ic", "echo hi"),
        ("-x", "-c", "echo hi"),
        ("-o", "pipefail", "-c", "false | true"),
        ("-c", ""),
        ("-c",),
    ],
)
def test_arguments_reach_the_real_shell(login_host, words):
    """6: -c, -l, --login, -lc, -i and other options: bash says the same as when called so itself."""
    ours = start(login_host, *words, stdin=subprocess.DEVNULL)
    login_host.bash = "/bin/bash"
    theirs = start(login_host, *words, shell="bash", stdin=subprocess.DEVNULL, env={"SHELL": "/bin/bash"})
    assert ours.stdout.replace(b"bin/bare/safeshell-login", b"bash") == theirs.stdout
    assert (ours.returncode, ours.stderr.replace(str(login_host.bare).encode(), b"/bin/bash")) == (
        theirs.returncode,
        theirs.stderr,
    )
    assert login_host.poison.read_text() == ""


def test_a_script_and_standard_input(login_host):
    """6: a script's path with arguments, and -s."""
    script = login_host.put("bare", "script.sh", "echo script:$0:$1\n")
    assert start(login_host, str(script), "one").stdout == f"script:{script}:one\n".encode()
    assert start(login_host, "-s", "two", input=b"echo in:$1\n").stdout == b"in:two\n"


def test_a_person_s_script_is_judged_by_its_text(login_host):
    """A script given to the login shell over ssh's variables is read; what destroys is refused."""
    login_host.put("person", "victims/a", "precious\n")
    script = login_host.put("person", "clean.sh", "rm -rf ~/victims\n")
    done = login_host.ssh("plain", f"HOME={login_host.home('person')} {login_host.stub} {script}")
    assert done.returncode == 126, done
    assert (login_host.home("person") / "victims/a").exists()


def test_closed_descriptors_stay_closed(login_host):
    """20: standard descriptors that are closed, and others that are open, arrive as they are."""
    name = login_host.users["bare"]
    look = "ls -l /proc/$$/fd | sed -n 's/.* \\([0-9]*\\) -> \\(.*\\)/\\1 \\2/p' >&7"
    for closing in ("<&-", "<&- 2>&-", "2>&-"):
        seen = []
        for shell in ("/bin/bash", login_host.bare):
            out = login_host.folder / "fds"
            out.write_text("")
            out.chmod(0o666)
            text = f'exec 7>{out} 9</etc/hostname; umask 027; ulimit -n 77; exec setsid -w {shell} -c "$1" {closing}'
            subprocess.run(
                ["runuser", "-u", name, "--", "bash", "-c", text, "x", look + "; umask >&7; ulimit -n >&7"],
                check=False,
                timeout=20,
                stdin=subprocess.DEVNULL,
            )
            seen.append(
                [
                    line
                    for line in out.read_text().splitlines()
                    if "/proc" not in line and "pipe" not in line and "socket" not in line
                ]
            )
        assert seen[0] == seen[1], closing
        assert "0027" in seen[1]
        assert "77" in seen[1]


def run_terminal(argv, expected, **env):
    """A command in a terminal of its own; what it says until a text comes."""
    child = pexpect.spawn(
        argv[0], argv[1:], timeout=20, env={"PATH": os.environ["PATH"], "TERM": "xterm", **env}, cwd="/"
    )
    child.expect(expected)
    return child


@pytest.mark.parametrize(("option", "login"), [("-", True), ("-l", True), (None, False)])
def test_su(login_host, option, login):
    """7: `su - USER`, `su -l USER` and `su USER` in a terminal: guarded, and a login shell only where asked for."""
    words = ["su", *([option] if option else []), login_host.users["person"]]
    login_host.put("person", ".bash_profile", "PROFILE=read; . ~/.bashrc\n")
    child = run_terminal(words, r"home\$ ", HOME="/", SHLVL="1")
    assert b"UNKNOWN" in child.before
    child.send("echo $SHELL:$PROFILE:\r")
    child.expect("/bin/bash:(read)?:\r\n")
    assert child.match[1] == (b"read" if login else None)
    child.close(force=True)


def test_su_with_a_command(login_host):
    """7: `su USER -c` and `su - USER -c` without a terminal are automation's: no guard, login as asked."""
    name = login_host.users["bare"]
    login = "shopt -q login_shell && echo login || echo plain"
    for words, expected in ((["-", name, "-c", login], b"login\n"), ([name, "-c", login], b"plain\n")):
        done = login_host.run("setsid", "-w", "su", *words)
        assert (done.stdout, done.stderr, done.returncode) == (expected, b"", 0)
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("sudo"), reason="sudo is not installed")
def test_sudo(login_host):
    """7: `sudo -u USER -i` is a login shell, with a command as well; `sudo -u USER -s` is none."""
    name, login = login_host.users["bare"], "shopt -q login_shell && echo login || echo plain; echo $SHELL"
    done = login_host.run("setsid", "-w", "sudo", "-n", "-u", name, "-i", "eval", login)
    assert done.stdout == b"login\n/bin/bash\n", done
    done = login_host.run(
        "setsid", "-w", "sudo", "-n", "-u", name, "-s", "eval", login, env={"SHELL": str(login_host.bare)}
    )
    assert done.stdout == b"plain\n/bin/bash\n", done
    assert login_host.poison.read_text() == ""
    child = run_terminal(["sudo", "-n", "-u", login_host.users["person"], "-i"], r"home\$ ", SHLVL="2")
    assert b"UNKNOWN" in child.before
    child.close(force=True)


def test_cron_and_at(login_host):
    """7: as cron and at start it (SHELL, -c or standard input, no terminal): untouched, and nobody is asked."""
    assert start(login_host, "-c", "rm -rf ~/none; echo ran").stdout == b"ran\n"
    done = start(login_host, input=b"cd / || exit 1\necho from-at\n")
    assert done.stdout == b"from-at\n"
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("atd"), reason="at is not installed")
def test_at_itself(login_host):
    """7: a real `at` job of a user with safeshell-login runs."""
    daemon = subprocess.Popen(
        [shutil.which("atd"), "-f", "-b", "1"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    made = login_host.home("bare") / "by-at"
    try:
        time.sleep(0.3)
        name = login_host.users["bare"]
        login_host.run(
            "runuser",
            "-u",
            name,
            "--",
            "at",
            "now",
            input=f"echo $SHELL >{made}\n".encode(),
            env={"SHELL": str(login_host.bare)},
        )
        end = time.monotonic() + 20
        while not made.exists() or not made.read_text():
            if time.monotonic() > end:
                pytest.skip("atd does not run jobs here")
            time.sleep(0.2)
    finally:
        daemon.terminate()
        daemon.wait(10)
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("chsh"), reason="chsh is not installed")
def test_chsh(login_host):
    """7: once it stands in /etc/shells, chsh takes it; root's `chsh` sets and takes it back."""
    name = login_host.users["plain"]
    done = login_host.run("chsh", "-s", str(login_host.stub), name)
    try:
        assert login_host.ssh("plain", "echo $SHELL").stdout == b"/bin/bash\n", done
    finally:
        login_host.run("chsh", "-s", "/bin/bash", name)


def test_the_shell_is_bash_without_configuration(login_host):
    """Without configuration: bash, whatever SHELL said before."""
    assert start(login_host, "-c", "echo $SHELL $BASH_VERSION", env={"SHELL": "/bin/dash"}).stdout.startswith(
        b"/bin/bash 5"
    )


@pytest.mark.parametrize("shell", ["zsh", "dash", "fish"])
def test_the_link_names_the_shell(login_host, shell):
    """A link safeshell-login-zsh means zsh."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    link = login_host.bare.with_name(f"safeshell-login-{shell}")
    link.unlink(missing_ok=True)
    link.symlink_to(login_host.bare)
    login_host.link = link
    done = start(login_host, "-c", "echo $SHELL", shell="link")
    assert done.stdout.decode().strip().endswith(f"/{shell}")


def test_the_configuration_names_the_shell(login_host):
    """login.shell of the administrator; a change counts at the next login; a shell that is not there is passed over."""
    config = login_host.etc / "config.yaml"
    for shell in ("/bin/dash", "/bin/bash"):
        config.write_text(f"login: {{shell: {shell}}}\n")
        os.utime(config)
        assert login_host.ssh("person", "echo $SHELL").stdout == f"{shell}\n".encode()
    config.write_text("login: {shell: /bin/none-such}\n")
    done = login_host.ssh("person", "echo $SHELL")
    assert done.stdout == b"/bin/bash\n"
    assert done.stderr.startswith(b"safeshell: login.shell /bin/none-such cannot be used")


def test_it_is_never_its_own_real_shell(login_host):
    """login.shell naming safeshell-login, or a link to it, does not loop."""
    link = login_host.folder / "bin/other"
    link.unlink(missing_ok=True)
    link.symlink_to(login_host.stub)
    for path in (login_host.stub, link):
        (login_host.etc / "config.yaml").write_text(f"login: {{shell: {path}}}\n")
        os.utime(login_host.etc / "config.yaml")
        assert login_host.ssh("person", "echo $SHELL").stdout == b"/bin/bash\n"


def test_a_person_s_own_file_chooses_the_shell(login_host):
    """~/.config/safeshell/config.yaml: the shell counts, and under an administrator's floor the list of automation does not."""
    name = login_host.users["person"]
    text = f"login: {{shell: /bin/dash, automation: [{name}]}}\n"
    mine = login_host.put("person", ".config/safeshell/config.yaml", text)
    login_host.put("person", "victims/a", "precious\n")
    try:
        (login_host.etc / "config.yaml").write_text("tint: false\n")
        assert login_host.ssh("person", "echo $SHELL").stdout == b"/bin/dash\n"
        assert login_host.ssh("person", "rm -rf ~/victims").returncode == 126
    finally:
        mine.unlink()


def test_bash_as_sh_runs_the_stub_as_well(login_host):
    """Where /bin/sh is bash, the same script works."""
    copy = login_host.make_stub("bash/safeshell-login", login_host.never)
    copy.write_text(copy.read_text().replace("#!/bin/sh", "#!/bin/bash --posix", 1))
    login_host.bashy = copy
    assert start(login_host, "-c", "echo $SHELL $0 $1", "zero", "one", shell="bashy").stdout == b"/bin/bash zero one\n"
    done = login_host.run(
        "setsid", "-w", "su", "-s", str(copy), "-", login_host.users["bare"], "-c", "shopt login_shell"
    )
    assert done.stdout.split() == [b"login_shell", b"on"]


def test_the_stub_may_be_read_and_started_by_everybody():
    """It ships with its mode."""
    from tests.live.loginhost import STUB

    assert Path(STUB).stat().st_mode & 0o555 == 0o555
    assert sys.executable


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_a_zsh_login_is_guarded(login_host):
    """login.shell: /bin/zsh: the interactive login is a guarded zsh with the person's files."""
    login_host.put("person", ".zshrc", "PS1='home$ '\n")
    login_host.put("person", "victims/a", "precious\n")
    (login_host.etc / "config.yaml").write_text("login: {shell: /bin/zsh}\n")
    child = login_host.terminal("person")
    child.expect(r"\[UNKNOWN [^\]]*ro\]")
    child.expect(r"home\$ ")
    child.send("echo shell-$SHELL; [[ -o login ]] && echo log-in\r")
    child.expect("shell-/bin/zsh\r\nlog-in")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    time.sleep(0.5)
    child.send("\x1b")
    child.expect("refused")
    assert (login_host.home("person") / "victims/a").exists()
    child.close(force=True)
