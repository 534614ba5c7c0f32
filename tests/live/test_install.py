"""install.sh for real: into throwaway homes, as an ordinary user, from a copy of this tree.

Needs the package index (pip's own settings count); where pip cannot reach one these tests are skipped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import ROOT, Terminal

USER = 12345
"""Somebody without an entry anywhere; the tests become this user when root runs them."""
AS_ROOT = os.geteuid() == 0
PLAIN = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"] if AS_ROOT else []
CLIENTS = ("safe-psql", "safe-redis-cli", "safe-ssh")
NO_INDEX = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}  # fmt: skip

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(AS_ROOT and not shutil.which("setpriv"), reason="setpriv is not installed"),
]


class Machine:
    """A clone with a blank in its path, and a home with one too."""

    def __init__(self, base: Path) -> None:
        self.base, self.home, self.clone = base, base / "a home", base / "the clone"
        self.home.mkdir()
        self.launcher = self.home / ".local/bin/safeshell"
        names = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, text=True, check=True,
        ).stdout.split("\0")  # fmt: skip
        for name in filter(None, names):
            target = self.clone / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_symlink() or (ROOT / name).is_file():
                shutil.copy2(ROOT / name, target, follow_symlinks=False)
        self.own()
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x")

    def own(self) -> None:
        """Give everything to the ordinary user."""
        if AS_ROOT:
            subprocess.run(["chown", "-Rh", f"{USER}:{USER}", str(self.base)], check=True)

    def environ(self, **more: str) -> dict[str, str]:
        passed = {
            k: v for k, v in os.environ.items() if k.startswith("PIP_") or k.lower().endswith(("_proxy", "_cert_file"))
        }
        return {
            **passed,
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TERM": "xterm-256color",
            **more,
        }

    def run(self, *argv: str, **env: str) -> subprocess.CompletedProcess:
        """As the ordinary user, with nothing to answer from."""
        return subprocess.run(
            [*PLAIN, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
            env=self.environ(**env), cwd=self.home,
        )  # fmt: skip

    def install(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        return self.run(str(self.clone / "install.sh"), *words, **env)

    def terminal(self, *argv: str, **env: str) -> Terminal:
        return Terminal([*PLAIN, *argv], self.environ(**env), self.home)

    def git(self, *words: str) -> str:
        done = self.run("git", "-C", str(self.clone), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def environments(self) -> list[str]:
        share = self.home / ".local/share/safeshell"
        return sorted(path.name for path in share.iterdir()) if share.exists() else []


def new_machine(base: str) -> Machine:
    Path(base).chmod(0o755)
    return Machine(Path(base))


@pytest.fixture
def machine():
    """A machine on which nothing is installed."""
    with tempfile.TemporaryDirectory(prefix="safeshell-test-", dir="/tmp") as base:
        yield new_machine(base)


@pytest.fixture(scope="module")
def installed():
    """One on which it was installed for the user; the first installation's result is `done`."""
    with tempfile.TemporaryDirectory(prefix="safeshell-test-", dir="/tmp") as base:
        machine = new_machine(base)
        machine.done = machine.install()
        if "pip could not install it" in machine.done.stderr:
            pytest.skip("pip reaches no package index here")
        yield machine


def test_it_installs_without_asking_and_names_every_place_it_writes_to(installed):
    """Standard input is empty; what lies in the home afterwards was all said."""
    done = installed.done
    assert done.returncode == 0, done.stderr
    places = {
        "/".join(path.relative_to(installed.home).parts[:3]) for path in installed.home.rglob("*") if path.is_file()
    }
    commands = {f".local/bin/{name}" for name in ("safeshell", *CLIENTS)}
    assert places == {".local/share/safeshell", ".local/state/safeshell", *commands}
    for place in (".local/share/safeshell", ".local/bin/safeshell", ".local/state/safeshell"):
        assert str(installed.home / place) in done.stdout
    assert "is not in your PATH" in done.stdout


def test_the_guarded_clients_start(installed):
    """Each is there and runs from the installation."""
    for name in CLIENTS:
        done = installed.run(str(installed.home / ".local/bin" / name), "--guard-help")
        assert (done.returncode, "--guard-tier" in done.stdout) == (0, True), done.stderr


def test_the_clone_stays_as_it_was(installed):
    """Not even an ignored file is left in it."""
    assert installed.git("status", "--porcelain", "--ignored") == ""


