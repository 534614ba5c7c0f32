"""A host that people log in to: a private sshd on a loopback port, and throwaway users.

Users are made by useradd, one with bash and others with safeshell-login, and taken away again, so this
needs root. Each has the same home, files and key. What must not live here: assertions; a stand-in for
ssh, the shells, or the guard.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from safeshell.gateways.shfmtplace import find_shfmt

ROOT = Path(__file__).resolve().parents[2]
STUB = ROOT / "safeshell/shells/login/safeshell-login"
NEEDED = ("sshd", "ssh", "ssh-keygen", "useradd", "userdel", "usermod", "bash")
PATIENCE = 20.0
LAUNCHER = """\
#!{python} -IS
import sys
sys.path[:0] = {path!r}
import safeshell.state.paths
safeshell.state.paths.SYSTEM_CONFIG = {etc!r}
from safeshell.cli.main import main
sys.exit(main())
"""


def why_not() -> str:
    """Why there can be no such host here, "" where there can."""
    if os.geteuid() != 0:
        return "throwaway users need root"
    missing = [name for name in NEEDED if tool(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if python_for_all() else "no Python 3.11 or newer that every user may start"


def tool(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def python_for_all() -> str:
    """A Python that users other than root can start, with our compiled dependencies."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        if tool("runuser") is None or not Path(candidate).exists():
            continue
        path = [str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)]
        probe = f"import sys; sys.path[:0] = {path!r}; import yaml, safeshell; sys.exit(sys.version_info < (3, 11))"
        argv = ["runuser", "-u", "nobody", "--", candidate, "-IS", "-c", probe]
        if subprocess.run(argv, capture_output=True, check=False).returncode == 0:
            return candidate
    return ""


