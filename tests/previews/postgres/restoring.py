"""Kits taken, statements run, rows put back, by psql as a person would; and a table's fingerprint.

What must not live here: assertions.
"""

from __future__ import annotations

import subprocess
import time

from safeshell.previews.postgres import restoring
from safeshell.previews.postgres.kit import Kit, take_kit
from tests.previews.postgres.linking import Plan, PqLink, Unit
from tests.servers import Server


def fingerprint(link: PqLink, *tables: str) -> dict[str, str]:
    """The md5 of every row of each table, ordered."""
    return {
        name: link.run(f"SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {name} t")[0][0]
        for name in tables
    }


def kept(link: PqLink, plan: Plan, statement: str, unit: Unit | None = None, **more: object) -> Kit:
    """Take the kit and run the statement, in one transaction, as the gateway does."""
    link.run("BEGIN")
    kit = take_kit(plan, unit or Unit(statement), link, limit=64 << 20, until=time.monotonic() + 30, **more)
    link.tag(statement, unit.parameters if unit else ())
    link.run("COMMIT")
    return kit


def psql(server: Server, database: str, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    argv = ["psql", "-X", "-v", "ON_ERROR_STOP=1", server.conninfo(database), *words]
    return subprocess.run(argv, input=data, capture_output=True, timeout=60, check=False)


def put_back(server: Server, link: PqLink, kit: Kit) -> subprocess.CompletedProcess[bytes]:
    """One message and its data, by psql."""
    database = link.run("SELECT current_database()")[0][0]
    return psql(server, database, "-c", restoring.message(kit), data=restoring.data(kit))


def by_script(server: Server, link: PqLink, kit: Kit) -> subprocess.CompletedProcess[bytes]:
    """The script with the data in it, by psql -f."""
    database = link.run("SELECT current_database()")[0][0]
    return psql(server, database, "-f", "-", data=restoring.script(kit, "two\nlines"))