def test_what_is_installed_guards(installed):
    """The doctor blocks a deletion through the launcher that people call."""
    done = installed.run(str(installed.launcher), "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok    bash: blocked" in done.stdout
    assert "ok    parser: shfmt parses" in done.stdout


def test_the_launcher_heeds_no_python_of_the_environment(installed):
    """A module of ours in PYTHONPATH or in the current directory is not what runs."""
    fake = installed.home / "fake"
    (fake / "safeshell/cli").mkdir(parents=True)
    for name in ("safeshell/__init__.py", "safeshell/cli/__init__.py", "argparse.py", "sitecustomize.py"):
        (fake / name).write_text("raise SystemExit('the wrong one')\n")
    installed.own()
    done = installed.run(
        "sh", "-c", 'cd "$1" && exec "$2" check -- ls', "sh", str(fake), str(installed.launcher),
        PYTHONPATH=str(fake), PYTHONHOME="/nowhere", PYTHONSTARTUP=str(fake / "argparse.py"),
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.startswith("allow: ")
    shutil.rmtree(fake)


def test_an_upgrade_lets_an_open_session_keep_what_it_runs_from(installed):
    """It still asks, with parts that are loaded late; the version goes with the next installation."""
    (installed.home / ".bashrc").write_text("PS1='P> '\nunset HISTFILE\n")
    (installed.home / "data").mkdir()
    (installed.home / "data/file").write_text("x")
    installed.own()
    before = installed.environments()
    terminal = installed.terminal(str(installed.launcher), SAFESHELL_TIER="production").until("P>")
    try:
        done = installed.install()
        assert done.returncode == 0
        assert f"kept {installed.home}/.local/share/safeshell/{before[0]}: a session still runs from it" in done.stdout
        assert len(installed.environments()) == 2
        refused = installed.install("--uninstall")
        assert refused.returncode == 1
        assert "leave it first" in refused.stderr
        terminal.send("rm -rf data\r").until("to run it, Esc to cancel:").rest(0.3).send("\x1b").until("refused")
        assert (installed.home / "data/file").exists()
    finally:
        with contextlib.suppress(pexpect.TIMEOUT):  # how it ends is not what is told here: closing hangs up
            terminal.rest(0.5).send("exit\r")
            terminal.end()
        terminal.close()
        time.sleep(1.0)


def test_installing_again_replaces_the_version_before(installed):
    """One virtual environment is left, and the launcher runs from it."""
    done = installed.install()
    assert done.returncode == 0, done.stderr
    assert "removed the version before" in done.stdout
    (only,) = installed.environments()
    assert only in installed.launcher.read_text()
    assert installed.run(str(installed.launcher), "--version").stdout.startswith("safeshell ")


def test_a_failing_upgrade_leaves_the_old_version_working(installed):
    """No package index: nothing is half replaced."""
    before = installed.environments()
    done = installed.install(**NO_INDEX)
    assert done.returncode == 1
    assert installed.environments() == before
    assert installed.run(str(installed.launcher), "--version").returncode == 0


def test_uninstall_leaves_only_what_is_the_persons(installed):
    """Configuration and audit stay, and it says so; the last test on this machine."""
    config = installed.home / ".config/safeshell/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("version: 1\n")
    installed.own()
    done = installed.install("--uninstall")
    assert done.returncode == 0, done.stderr
    assert not installed.launcher.exists()
    assert installed.environments() == []
    left = {str(path.relative_to(installed.home)) for path in installed.home.rglob("*") if path.is_file()}
    audit = {name for name in left if name.startswith(".local/state/safeshell/audit/")}
    assert audit
    assert left - audit == {".config/safeshell/config.yaml", ".bashrc", "data/file"}
    assert "kept" in done.stdout
    again = installed.install("--uninstall")
    assert again.returncode == 0


def test_without_an_index_it_says_what_may_help_and_leaves_nothing(machine):
    """Exit 1."""
    done = machine.install(**NO_INDEX)
    assert done.returncode == 1
    for words in ("Nothing was changed", "https_proxy=", "PIP_INDEX_URL=", "PIP_FIND_LINKS="):
        assert words in done.stderr
    assert [path for path in machine.home.rglob("*") if path.is_file()] == []
    assert machine.environments() == []


def test_a_command_of_somebody_else_is_never_replaced(machine):
    """Told before anything is installed; uninstalling leaves it alone too."""
    machine.launcher.parent.mkdir(parents=True)
    machine.launcher.write_text("#!/bin/sh\necho another safeshell\n")
    machine.own()
    done = machine.install()
    assert done.returncode == 1
    assert "is not ours" in done.stderr
    assert machine.environments() == []
    assert machine.install("--uninstall").returncode == 0
    assert "another" in machine.launcher.read_text()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("exit 1", "is no Python 3.11 or newer"),
        ('case "$*" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac', "cannot make virtual environments"),
    ],
)
def test_the_python_that_is_named_is_the_one_that_counts(machine, program, said):
    """Another one that would do is not taken in its place."""
    python = machine.home / "my python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    machine.own()
    done = machine.install(PYTHON=str(python))
    assert done.returncode == 1
    assert f"PYTHON={python} {said}" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nonsense",), "unknown option: --nonsense"),
        (("--demo",), "needs a terminal"),
        (("--demo", "--uninstall"), "do not go together"),
        (("--system",), "run it as root"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_happens(machine, words, said):
    """Exit 1 with a line that says what to do."""
    done = machine.install(*words)
    assert done.returncode == 1
    assert said in done.stderr
    assert list(machine.home.iterdir()) == []


def test_help_tells_the_four_ways(machine):
    """Exit 0."""
    done = machine.install("--help")
    assert done.returncode == 0
    for word in ("--demo", "--system", "--uninstall", "PYTHON="):
        assert word in done.stdout


def test_the_demo_in_two_commands(machine):
    """From a fresh clone to a held deletion; the second time at once; nothing but the cache is left."""
    argv = [str(machine.clone / "install.sh"), "--demo"]
    for attempt in (1, 2):
        started = time.monotonic()
        terminal = machine.terminal(*argv)
        while "[PROD" not in terminal.text():
            if "pip could not install" in terminal.text():
                pytest.skip("pip reaches no package index here")
            assert time.monotonic() - started < 200, terminal.text()
            terminal.pump(0.2)
        took = time.monotonic() - started
        terminal.rest(0.3).send("rm -rf data/\r").until("to run it, Esc to cancel:").rest(0.3)
        assert "401 files" in terminal.text()
        terminal.send("\x1b").until("refused").rest(0.5).send("exit\r")
        terminal.end()
        assert attempt == 1 or took < 8
    assert machine.git("status", "--porcelain", "--ignored") == ""
    assert {path.name for path in machine.home.iterdir()} == {".cache"}
    assert machine.install("--uninstall").returncode == 0
    assert [path for path in machine.home.rglob("*") if path.is_file()] == []


def test_an_interrupted_installation_leaves_nothing(machine):
    """SIGTERM while pip runs."""
    process = subprocess.Popen(
        [*PLAIN, str(machine.clone / "install.sh")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=machine.environ(), start_new_session=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGTERM)
        process.stdout.read()
    assert process.returncode != 0
    assert machine.environments() == []
    assert not machine.launcher.exists()


NAMESPACE = """
set -e
mount -t tmpfs none /usr/local/bin
mkdir -p /usr/local/lib/safeshell
mount -t tmpfs none /usr/local/lib/safeshell
mount --bind "$1/etc" /etc
umask 077
"$1/the clone/install.sh" --system
ls -l /etc/safeshell/config.yaml.example /usr/local/bin/safeshell
setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$1/a home" safeshell doctor
"$1/the clone/install.sh" --system --uninstall
ls -A /usr/local/bin /usr/local/lib/safeshell
test ! -e /etc/safeshell
"""


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to make a root of its own")
def test_for_everybody(machine):
    """In a mount namespace of its own: readable for all whatever the umask, guarding, and gone again."""
    if subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
    ).returncode:
        pytest.skip("no mount namespaces here")
    had = Path("/usr/local/lib/safeshell").exists()
    subprocess.run(["cp", "-a", "/etc", str(machine.base / "etc")], check=True)
    users = (
        machine.base / "etc/passwd"
    )  # without those of login tests that run meanwhile: an uninstallation refuses over them
    users.write_text("".join(line for line in users.read_text().splitlines(keepends=True) if "safeshell" not in line))
    shutil.rmtree(machine.base / "etc/safeshell", ignore_errors=True)
    try:
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", NAMESPACE, "sh", str(machine.base)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300, check=False, env=machine.environ(HOME="/root"),
        )  # fmt: skip
    finally:
        if not had:
            Path("/usr/local/lib/safeshell").rmdir()
    if "pip could not install it" in done.stderr:
        pytest.skip("pip reaches no package index here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "safeshell guards this machine" in done.stdout
    assert "-rw-r--r--" in done.stdout
    assert "-rwxr-xr-x" in done.stdout
    assert "removed /usr/local/bin/safeshell" in done.stdout