class Host:
    """`alias(...)` names a user as an ssh destination: `plain` has bash, `person` safeshell-login."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="safeshell-host-"))
        self.folder.chmod(0o755)
        self.etc = self.folder / "etc"
        self.etc.mkdir()
        self.poison = self.folder / "poison.log"
        self.users: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        """Further names of users as ssh destinations: `prod-web` for `plain`."""
        self.extra: list[str] = []
        self.around: tuple[str, ...] = ()
        """What sshd is started by: the words of a program that becomes its arguments in another world."""
        self._sshd: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._make_keys()
        self.python = self._interpreter()
        self.guard = self._script(
            "safeshell", LAUNCHER.format(python=self.python, path=self._path(), etc=str(self.etc))
        )
        self.never = self._script("never", f'#!/bin/sh\necho "$@" >>{self.poison}\nexit 1\n')
        self.poison.touch(mode=0o666)
        self.poison.chmod(0o666)
        self.stub = self.make_stub("safeshell-login", self.guard)
        self.bare = self.make_stub("bare/safeshell-login", self.never)
        """safeshell-login whose guard notes each call and fails: for what must not call it."""

    # ---- making -----------------------------------------------------------------------------------

    def _path(self) -> list[str]:
        return [str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)]

    def _interpreter(self) -> Path:
        """A directory as a virtual environment's bin: the interpreter, and shfmt beside it."""
        place = self.folder / "venv"
        place.mkdir()
        (place / "python").symlink_to(python_for_all())
        (place / "shfmt").symlink_to(Path(find_shfmt()).resolve())
        return place / "python"

    def _script(self, name: str, text: str) -> Path:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def make_stub(self, name: str, guard: Path) -> Path:
        """safeshell-login as install.sh puts it in place, with another guard and another /etc/safeshell."""
        text = STUB.read_text()
        for key, value in (("guard", guard), ("etc", self.etc)):
            text, count = re.subn(rf"(?m)^safeshell_{key}=.*$", f"safeshell_{key}={value}", text, count=1)
            assert count == 1
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def _make_keys(self) -> None:
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)], check=True, timeout=30
            )
        (self.folder / "keys").mkdir()

    def add(self, alias: str, shell: Path | str) -> str:
        """A user with this login shell; the real name."""
        name = f"sst{secrets.token_hex(3)}"
        home = self.folder / "home" / alias
        home.parent.mkdir(exist_ok=True)
        subprocess.run(
            [tool("useradd"), "--create-home", "--home-dir", str(home), "--shell", str(shell), "--password", "*", name],
            check=True,
            capture_output=True,
        )
        home.chmod(0o755)
        shutil.copy(self.folder / "user.pub", self.folder / "keys" / name)
        (self.folder / "keys" / name).chmod(0o644)
        self.users[alias] = name
        (home / ".bashrc").write_text("case $- in *i*) PS1='home$ ' ;; esac\n")
        os.chown(home / ".bashrc", *self.ids(alias))
        return name

    def ids(self, alias: str) -> tuple[int, int]:
        entry = pwd.getpwnam(self.users[alias])
        return entry.pw_uid, entry.pw_gid

    def home(self, alias: str) -> Path:
        return self.folder / "home" / alias

    def state(self, alias: str) -> Path:
        return self.home(alias) / ".local/state/safeshell"

    def settle(self, config: str) -> None:
        """The administrator's configuration, written a while ago."""
        path = self.etc / "config.yaml"
        path.write_text(config)
        os.utime(path, (time.time() - 60, time.time() - 60))

    def put(self, alias: str, name: str, text: str | bytes) -> Path:
        """A file in a user's home."""
        path = self.home(alias) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        for part in (path, *path.relative_to(self.home(alias)).parents):
            target = part if part == path else self.home(alias) / part
            os.chown(target, *self.ids(alias))
        return path

    # ---- sshd -------------------------------------------------------------------------------------

    def start(self, *lines: str) -> None:
        """Start sshd, with further lines of configuration."""
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = self.folder / f"sshd{self.port}.conf"
        server = next(path for path in ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server") if Path(path).exists())  # fmt: skip
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nPidFile none\nUsePAM no\n"
            f"StrictModes no\nAuthorizedKeysFile {self.folder}/keys/%u\nSubsystem sftp {server}\nLogLevel ERROR\n"
            f"MaxStartups 100\nKbdInteractiveAuthentication no\nAcceptEnv LANG LC_*\n" + "\n".join(lines) + "\n"
        )
        sshd = tool("sshd")
        with (self.folder / "sshd.log").open("ab") as log:
            self._sshd = subprocess.Popen(
                [*self.around, sshd, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log
            )
        self._write_client()
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert time.monotonic() < end, (self.folder / "sshd.log").read_text()
                time.sleep(0.05)
            else:
                return

    def _write_client(self) -> None:
        named = self.users | {alias: self.users[user] for alias, user in self.aliases.items()}
        hosts = "".join(f"Host {alias}\n  User {name}\n" for alias, name in named.items())
        self.client = self.folder / "ssh.conf"
        self.client.write_text(
            f"{hosts}Host *\n  HostName 127.0.0.1\n  Port {self.port}\n  IdentityFile {self.folder}/user\n"
            "  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
            "  BatchMode yes\n  SendEnv LANG LC_*\n"
        )

    def restart(self, *lines: str) -> None:
        self.stop()
        self.start(*lines)

    def stop(self) -> None:
        if self._sshd is not None:
            self._sshd.terminate()
            self._sshd.wait(10)
            self._sshd = None

    def close(self) -> None:
        self.stop()
        for name in self.users.values():
            _end_processes_of(name)
            subprocess.run([tool("userdel"), "--force", name], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- using it ---------------------------------------------------------------------------------

    def ssh(self, alias: str, *words: str, **options) -> subprocess.CompletedProcess[bytes]:
        """`ssh ALIAS WORDS`; options go before the alias by `before`."""
        before = options.pop("before", ())
        return self.run("ssh", "-F", str(self.client), *before, alias, *words, **options)

    def run(self, *argv: str, **options) -> subprocess.CompletedProcess[bytes]:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **options.pop("env", {})}
        settings = {"stdin": subprocess.DEVNULL} if "input" not in options else {}
        return subprocess.run(
            argv, capture_output=True, check=False, timeout=options.pop("timeout", 60), env=env, **settings, **options
        )

    def terminal(self, alias: str, *words: str, before: tuple[str, ...] = ("-tt",), **env: str) -> pexpect.spawn:
        """`ssh -tt ALIAS WORDS` in a terminal."""
        child = pexpect.spawn(
            "ssh",
            ["-F", str(self.client), *before, alias, *words],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                **env,
            },
            dimensions=(24, 80),
            timeout=PATIENCE,
        )
        child.delaybeforesend = None
        return child


def _end_processes_of(name: str) -> None:
    """What a throwaway user still runs ends with the user; nobody else's is touched."""
    uid = pwd.getpwnam(name).pw_uid
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue
    time.sleep(0.1)
