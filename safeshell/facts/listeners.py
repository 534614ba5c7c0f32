"""Which process listens on a loopback port or a unix socket of this host.

Linux tells it in /proc; elsewhere psutil is asked. What must not live here: what a listener means.
"""

from __future__ import annotations

import contextlib
import os

from safeshell.facts.host import small_text, user_name

_LISTEN = "0A"
_ACCEPTS = 1 << 16
"""Flag of a unix socket that listens (SO_ACCEPTCON, proc(5)); accepted ones bear the same path, and go away."""
_SERVICE_USERS = frozenset({"postgres", "redis", "valkey", "mysql", "mariadb", "mongodb", "memcache", "rabbitmq"})
"""Owners that name their server when the process itself may not be looked at."""


def listener_of(host: str, port: str) -> str:
    """The name of the process that listens there, "" when none can be identified."""
    found = _unix_socket(host, port) if host.startswith("/") else _tcp_socket(port)
    if found is None:
        return ""
    inode, uid = found
    pid = _process_with(inode, uid, _told_by(host, port))
    if pid:
        return _name(pid)
    name = user_name(uid) if uid is not None else ""
    return name if name in _SERVICE_USERS else ""


def _tcp_socket(port: str) -> tuple[str, int | None] | None:
    """Inode and owner of the socket that listens on a port."""
    if not port.isdigit():
        return None
    wanted = f"{int(port):04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _lines(table):
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN and fields[1].rpartition(":")[2] == wanted:  # noqa: PLR2004 - columns of proc(5)
                return fields[9], int(fields[7])
    return None


def _unix_socket(folder: str, port: str) -> tuple[str, int | None] | None:
    """Inode of a unix socket: the path itself, or libpq's file name in a directory."""
    paths = {folder, f"{folder.rstrip('/')}/.s.PGSQL.{port}"}
    for line in _lines("/proc/net/unix"):
        fields = line.split(maxsplit=7)
        if len(fields) > 7 and fields[7] in paths and int(fields[3], 16) & _ACCEPTS:  # noqa: PLR2004 - columns of proc(5)
            return fields[6], _file_owner(fields[7])
    return None


def _file_owner(path: str) -> int | None:
    try:
        return os.stat(path).st_uid
    except OSError:
        return None


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as table:
            return table.read().splitlines()[1:]
    except OSError:
        return []


def _told_by(folder: str, port: str) -> str:
    """The pid that PostgreSQL's lock file beside its socket names, "" without one: a hint, which is looked after."""
    path = folder if folder.rpartition("/")[2].startswith(".s.PGSQL.") else f"{folder.rstrip('/')}/.s.PGSQL.{port}"
    word = (small_text(f"{path}.lock") or "").partition("\n")[0].strip() if folder.startswith("/") else ""
    return word if word.isascii() and word.isdigit() else ""


def _process_with(inode: str, uid: int | None, hint: str) -> str:
    """The pid of the first process that holds a socket, "" for none; only one's own are visible without root.

    The hint first, then those of the socket's owner, then the others: all descriptors of a host are many.
    """
    wanted = f"socket:[{inode}]"
    if hint and _holds(hint, wanted):
        return hint
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    owned = {pid for pid in pids if _file_owner(f"/proc/{pid}") == uid}
    pids.sort(key=lambda pid: pid not in owned)
    return next((pid for pid in pids if _holds(pid, wanted)), "")


def _holds(pid: str, wanted: str) -> bool:
    """Whether a process has this open; False where it may not be looked at or is gone."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    for name in names:
        # A descriptor may be closed between the listing and the look.
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{name}") == wanted:
                return True
    return False


def _name(pid: str) -> str:
    """The program's file name; `comm` is cut to 15 characters."""
    words = (small_text(f"/proc/{pid}/cmdline") or "").split("\0")
    program = words[0].rpartition("/")[2].rstrip(":").partition(" ")[0]
    return program.lstrip("-") or (small_text(f"/proc/{pid}/comm") or "").strip()
