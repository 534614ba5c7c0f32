"""Guarded shells of people who become others: throwaway users with every shell, and leave to use sudo.

What must not live here: assertions about one feature; a stand-in for sudo, su or a shell.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect

from tests.live.loginhost import PATIENCE, Host, tool

MARK = "home$ "
TITLE = re.compile(rb"\x1b\]2;([^\x07]*)\x07")
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>]|\(B)")
QUESTION = re.compile(rb"(Esc to cancel|\[Esc\] no): *$")
FISH = "function fish_prompt; printf 'home$ '; end\nfunction fish_greeting; end\nfunction fish_title; end\n"
FILES = {
    "bash": {".bashrc": "PS1='home$ '\n", ".bash_profile": "echo profile >>~/profiles\n. ~/.bashrc\n"},
    "zsh": {".zshrc": "PS1='home$ '\nunsetopt prompt_sp\n", ".zprofile": "echo profile >>~/profiles\n"},
    "fish": {".config/fish/config.fish": FISH, ".local/share/fish/generated_completions/x": ""},
}
"""Start files by shell; a profile counts how often it was read, in a file."""


@contextlib.contextmanager
def people(*names: str) -> Iterator[Host]:
    """A host with a person for each shell that is named and here; all of them may use sudo for everything."""
    host = Host()
    rules = Path(f"/etc/sudoers.d/safeshell-test-{os.getpid()}")
    try:
        for name in names:
            host.add(name, tool(name))
            dress(host, name)
        lines = [f"{user} ALL=(ALL:ALL) NOPASSWD: ALL\n" for user in host.users.values()]
        rules.write_text("".join(lines))
        rules.chmod(0o440)
        yield host
    finally:
        rules.unlink(missing_ok=True)
        host.close()


def dress(host: Host, name: str) -> None:
    """Start files, and things to lose."""
    for files in FILES.values():
        for file, text in files.items():
            host.put(name, file, text)
    host.put(name, "victims/a", "precious\n")
    subprocess.run([tool("chown"), "-R", host.users[name], str(host.home(name))], check=True)


def why_not() -> str:
    """Why there can be no such people here."""
    from tests.live.loginhost import why_not as no_host

    missing = [name for name in ("sudo", "su", "runuser", "zsh") if shutil.which(name) is None]
    return no_host() or (f"not installed: {', '.join(missing)}" if missing else "")


class Desk:
    """A terminal with a guarded shell of one of them, or of whatever `argv` starts."""

    def __init__(self, host: Host, name: str = "bash", *, argv: tuple[str, ...] = (), **environ: str) -> None:
        self.host = host
        shell = self.shell = "bash" if name not in FILES else name
        words = (
            "runuser",
            "-u",
            host.users[name],
            "--",
            str(host.guard),
            "--shell",
            shell,
            "--guard-tier",
            "production",
        )
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(host.home(name)),
            "USER": host.users[name],
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": tool(shell),
            **environ,
        }
        words = argv or words
        self.pty = pexpect.spawn(
            words[0], list(words[1:]), env=env, cwd=env["HOME"], dimensions=(24, 120), timeout=PATIENCE
        )
        self.pty.delaybeforesend = None
        self.raw = b""
        self.prompt(0)

    def pump(self, patience: float = 0.05) -> bool:
        """Read what there is."""
        try:
            self.raw += self.pty.read_nonblocking(65536, patience)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        return True

    def until(self, condition, why: str) -> None:
        """Wait until the condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{why} never came: {self.seen()[-2000:]}"
            if not self.pump(0.1) and not self.pty.isalive():
                assert condition(), f"it ended before {why} came: {self.seen()[-2000:]}"

    def send(self, keys: str) -> Desk:
        """Press keys."""
        self.pty.send(keys)
        return self

    def seen(self, since: int = 0) -> str:
        """What the terminal got, without its sequences."""
        return ESCAPES.sub(b"", self.raw[since:]).decode(errors="replace").replace("\r", "")

    def expect(self, text: str, since: int = 0) -> Desk:
        """Wait for a text."""
        self.until(lambda: text in self.seen(since), repr(text))
        return self

    def prompt(self, since: int) -> Desk:
        """Wait for a prompt whose title came after `since`."""

        def there() -> bool:
            titles = list(TITLE.finditer(self.raw, since))
            return bool(titles) and MARK in self.seen(titles[-1].end()) and not self.pump(0.05)

        self.until(there, "a prompt")
        return self

    def line(self, text: str) -> str:
        """Type a line; what it printed until the next prompt."""
        since = len(self.raw)
        mark = f"{time.monotonic_ns():x}"
        self.send(f"echo '<{mark}'; {text}\r").prompt(since)
        told = re.sub("⏎ *⏎ ?", "", self.seen(since)).rpartition(f"\n<{mark}\n")[2]
        return re.split(r"\n[%#]? *\[[A-Z]+ ", told, maxsplit=1)[0].strip("\n")

    def status(self) -> int:
        """The exit status of the line before."""
        since = len(self.raw)
        variable = "$status" if self.shell == "fish" else "$?"
        self.send(f"echo st={variable}\r").prompt(since)
        return int(re.findall(r"\nst=(\d+)", self.seen(since))[-1])

    def enter(self, text: str) -> Desk:
        """Type a line that opens a shell; wait for its prompt."""
        since = len(self.raw)
        return self.send(f"{text}\r").prompt(since)

    def asks(self, text: str) -> str:
        """Type a line that is asked about; what the question says."""
        since = len(self.raw)
        self.send(f"{text}\r")
        self.until(lambda: QUESTION.search(self.seen(since).rstrip("\n").encode()), f"the question about {text!r}")
        return self.seen(since)

    def refuse(self) -> Desk:
        """Esc, slower than type-ahead."""
        while self.pump(0.4):
            continue
        since = len(self.raw)
        self.send("\x1b").expect("safeshell: refused: ", since)
        return self.prompt(since)

    @property
    def title(self) -> str:
        """The last title."""
        return TITLE.findall(self.raw)[-1].decode()

    def close(self) -> None:
        """End it, however it stands."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pty.pid, signal.SIGHUP)
        self.pty.close(force=True)
