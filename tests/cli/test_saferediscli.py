"""safe-redis-cli with the real redis-cli, off a terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from safeshell.cli.saferediscli import _without_own
from safeshell.model.errors import ConfigError
from safeshell.records.audit import audit_directory
from tests.servers import redis_server

pytestmark = pytest.mark.skipif(not shutil.which("redis-cli"), reason="redis-cli is not installed")


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def safe(running, tmp_path):
    environ = {**os.environ, "SAFESHELL_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])

    def run(*words, input="", server=running, tier="production", **more):  # noqa: A002 - subprocess's word
        argv = [sys.executable, "-m", "safeshell.cli.saferediscli", "--guard-tier", tier, "-s", str(server.socket)]
        return subprocess.run(
            [*argv, *words],
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**environ, **more},
        )

    run.state = environ
    return run


def direct(running, *words):
    argv = ["redis-cli", "-s", str(running.socket), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


def test_one_command(running, safe):
    """Reads answer as without the guard; a write is refused with its preview and a request."""
    direct(running, "set", "a", "1")
    read = safe("get", "a")
    assert (read.stdout, read.stderr, read.returncode) == ("1\n", "", 0)
    refused = safe("set", "a", "2")
    assert refused.stdout.startswith("safeshell: refused: this overwrites the key")
    assert "safeshell approve --own" in refused.stdout
    assert direct(running, "get", "a") == "1"
    assert safe("-e", "set", "a", "2").returncode == 1


def test_lines_from_standard_input(running, safe):
    """Each is judged; those around a refused one run."""
    direct(running, "set", "a", "1")
    done = safe(input="get a\nflushall\nget a\n")
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[0] == lines[2] == "1"
    assert lines[1].startswith("safeshell: refused: this removes every key of every database")


@pytest.mark.parametrize(
    "words",
    [
        ["--scan"],
        ["-n", "3", "dbsize"],
        ["--bigkeys"],
        ["--csv", "mget", "a", "b"],
        ["-r", "3", "ping"],
        ["-3", "hgetall", "h"],
        ["--no-raw", "info", "server"],
        ["--eval", "/dev/null"],
    ],
    ids=" ".join,
)
def test_other_modes_give_what_redis_cli_gives(running, safe, words):
    """In development, where nothing is asked."""
    direct(running, "hset", "h", "a", "1")
    through = safe(*words, tier="development")
    plain = subprocess.run(
        ["redis-cli", "-s", str(running.socket), *words], capture_output=True, text=True, check=False, timeout=20
    )
    strip = "uptime_in|tcp_port|lru_clock|connected|executed|process_id|server_time"
    keep = [line for line in through.stdout.splitlines() if not any(word in line for word in strip.split("|"))]
    expected = [line for line in plain.stdout.splitlines() if not any(word in line for word in strip.split("|"))]
    assert keep == expected
    assert through.returncode == plain.returncode


def test_a_value_from_standard_input(running, safe):
    """-x, with bytes that are no text."""
    assert safe("-x", "set", "x", input="v\n", tier="development").stdout == "OK\n"
    assert direct(running, "strlen", "x") == "2"


def test_cluster_mode_is_refused(safe):
    """With the reason, and 126."""
    for words in (["-c", "get", "a"], ["--cluster", "info", "127.0.0.1:6379"]):
        done = safe(*words)
        assert done.returncode == 126
        assert done.stderr.startswith("safeshell: refused: with -")
        assert "past the guard" in done.stderr


def test_passwords_stand_nowhere(safe):
    """Neither in what it says nor in the audit; the client authenticates by its environment."""
    with redis_server("--requirepass", "hunter2") as server:
        assert safe("-a", "hunter2", "ping", server=server).stdout == "PONG\n"
        assert safe("ping", server=server, REDISCLI_AUTH="hunter2").stdout == "PONG\n"
        assert "NOAUTH" in safe("flushall", server=server).stdout
        done = safe("-a", "hunter2", "config", "set", "requirepass", "hunter3", server=server)
        assert "safeshell: refused" in done.stdout
        wrong = safe("-a", "hunter9", "get", "a", server=server)
        assert "WRONGPASS" in wrong.stdout + wrong.stderr
    audit = "".join(path.read_text() for path in Path(audit_directory(safe.state)).rglob("*.jsonl"))
    assert "CONFIG" in audit or "config" in audit
    assert "hunter" not in audit + done.stdout + done.stderr


def test_usage(safe):
    """Wrong options, no server, unlocking without a terminal."""
    assert "no option" in safe("--frob").stderr
    assert safe("--guard-write", "get", "a").returncode == 2
    assert "safe-redis-cli" in safe("--guard-help").stdout
    assert safe("--version").stdout.startswith("redis-cli")

    class Nowhere:
        socket = "/nowhere/redis.sock"

    assert "no Redis server answers" in safe("get", "a", server=Nowhere()).stdout


def test_own_options():
    """Both spellings; an unknown one is told."""
    assert _without_own(["--guard-tier", "production", "get", "--guard-confirm=x1"]) == (
        ["get"],
        {"--guard-tier": "production", "--guard-confirm": "x1"},
    )
    with pytest.raises(ConfigError):
        _without_own(["--guard-frob"])
