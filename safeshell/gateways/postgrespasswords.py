"""libpq's password file: looked up as libpq does, and rewritten for a client that talks to the guard.

Source: "The Password File" of the PostgreSQL documentation. What must not live here: logging in, asking.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from safeshell.gateways.postgrestarget import Host, Target

_FIELDS = 5
_DEFAULT_DIRECTORIES = frozenset({"/var/run/postgresql", "/run/postgresql", "/tmp"})  # noqa: S108 - libpq calls these localhost


def lookup(target: Target, host: Host, user: str, database: str) -> str | None:
    """The first password in the file that fits, None where there is none or the file may not be used."""
    wanted = (file_host(host), str(host.port), database, user)
    for fields in _entries(_lines(target.words.get("passfile", ""))):
        if all(_fits(field, value) for field, value in zip(fields[:4], wanted, strict=True)):
            return _plain(fields[4])
    return None


def rewritten(target: Target, directory: str, port: int) -> str:
    """The entries that fit one of the target's servers, as entries of the guard's socket, in their order.

    "" where none fits. Database, user and password fields stay as they are written.
    """
    fitting = (
        fields
        for fields in _entries(_lines(target.words.get("passfile", "")))
        if any(_fits(fields[0], file_host(host)) and _fits(fields[1], str(host.port)) for host in target.hosts)
    )
    return "".join(":".join((directory, str(port), *fields[2:])) + "\n" for fields in fitting)


def exposed(path: str) -> bool:
    """True for a password file that libpq ignores because others may read it."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & 0o077)


def file_host(host: Host) -> str:
    """The name by which a server stands in the file: sockets in the default directory are localhost."""
    if host.local and host.name in _DEFAULT_DIRECTORIES:
        return "localhost"
    return host.name or host.address


def _lines(path: str) -> list[str]:
    """The lines of a file that is regular and private; [] otherwise."""
    if not path or exposed(path):
        return []
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return []
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            return source.read().splitlines()
    except OSError:
        return []


def _entries(lines: Iterable[str]) -> Iterator[list[str]]:
    """The five fields of each line, escapes kept; what follows the fifth belongs to it."""
    for line in lines:
        if line.startswith("#") or not line:
            continue
        fields = [""]
        at = 0
        while at < len(line):
            char = line[at]
            if char == "\\" and at + 1 < len(line):
                fields[-1] += line[at : at + 2]
                at += 2
                continue
            if char == ":" and len(fields) < _FIELDS:
                fields.append("")
            else:
                fields[-1] += char
            at += 1
        if len(fields) == _FIELDS:
            yield fields


def _fits(field: str, value: str) -> bool:
    return field == "*" or _plain(field) == value


def _plain(field: str) -> str:
    """A field without its escapes."""
    found, at = "", 0
    while at < len(field):
        at += field[at] == "\\" and at + 1 < len(field)
        found += field[at]
        at += 1
    return found
