"""A host whose people have bash, zsh, fish and dash as login shells, each with start files of their own.

What must not live here: assertions; a stand-in for ssh or a shell.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.sshlocal import PROMPT, Local, gone

if TYPE_CHECKING:
    import pexpect

SHELLS = ("bash", "zsh", "fish", "dash")
_FISH = """\
function fish_prompt; printf 'home$ '; end
function fish_greeting; end
set -gx FROM_RC rc
if status is-login; set -gx FROM_PROFILE profile; end
"""
FILES = {
    "bash": {".bashrc": "PS1='home$ '\nFROM_RC=rc\n", ".bash_profile": "FROM_PROFILE=profile\n. ~/.bashrc\n"},
    "zsh": {".zshrc": "PS1='home$ '\nFROM_RC=rc\n", ".zprofile": "FROM_PROFILE=profile\n"},
    "fish": {".config/fish/config.fish": _FISH},
    "dash": {
        ".profile": "export FROM_PROFILE=profile ENV=$HOME/.shrc\numask 027\n",
        ".shrc": "PS1='home$ '\nFROM_RC=rc\nalias l='ls'\n",
    },
}
"""Start files: what a login shell reads, and what an interactive one does."""


class Far(Local):
    """A person here, and an account there with one of SHELLS: `name` as a destination, `home_there` its home."""

    shell = ""

    @property
    def name(self) -> str:
        return f"prod-{self.shell}"

    @property
    def home_there(self) -> Path:
        return self.host.home(self.shell)

    def settle(self, shell: str) -> Far:
        """Make the account, once, and its files anew."""
        self.shell = shell
        if shell not in self.host.users:
            self.host.add(shell, shutil.which(shell) or shell)
            self.host.aliases[self.name] = shell
            self.host._write_client()
        for name, text in FILES[shell].items():
            self.host.put(shell, name, text)
        for name in ("a", "b"):
            self.host.put(shell, f"victims/{name}", "precious\n")
        self.fresh()
        return self

    def enter(self, *words: str, **options) -> pexpect.spawn:
        """A followed shell at its first prompt."""
        return self.follow(*(words or (self.name,)), **options)

    def intact(self) -> bool:
        return all((self.home_there / f"victims/{name}").exists() for name in "ab")

    def gone(self) -> None:
        """Wait until nothing of this account is left on that host: no directory of ours, no process."""
        gone(self.host, self.shell)


def plain(data: bytes) -> str:
    """Without escape sequences and carriage returns."""
    text = re.sub(rb"\x1b(\[[0-9;?>=<]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-B]|[=>78M])", b"", data)
    return text.decode("utf-8", "replace").replace("\r", "")


def output(child: pexpect.spawn, text: str) -> str:
    """Type a line that prints between marks; what it printed. For shells whose editor draws a line anew."""
    child.send(f"printf 'be%s\\n' gin; {text}; printf 'fi%s\\n' nish\r")
    child.expect("finish\r\n")
    shown = plain(child.before)
    child.expect(PROMPT)
    return shown.rpartition("begin\n")[2].strip("\n")
