"""A guarded psql in a real terminal, before a private server: pexpect types, pyte draws.

What must not live here: assertions about one feature, stand-ins.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pyte

from tests.live.house import CHALLENGE, FULL, KEY, ROOT, Display, plain_text
from tests.servers import Server, postgres_server

PATIENCE = 20.0
SHOP = """
create table customers (id int primary key, name text not null);
create table orders (id int primary key, customer int references customers on delete cascade, state text);
insert into customers select n, 'customer ' || n from generate_series(1, 50) n;
insert into orders select n, 1 + n % 50, case when n % 4 = 0 then 'stale' else 'open' end from generate_series(1, 400) n;
"""


@contextlib.contextmanager
def shop_server(**options) -> Iterator[Server]:
    """A server with a database `shop` of 50 customers and 400 orders, 100 of them stale."""
    with postgres_server(**options) as server:
        psql(server, "create database shop", "postgres")
        psql(server, SHOP)
        yield server


def psql(server: Server, text: str, database: str = "shop") -> str:
    """What the real psql prints, without the guard."""
    words = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", server.conninfo(database), "-c", text]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def environment(server: Server, folder: Path) -> dict[str, str]:
    """Of a person whose PG* variables name the server, with a home and a state of their own."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "SAFESHELL", "XDG"))}
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "SAFESHELL_STATE_DIR": str(folder / "state"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "EDITOR": "true",
        "PGHOST": str(server.directory),
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "PGDATABASE": "shop",
    }


SAFE_PSQL = (sys.executable, "-m", "safeshell.cli.safepsql")


class Console:
    """One safe-psql. `tier` is given by --guard-tier; `environ` adds to the person's."""

    def __init__(
        self,
        server: Server,
        folder: Path,
        *words: str,
        tier: str = "production",
        size: tuple[int, int] = (24, 80),
        argv: tuple[str, ...] = (),
        rc: str = "",
        wait: bool = True,
        **environ: str,
    ) -> None:
        self.folder = folder
        self.environ = {**environment(server, folder), **environ}
        self.home = Path(self.environ["HOME"])
        if rc:
            (self.home / ".psqlrc").write_text(rc)
        self.display = Display(size[1], size[0])
        self.stream = pyte.ByteStream(self.display)
        self.raw = b""
        command = argv or (*SAFE_PSQL, "--guard-tier", tier, *words)
        self.pty = pexpect.spawn(
            command[0], list(command[1:]), cwd=str(self.home), env=self.environ, dimensions=size, timeout=PATIENCE
        )
        self.pty.delaybeforesend = None
        if wait:
            self.until(PROMPT)

    def pump(self, patience: float = 0.05) -> bool:
        """Read what there is; False when nothing came."""
        try:
            data = self.pty.read_nonblocking(65536, patience)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def until(self, pattern: str | re.Pattern, *, since: int = 0, patience: float = PATIENCE) -> str:
        """Wait until the terminal's text since then ends in a match; that text."""
        end = time.monotonic() + patience
        wanted = re.compile(pattern) if isinstance(pattern, str) else pattern
        while True:
            seen = plain_text(self.raw[since:])
            if wanted.search(seen) and not self.pump(0.05):
                return seen
            assert time.monotonic() < end, f"{wanted.pattern!r} never came; the screen:\n{self.text()}"
            if not self.pump() and not self.pty.isalive() and not self.pump():
                assert wanted.search(plain_text(self.raw[since:])), f"it ended; the screen:\n{self.text()}"

    def send(self, keys: str) -> Console:
        """Press keys."""
        self.pty.send(keys)
        return self

    def line(self, text: str, patience: float = PATIENCE) -> str:
        """Type a line; what came up to the next prompt or question."""
        since = len(self.raw)
        self.send(text + "\r")
        return self.until(EITHER, since=since, patience=patience)

    def answer(self, keys: str, patience: float = PATIENCE) -> str:
        """Answer the open question; what came up to the next prompt or question."""
        time.sleep(0.3)  # keys are dropped right after a question appeared
        self.pump()
        since = len(self.raw)
        self.send(keys)
        return self.until(EITHER, since=since, patience=patience)

    @property
    def question(self) -> str:
        """Which question stands at the cursor: "", "key" or "full"."""
        row = self.display.cursor.y
        flat = re.sub(r"\s+", " ", "".join(self.display.display[max(0, row - 4) : row + 1])).rstrip()
        return "full" if flat.endswith(FULL) else "key" if flat.endswith(KEY) else ""

    def challenge(self) -> str:
        """What the open question wants typed."""
        return CHALLENGE.findall(re.sub(r"\s*\n\s*", " ", self.text()))[-1]

    def text(self) -> str:
        """The screen without the empty rows below."""
        return "\n".join(line.rstrip() for line in self.display.display).rstrip("\n")

    def leave(self, keys: str = "\\q\r") -> int:
        """Type the last keys; the exit status, negative for a signal."""
        self.send(keys)
        return self.end()

    def end(self) -> int:
        """Wait for the end; the exit status, negative for a signal."""
        end = time.monotonic() + PATIENCE
        while self.pty.isalive():
            assert time.monotonic() < end, f"it does not end; the screen:\n{self.text()}"
            self.pump()
        while self.pump():
            pass
        self.pty.close()
        return self.pty.exitstatus if self.pty.exitstatus is not None else -self.pty.signalstatus

    def close(self) -> None:
        """End it, however it stands."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pty.pid, signal.SIGKILL)
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self.pty.close(force=True)


PROMPT = re.compile(r"\[[A-Z]+ [^]\n]*\] (?:\S+[=-][#>]|P>) ?$")
EITHER = re.compile(rf"{PROMPT.pattern}|{re.escape(KEY)} ?$|{re.escape(FULL)} ?$|\(END\) ?$")
