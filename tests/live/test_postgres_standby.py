"""The machine before a standby, where nothing can be made writable, and before one that is promoted."""

import contextlib
import subprocess
import time

import psycopg
import pytest

from tests.live.pgrelay import Relay
from tests.servers import (
    Server,
    _postmaster,
    _stop_postgres,
    as_unprivileged,
    free_port,
    postgres_binaries,
    postgres_server,
    private_directory,
)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]


@contextlib.contextmanager
def standby_of(primary: Server):
    """A hot standby that follows `primary`."""
    with private_directory("sspg.") as top:
        data, log, port = top / "data", top / "log", free_port()
        backup = [str(primary.binaries / "pg_basebackup"), "-D", str(data), "-R", "-c", "fast"]
        where = ["-h", str(primary.directory), "-p", str(primary.port), "-U", "postgres"]
        subprocess.run(as_unprivileged([*backup, *where]), check=True, capture_output=True, timeout=60, cwd="/")
        with (data / "postgresql.conf").open("a") as out:
            out.write(f"port = {port}\nunix_socket_directories = '{top}'\n")
        with log.open("wb") as sink:
            command = as_unprivileged([str(primary.binaries / "postgres"), "-D", str(data)])
            started = subprocess.Popen(command, stdout=sink, stderr=sink, cwd="/")
        try:
            yield Server(top, port, _postmaster(data, started, log), "postgres", log, binaries=primary.binaries)
        finally:
            _stop_postgres(data, started)


def judged(link, event):
    """Everything runs; a text with /*yes*/ may write if that is possible."""
    if "/*yes*/" in event.text and not link.machine.allow_writes(event.id):
        link.machine.refuse(event.id, "safeshell: refused: it can't be made writable")
    else:
        link.machine.release(event.id)


def test_a_standby_reads_and_a_promoted_one_writes():
    """Transactions read; a confirmed write is refused in words; after promotion it works on the same connection."""
    with (
        postgres_server(settings={"wal_level": "replica", "max_wal_senders": "4"}) as primary,
        standby_of(primary) as standby,
        Relay(standby, judged) as relay,
        psycopg.connect(relay.conninfo()) as conn,
    ):
        assert conn.execute("select pg_is_in_recovery()").fetchone() == (True,)
        assert conn.execute("select count(*) > 0 from pg_class").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="can't be made writable"):
            conn.execute("create table t (a int) /*yes*/")
        conn.rollback()
        conn.autocommit = True
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="would not BEGIN READ WRITE"):
            conn.execute("create table t (a int) /*yes*/")
        with psycopg.connect(standby.conninfo(), autocommit=True) as direct:
            direct.execute("select pg_promote()")
        deadline = time.monotonic() + 15
        while conn.execute("select pg_is_in_recovery()").fetchone() == (True,) and time.monotonic() < deadline:
            time.sleep(0.1)
        conn.execute("create table t (a int) /*yes*/")
        conn.autocommit = False
        conn.execute("select 1")
        conn.execute("insert into t values (1) /*yes*/")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            conn.execute("insert into t values (2)")
        conn.rollback()
