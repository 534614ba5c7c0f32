"""The whole house in a real terminal: `safeshell` with its real guard, packs, dialogs and audit.

pexpect types, pyte draws. Each House has a private HOME with a start file as people have them, a
private state directory, and things to lose below HOME/victims (a home directory is no scratch, even
below /tmp). What must not live here: assertions about one feature; a stand-in for any part.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pexpect
import psutil
import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15.0
FULL, KEY = "Esc to cancel:", "[Esc] no:"
TITLE = re.compile(rb"\x1b\]2;[^\x07]*\x07")
CHALLENGE = re.compile(r'Type "([^"]*)" to run it', re.DOTALL)
BASHRC = r"""
# ~/.bashrc: as Debian writes it, shortened
case $- in *i*) ;; *) return ;; esac
HISTCONTROL=ignoreboth
shopt -s histappend checkwinsize
HISTSIZE=1000
HISTFILESIZE=2000
PS1='\[\033[01;32m\]dana@box\[\033[00m\]:\[\033[01;34m\]\w\[\033[00m\]\$ '
alias ll='ls -alF'
alias grep='grep --color=auto'
mkcd() { mkdir -p "$1" && cd "$1"; }
"""


ZSHRC = r"""
HISTSIZE=1000
SAVEHIST=0
setopt hist_ignore_dups hist_ignore_space interactivecomments
unsetopt prompt_sp
bindkey -e
PROMPT='%F{green}%n@box%f:%F{blue}%~%f# '
alias ll='ls -alF'
alias grep='grep --color=auto'
mkcd() { mkdir -p "$1" && cd "$1"; }
"""
FISHRC = r"""
set -g fish_greeting
function fish_prompt; set_color green; echo -n $USER@box; set_color normal; echo -n ':'(prompt_pwd)'# '; end
abbr -a ll 'ls -alF'
function mkcd; mkdir -p $argv[1]; and cd $argv[1]; end
function fish_title; end
"""
START_FILES = {"bash": (".bashrc", BASHRC), "zsh": (".zshrc", ZSHRC), "fish": ("../config/fish/config.fish", FISHRC)}
"""Where a shell's start file lies below HOME, and one as people have them."""


