"""A guarded PostgreSQL for live tests: a private server, the real court, the proxy in a thread.

Consent is given as a script would: the refusal names a request, and the policy `tokens: self` lets it
be redeemed. What must not live here: assertions.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import conninfo

from safeshell.cli.setting import load_setting
from safeshell.cli.wirecourt import PostgresWire, open_postgres
from safeshell.gateways.postgrestarget import resolve
from tests.servers import Server

_CACHE: list[Path] = []
_ID = re.compile(r"approve --own ([a-z0-9-]+)")


class Guarded:
    """One guarded server and its owner's own way in."""

    def __init__(self, server: Server, wire: PostgresWire, home: Path) -> None:
        self.server, self.wire, self.home = server, wire, home

    def connect(self, **words) -> psycopg.Connection:
        """Through the guard."""
        return psycopg.connect(self.dsn(**words), autocommit=words.get("autocommit", True))

    def dsn(self, **words) -> str:
        kept = {name: value for name, value in words.items() if name != "autocommit"}
        return conninfo.make_conninfo(self.wire.conninfo(), **kept)

    def direct(self, database: str = "postgres") -> psycopg.Connection:
        """Past the guard, as the owner."""
        return psycopg.connect(self.server.conninfo(database), autocommit=True)

    def value(self, query: str):
        """One value, asked past the guard."""
        with self.direct() as owner:
            return owner.execute(query).fetchone()[0]

    def refused(self, connection, sql, parameters=None) -> str:
        """What the guard says to a statement that it does not let through."""
        try:
            connection.execute(sql, parameters)
        except psycopg.errors.InsufficientPrivilege as refusal:
            return refusal_text(refusal)
        raise AssertionError(f"{sql} was let through")

    def allow(self, refusal: str) -> None:
        """Redeem the request that a refusal names, with the next try."""
        self.wire.court.token = _ID.search(refusal)[1]

    def confirmed(self, connection, sql, parameters=None):
        """Run a statement that is asked about, and say yes."""
        self.allow(self.refused(connection, sql, parameters))
        try:
            return connection.execute(sql, parameters)
        finally:
            self.wire.court.token = ""

    def unlock(self) -> None:
        """Plain writes for some minutes."""
        self.wire.court.unlock(self.wire.here(), 5)


def refusal_text(refusal: psycopg.Error) -> str:
    return "\n".join(part for part in (refusal.diag.message_primary, refusal.diag.message_detail) if part)


@contextlib.contextmanager
def guarded(server: Server, home: Path, *, policy: str = "tokens: self\n", environ=None, **given) -> Iterator[Guarded]:
    """The guard of a private server, production by its operator's word."""
    (home / ".config/safeshell").mkdir(parents=True, exist_ok=True)
    (home / ".config/safeshell/config.yaml").write_text(f"version: 1\n{policy}")
    _warm(home)
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("SAFESHELL", "PG", "XDG"))]:
        del os.environ[name]
    os.environ |= {"HOME": str(home), "SAFESHELL_TIER": "production", **(environ or {})}
    words = {"host": str(server.directory), "port": str(server.port), "user": "postgres", "dbname": "postgres", **given}
    tcp = bool(words.pop("tcp", False))
    try:
        target = resolve(words, os.environ, user="postgres", home=str(home))
        with open_postgres(load_setting(), target, tcp=tcp) as wire, wire.proxy.serving():
            yield Guarded(server, wire, home)
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _warm(home: Path) -> None:
    """Compiled packs of an earlier home, so that not every test compiles them anew."""
    if not _CACHE:
        _CACHE.append(home / ".local/state/safeshell/cache")
    elif _CACHE[0].is_dir():
        shutil.copytree(_CACHE[0], home / ".local/state/safeshell/cache", dirs_exist_ok=True)
        for path in (home / ".local", home / ".local/state", home / ".local/state/safeshell"):
            path.chmod(0o700)
