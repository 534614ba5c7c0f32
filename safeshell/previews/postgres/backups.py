"""How old the last backup is, where configuration says how to learn it; and a dump of one table, offered.

What must not live here: making backups.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping

from safeshell.previews.postgres.relations import Facts
from safeshell.previews.telling import ago

_LONGEST = 120
_PATIENCE = 1.0


def backup_note(backups: Mapping[str, str], *, within: float) -> Iterator[str]:
    """One sentence on the last backup, as configured (`backups.file`, `backups.command`); none without."""
    if path := backups.get("file", ""):
        yield _by_file(path)
    elif command := backups.get("command", ""):
        yield _by_command(command, min(within, _PATIENCE))


def _by_file(path: str) -> str:
    try:
        age = time.time() - os.stat(path).st_mtime
    except OSError as fault:
        return f"no backup is known: {path}: {fault.strerror}"
    return f"the last known backup is of {ago(age)} ({path})"


def _by_command(command: str, seconds: float) -> str:
    """The first line that the configured command prints."""
    try:
        done = subprocess.run(
            shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=max(seconds, 0.05), check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        return f"the last backup is not known: {command}: {type(fault).__name__}"
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode or not said:
        return f"the last backup is not known: {command} ended with {done.returncode}"
    return f"the last known backup: {said[0][:_LONGEST]}"


def dump_of(facts: Facts, database: str) -> str:
    """A ready line that saves one table: `pg_dump -Fc -t 'public.orders' -f orders.dump shop`."""
    plain = all(part.isidentifier() and part.islower() for part in (facts.schema, facts.name))
    name = f"{facts.schema}.{facts.name}" if plain else shlex.quote(facts.sql)
    return f"pg_dump -Fc -t {name} -f {shlex.quote(facts.name + '.dump')} {database and shlex.quote(database)}".rstrip()