class Display(pyte.Screen):
    """pyte's screen with an alternate screen, and without stumbling over the queries that vim sends."""

    _main: tuple[object, object] | None = None

    def set_mode(self, *modes: int, **more: bool) -> None:
        """?1049: keep the picture and the cursor, and begin with an empty screen."""
        super().set_mode(*modes, **more)
        if more.get("private") and 1049 in modes and self._main is None:
            self._main = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **more: bool) -> None:
        """Bring both back."""
        super().reset_mode(*modes, **more)
        if more.get("private") and 1049 in modes and self._main is not None:
            (self.buffer, self.cursor), self._main = self._main, None
            self.dirty.update(range(self.lines))

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Colours; a private sequence of the same letter sets none."""
        if not private:
            super().select_graphic_rendition(*attributes)


class House:
    """One guarded shell. `asked` after `line` says which question is open: "", "key" or "full"."""

    def __init__(
        self,
        folder: Path,
        *,
        rc: str | None = None,
        shell: str = "bash",
        args: tuple[str, ...] = ("--guard-tier", "production"),
        argv: tuple[str, ...] = (),
        size: tuple[int, int] = (24, 80),
        config: str = "",
        wait: bool = True,
        **env: str,
    ) -> None:
        self.folder = folder
        self.shell = shell
        self.home = folder / "home"
        self.state = folder / "state"
        self.victims = self.home / "victims"
        self.home.mkdir(parents=True, exist_ok=True)
        self.refill()
        file, plain = START_FILES[shell]
        (self.home / file).parent.mkdir(parents=True, exist_ok=True)
        (self.home / file).write_text(plain if rc is None else rc)
        # Where this is missing fish reads every manual page of the machine in the background, once.
        (self.home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        if shell != "bash":
            args = ("--shell", shell, *args)
        (self.home / ".inputrc").write_text("set bell-style none\n")
        self.marks = re.compile(rb"\$ |# |> ")
        base = {
            "HOME": str(self.home),
            "PATH": f"{self._bin()}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "SAFESHELL_STATE_DIR": str(self.state),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "LANG": "C.UTF-8",
            "EDITOR": "true",
        }
        if config:
            (folder / "config" / "safeshell").mkdir(parents=True, exist_ok=True)
            (folder / "config" / "safeshell" / "config.yaml").write_text(config)
        self.rows, self.columns = size
        self.display = Display(self.columns, self.rows)
        self.stream = pyte.ByteStream(self.display)
        self.raw = b""
        command = argv or (sys.executable, "-m", "safeshell.cli.main", "shell", *args)
        self.pty = pexpect.spawn(
            command[0], list(command[1:]), cwd=str(self.home), env={**base, **env}, dimensions=size, timeout=PATIENCE
        )
        self.pty.delaybeforesend = None
        self.asked = ""
        if wait:
            self.prompt(0)

    def _bin(self) -> Path:
        """A directory with the command `safeshell` of this checkout."""
        place = self.folder / "bin"
        place.mkdir(exist_ok=True)
        command = place / "safeshell"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m safeshell.cli.main "$@"\n')
        command.chmod(0o755)
        return place

    # ---- things to lose ---------------------------------------------------------------------------

    def refill(self) -> None:
        """Make everything that can be lost."""
        for name in ("a", "b c", "sub/d"):
            file = self.victims / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists() or file.read_text() != "precious\n":
                file.write_text("precious\n")

    def intact(self) -> bool:
        """Nothing was lost."""
        return all(
            (self.victims / name).is_file() and (self.victims / name).read_text() == "precious\n"
            for name in ("a", "b c", "sub/d")
        )

    def tidy(self) -> None:
        """Be at an empty prompt in HOME with everything there again."""
        for _ in range(4):
            if not self.question():
                break
            self.send("\x1b").rest(0.2)
        self.send("\x03").rest(0.1)
        self.refill()
        assert self.output("cd; echo alive").endswith("alive"), self.text()

    # ---- the terminal -----------------------------------------------------------------------------

    def pump(self, seconds: float = 0.05) -> bool:
        """Draw what arrives within this time; False when nothing came."""
        try:
            data = self.pty.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def rest(self, seconds: float = 0.15) -> House:
        """Draw until nothing has come for this long."""
        while self.pump(seconds):
            continue
        return self

    def until(self, condition, why: str = "", patience: float = PATIENCE) -> House:
        """Draw until a text stands on the screen, or until the condition holds."""
        met = condition if callable(condition) else lambda: condition in self.text()
        end = time.monotonic() + patience
        while not met():
            assert time.monotonic() < end, f"{why or condition!r} never came; the screen:\n{self.text()}"
            self.pump()
        return self

    def send(self, keys: str | bytes) -> House:
        """Press keys."""
        self.pty.send(keys)
        return self

    def prompt(self, since: int, patience: float = PATIENCE) -> House:
        """Wait for a prompt that came after `since` bytes of output, or for a question."""
        end = time.monotonic() + patience
        while True:
            if (found := self.question()) and len(self.raw) > since:
                self.asked = found
                return self
            # The title of a prompt comes with the hook's answer; the prompt itself follows.
            titles = list(TITLE.finditer(self.raw, since))
            if titles and self.marks.search(self.raw, titles[-1].end()) and not self.pump(0.03):
                if self.question():
                    continue
                self.asked = ""
                return self
            assert time.monotonic() < end, f"neither prompt nor question came; the screen:\n{self.text()}"
            assert self.pump() or self.pty.isalive(), f"it ended; the screen:\n{self.text()}"

    def question(self) -> str:
        """Which question stands at the cursor."""
        row = self.display.cursor.y
        flat = "".join(self.display.display[max(0, row - 4) : row + 1])
        flat = re.sub(r"\s+", " ", flat).rstrip()
        if flat.endswith(FULL):
            return "full"
        return "key" if flat.endswith(KEY) else ""

    def line(self, text: str, patience: float = PATIENCE, key: str = "\r") -> str:
        """Type a line; wait for the next prompt or a question; which question it is."""
        since = len(self.raw)
        self.send(text + key)
        self.prompt(since, patience)
        return self.asked

    def output(self, text: str, patience: float = PATIENCE) -> str:
        """The output of a line that passes silently."""
        since = len(self.raw)
        marker = f"{time.monotonic_ns():x}"
        asked = self.line(f"echo '<{marker}'; {text}", patience)
        assert not asked, self.text()
        # fish marks where a prompt begins, and wipes the mark out again.
        seen = re.sub(r"⏎ *⏎ ", "", plain_text(self.raw[since:]))
        return seen.rpartition(f"\n<{marker}\n")[2].rpartition("\n[")[0].strip("\n")

    def status(self) -> int:
        """The exit status of what ran last."""
        since = len(self.raw)
        assert not self.line("echo st=$status" if self.shell == "fish" else "echo st=$?")
        found = re.search(r"\nst=(\d+)", plain_text(self.raw[since:]))
        assert found, self.text()
        return int(found[1])

    def answer(self, keys: str) -> House:
        """Answer the open question; wait for the prompt or the next question."""
        assert self.question(), self.text()
        self.rest(0.05)
        since = len(self.raw)
        self.send(keys)
        end = time.monotonic() + PATIENCE
        while self.question() and keys != "\r":
            assert time.monotonic() < end, self.text()
            self.pump()
        return self.prompt(since)

    def no(self) -> House:
        """Esc."""
        return self.answer("\x1b")

    def challenge(self) -> str:
        """What the open question wants typed."""
        flat = re.sub(r"\s*\n\s*", " ", self.text())
        return CHALLENGE.findall(flat)[-1]

    def refuses(self, text: str, key: str = "\r") -> str:
        """This line is asked, Esc refuses it, and nothing is lost; which question it was."""
        how = self.line(text, key=key)
        assert how, f"not asked: {text!r}; the screen:\n{self.text()}"
        assert self.intact()
        self.no()
        while self.asked:
            self.no()
        assert self.intact(), text
        return how

    def resize(self, columns: int, rows: int) -> House:
        """Give the terminal another size."""
        self.columns, self.rows = columns, rows
        self.display.resize(rows, columns)
        self.pty.setwinsize(rows, columns)
        return self

    def lines(self) -> list[str]:
        """The screen."""
        return [line.rstrip() for line in self.display.display]

    def text(self) -> str:
        """The screen without the empty rows below."""
        return "\n".join(self.lines()).rstrip("\n")

    # ---- what was recorded --------------------------------------------------------------------------

    def audit(self, kind: str = "") -> list[dict]:
        """The audit's events, oldest first."""
        found = []
        for file in sorted((self.state / "audit").rglob("*.jsonl")):
            found += [json.loads(line) for line in file.read_text().splitlines()]
        return [event for event in found if not kind or event["kind"] == kind]

    # ---- processes ----------------------------------------------------------------------------------

    def processes(self) -> list[psutil.Process]:
        """Everything that this session started, itself first."""
        try:
            top = psutil.Process(self.pty.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped line does."""
        self.pty.ptyproc.fileobj.close()
        self.pty.closed = self.pty.ptyproc.closed = True

    def gone(self, processes: list[psutil.Process], patience: float = 8.0) -> list[psutil.Process]:
        """Those of the processes that are still there after a while."""
        end = time.monotonic() + patience
        left = processes
        while left and time.monotonic() < end:
            if self.pty.closed:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(self.pty.pid, os.WNOHANG)
                time.sleep(0.02)
            else:
                # pexpect takes a child that was already waited for as an error; here it is the answer.
                with contextlib.suppress(pexpect.ExceptionPexpect):
                    if not self.pump(0.02):
                        self.pty.isalive()
            left = [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        return left

    def close(self) -> None:
        """End everything that was started here."""
        for one in reversed(self.processes()):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        if not self.pty.closed:
            with contextlib.suppress(pexpect.ExceptionPexpect):
                self.pty.close(force=True)


def plain_text(raw: bytes) -> str:
    """Terminal output without escape sequences and carriage returns."""
    text = raw.decode("utf-8", "replace")
    text = re.sub(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?!>]*[A-Za-z]|\x1b[=>()][0B]?", "", text)
    return text.replace("\r", "")
