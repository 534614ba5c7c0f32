"""A private pgbouncer before a private PostgreSQL. What must not live here: assertions."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.servers import Server, as_unprivileged, free_port, private_directory

_CONFIG = """\
[databases]
postgres = host={server} port={port} dbname=postgres
[pgbouncer]
listen_addr =
listen_port = {listen}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {directory}/users
pool_mode = {mode}
default_pool_size = {size}
min_pool_size = 1
logfile = {directory}/log
pidfile =
{further}
"""


def pgbouncer() -> str | None:
    """The program, if it is installed."""
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


@contextlib.contextmanager
def pooler(
    server: Server, *, mode: str = "transaction", size: int = 1, further: str = ""
) -> Iterator[tuple[Path, int]]:
    """Yields socket directory and port. One server connection by default, so that clients really share it."""
    with private_directory("sspb.") as directory:
        listen = free_port()
        config = directory / "pgbouncer.ini"
        config.write_text(
            _CONFIG.format(
                server=server.directory,
                port=server.port,
                listen=listen,
                directory=directory,
                mode=mode,
                size=size,
                further=further,
            )
        )
        config.chmod(0o644)
        (directory / "users").write_text('"postgres" ""\n')
        (directory / "users").chmod(0o644)
        started = subprocess.Popen(
            as_unprivileged([pgbouncer() or "pgbouncer", "-q", str(config)]),
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _await(directory, listen)
            yield directory, listen
        finally:
            started.terminate()
            started.wait(10)


def _await(directory: Path, port: int) -> None:
    until = time.monotonic() + 15
    while True:
        try:
            psycopg.connect(host=str(directory), port=port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
