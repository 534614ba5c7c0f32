"""Live tests: a real bash under the real session, driven through a real terminal by pexpect."""

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent.parent
GUARD = Path(__file__).with_name("word_guard.py")
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?!]*[A-Za-z]|\][^\x07]*\x07|[=>c]|\(B)")
TITLE = r"\x1b\]2;PROD web-3[^\x07]*\x07"
PROMPT = "P> "
START_FILES = {
    "bash": (".bashrc", "PS1='P> '\n"),
    "zsh": (".zshrc", "PS1='P> '\nunsetopt prompt_sp\nHISTFILE=\nSAVEHIST=0\nHISTSIZE=1000\nbindkey -e\n"),
    "fish": (".config/fish/config.fish", "function fish_prompt; echo -n 'P> '; end\nset -g fish_greeting\n"),
}
SEGMENT = re.compile(r"\[PROD web-3 [^]]*\] P> ")


class Live:
    """One guarded bash. `home` is its HOME, `log` what its guard was asked and told."""

    def __init__(
        self,
        home: Path,
        *,
        rc: str | None = None,
        shell: str = "bash",
        args: tuple[str, ...] = (),
        size: tuple[int, int] = (24, 80),
        **env: str,
    ) -> None:
        self.home = home
        self.logfile = home.parent / "guard.log"
        file, plain = START_FILES[shell]
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(plain if rc is None else rc)
        if shell == "fish":  # where this is missing it reads every manual page of the machine in the background
            (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        base = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "GUARD_LOG": str(self.logfile),
            "GUARD_SHELL": shell,
            "XDG_STATE_HOME": str(home.parent / "s"),
            "LANG": "C.UTF-8",
        }
        self.pty = pexpect.spawn(
            sys.executable, [str(GUARD), *args], cwd=str(home), env={**base, **env}, dimensions=size, timeout=8, encoding="utf-8", codec_errors="surrogateescape"
        )  # fmt: skip
        self.pty.delaybeforesend = 0

    def prompt(self, timeout: float = 8) -> str:
        """Wait for the next prompt (its title marks it, redrawn ones have none); the text before it."""
        self.pty.expect(TITLE, timeout=timeout)
        seen = self.pty.before
        self.pty.expect(re.escape(PROMPT), timeout=timeout)
        seen += self.pty.before + self.pty.after + self.settle(0.05)
        return SEGMENT.sub("", ESCAPES.sub("", seen))

    def line(self, text: str, timeout: float = 8) -> str:
        """Type a line and Enter; what the screen got until the next prompt."""
        self.pty.send(text + "\r")
        return self.prompt(timeout)

    def output(self, text: str, timeout: float = 8) -> str:
        """The output of a line alone."""
        # fish marks where a prompt begins, and wipes the mark out again.
        lines = re.sub("⏎ *⏎ ?", "", self.line(text, timeout).replace("\r", "")).split("\n")
        return "\n".join(lines[1:]).strip("\n")

    def events(self, kind: str = "") -> list[dict]:
        if not self.logfile.exists():
            return []
        found = [json.loads(line) for line in self.logfile.read_text().split("\n")[:-1]]
        return [event for event in found if not kind or event["kind"] == kind]

    def texts(self, source: str = "line") -> list[str]:
        return [event["text"] for event in self.events("judge") if event["source"] == source]

    def wait_for(self, condition, timeout: float = 5) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            with contextlib.suppress(pexpect.TIMEOUT):
                self.pty.read_nonblocking(65536, 0.05)

    def settle(self, quiet: float = 0.4) -> str:
        """Everything that comes until the terminal is silent for a while."""
        seen = ""
        while True:
            try:
                seen += self.pty.read_nonblocking(65536, quiet)
            except (pexpect.TIMEOUT, pexpect.EOF):
                return ESCAPES.sub("", seen)

    def leave(self, text: str = "exit", timeout: float = 8) -> int:
        """Type the last line; the session's exit status."""
        self.pty.send(text + "\r")
        self.pty.expect(pexpect.EOF, timeout=timeout)
        self.pty.close()
        return self.pty.exitstatus if self.pty.exitstatus is not None else -self.pty.signalstatus

    def end(self) -> None:
        started = self.events("start")
        for pid in (started[0]["shell"], started[0]["pid"]) if started else ():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.pty.close(force=True)


@pytest.fixture
def start(tmp_path):
    """Start guarded shells that end with the test."""
    running = []

    def begin(**options) -> Live:
        home = tmp_path / f"home{len(running)}" / "h"
        home.mkdir(parents=True)
        live = Live(home, **options)
        running.append(live)
        return live

    yield begin
    for live in running:
        live.end()


@pytest.fixture
def shell(start):
    """A guarded bash at its first prompt."""
    live = start()
    live.prompt()
    return live


@pytest.fixture
def houses(tmp_path, house_shell):
    """Open houses that end with the test."""
    from tests.live.house import House

    opened = []

    def begin(**options) -> House:
        folder = tmp_path / f"h{len(opened)}"
        folder.mkdir()
        opened.append(House(folder, **{"shell": house_shell, **options}))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


@pytest.fixture
def house(houses):
    """A guarded production shell at its first prompt, with the real guard."""
    return houses()


@pytest.fixture(scope="module")
def house_shell():
    """Which shell the houses of a module have; a module of another shell overrides it."""
    return "bash"


@pytest.fixture(scope="module")
def _shared_house(tmp_path_factory, house_shell):
    from tests.live.house import House

    opened = [House(tmp_path_factory.mktemp("shared"), shell=house_shell)]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def shared(_shared_house, tmp_path_factory, house_shell):
    """One house for many short tests; a new one where a test left it in disorder."""
    from tests.live.house import House

    yield _shared_house[-1]
    try:
        _shared_house[-1].tidy()
    except AssertionError:
        _shared_house[-1].close()
        _shared_house.append(House(tmp_path_factory.mktemp("shared"), shell=house_shell))


@pytest.fixture(scope="session")
def _login_host():
    from tests.live.loginhost import Host, why_not

    if why := why_not():
        pytest.skip(why)
    host = Host()
    try:
        host.add("plain", "/bin/bash")
        host.add("person", host.stub)
        host.add("bare", host.bare)
        host.start()
        yield host
    finally:
        host.close()


@pytest.fixture
def login_host(_login_host):
    """A host with its own sshd: `plain` has bash as login shell, `person` safeshell-login, `bare` one without a guard."""
    for left in _login_host.etc.iterdir():
        left.unlink()
    _login_host.poison.write_text("")
    return _login_host


@pytest.fixture(scope="module")
def _ssh_host():
    from tests.live.loginhost import Host, why_not

    if why := why_not():
        pytest.skip(why)
    host = Host()
    try:
        host.add("plain", "/bin/bash")
        host.aliases |= {"prod-web": "plain", "dev-box": "plain"}
        host.start()
        yield host
    finally:
        host.close()


@pytest.fixture
def local(_ssh_host, tmp_path):
    """A person with safe-ssh; `prod-web` and `dev-box` are names of a host with bash."""
    from tests.live.sshlocal import Local

    person = Local(_ssh_host, tmp_path / "home")
    _ssh_host.put("plain", "victims/a", "precious\n")
    _ssh_host.put("plain", "victims/b", "precious\n")
    yield person
    person.close()


@pytest.fixture(params=("bash", "zsh", "fish", "dash"))
def far(request, _ssh_host, tmp_path):
    """A person with safe-ssh, and an account of that host with this login shell."""
    from tests.live.sshshells import Far

    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    person = Far(_ssh_host, tmp_path / "home").settle(request.param)
    yield person
    person.close()
