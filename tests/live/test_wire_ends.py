"""Ends and interruptions of a guarded PostgreSQL, live: cancels, killed clients, a dead server, wrong logins, TLS."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from tests.live.wires import guarded
from tests.servers import free_port, postgres_binaries, postgres_server, private_directory

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
HBA = """\
local all keyed scram-sha-256
local all all trust
hostnossl all all 127.0.0.1/32 reject
host all keyed 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
DELETES = """
import os, sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as client:
    client.execute("set application_name = 'victim'")
    client.execute("delete from orders where id < 50")
"""


@pytest.fixture(scope="module")
def certificates():
    with private_directory("sstls.") as folder:
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key", "-out", folder / "crt"]
        subprocess.run([*make, *files], check=True, capture_output=True)
        (folder / "key").chmod(0o600)
        (folder / "crt").chmod(0o644)
        if os.geteuid() == 0:
            os.chown(folder / "key", pwd.getpwnam("postgres").pw_uid, -1)
        yield folder


@pytest.fixture(scope="module")
def server(certificates):
    settings = {"ssl": "on", "ssl_cert_file": certificates / "crt", "ssl_key_file": certificates / "key"}
    with postgres_server(settings=settings, hba=HBA, tcp=True) as made:
        with psycopg.connect(made.conninfo(), autocommit=True) as owner:
            owner.execute("create role keyed login password 'sesame'; grant all on database postgres to keyed")
        yield made


@pytest.fixture
def guard(server, tmp_path):
    with guarded(server, tmp_path) as made:
        with made.direct() as owner:
            owner.execute("drop table if exists orders; create table orders as select generate_series(1, 100) as id")
        yield made


def listens(server) -> bool:
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(f"{server.directory}/.s.PGSQL.{server.port}") == 0


def until(condition, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def holding(guard):
    """Keeps what is held waiting until it is withdrawn, as a person at a dialog does who says nothing."""
    trade, asked = guard.wire.court.trade, threading.Event()
    preview = trade.preview

    def held(case, assessment, setting):
        found, gone = preview(case, assessment, setting), threading.Event()
        case.withdrawal.attach(gone.set)
        asked.set()
        gone.wait(20)
        return found

    trade.preview = held
    return asked


def test_a_cancel_while_it_is_held_means_refused(guard):
    """The statement never runs; the connection goes on."""
    asked = holding(guard)
    with guard.connect() as client:
        threading.Thread(target=lambda: asked.wait(10) and client.cancel_safe()).start()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="it was cancelled while it was held"):
            client.execute("delete from orders")
        assert client.execute("select count(*) from orders").fetchone() == (100,)


def test_a_cancel_reaches_what_runs(guard):
    """It is the server that ends it, with its own words."""
    with guard.connect() as client:
        threading.Timer(0.5, client.cancel_safe).start()
        begun = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("select pg_sleep(20)")
        assert time.monotonic() - begun < 5


def test_a_client_that_is_killed_while_it_is_held_has_run_nothing(guard):
    """Nobody is left who could want it."""
    asked = holding(guard)
    child = subprocess.Popen([sys.executable, "-c", DELETES, guard.dsn()])
    assert asked.wait(15)
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    assert until(lambda: not guard.wire.proxy.lines)
    assert until(lambda: guard.value("select count(*) from pg_stat_activity where application_name = 'victim'") == 0)
    assert guard.value("select count(*) from orders") == 100


def test_closing_the_guard_refuses_what_is_held(server, tmp_path):
    """The proxy ends while a question is open: the server never gets the statement."""
    with guarded(server, tmp_path) as guard:
        with guard.direct() as owner:
            owner.execute("drop table if exists orders; create table orders as select generate_series(1, 100) as id")
        asked = holding(guard)
        child = subprocess.Popen([sys.executable, "-c", DELETES, guard.dsn()], stderr=subprocess.PIPE)
        assert asked.wait(15)
    _, said = child.communicate(timeout=10)
    assert child.returncode == 1
    assert b"OperationalError" in said
    with psycopg.connect(server.conninfo()) as owner:
        assert owner.execute("select count(*) from orders").fetchone() == (100,)


def test_a_server_that_dies_is_named_as_the_side_that_failed(tmp_path):
    """The client reads it as an error of its connection; the guard goes on, and says when nobody answers."""
    with postgres_server() as server, guarded(server, tmp_path) as guard:
        with guard.connect() as client:
            client.execute("select 1")
            threading.Timer(0.5, os.kill, (server.pid, signal.SIGQUIT)).start()
            with pytest.raises(psycopg.OperationalError) as caught:
                client.execute("select pg_sleep(10)")
        assert "terminating connection" in str(caught.value) or "the server closed the connection" in str(caught.value)
        assert until(lambda: not guard.wire.proxy.lines)
        assert until(lambda: not listens(server))  # a server that is dying still takes connections
        with pytest.raises(psycopg.OperationalError, match="safeshell: the server's side failed: connection to server"):
            guard.connect()


def test_nobody_listens(server, tmp_path):
    """Host, port and reason, before anything else."""
    with (
        guarded(server, tmp_path, host="127.0.0.1", port=str(free_port())) as guard,
        pytest.raises(psycopg.OperationalError, match="Connection refused"),
    ):
        guard.connect()


def test_a_wrong_password_is_the_servers_own_error(server, tmp_path):
    """The client logs in itself; the guard never knows the password."""
    with guarded(server, tmp_path, user="keyed") as guard:
        with guard.connect(password="sesame") as client:
            assert client.execute("select current_user").fetchone() == ("keyed",)
        with pytest.raises(psycopg.OperationalError, match='FATAL:  password authentication failed for user "keyed"'):
            guard.connect(password="wrong")


def test_a_password_file_works_through_the_guard(server, tmp_path):
    """The child's file has the same password for the guard's socket."""
    (tmp_path / ".pgpass").write_text(f"{server.directory}:{server.port}:*:keyed:sesame\n")
    (tmp_path / ".pgpass").chmod(0o600)
    with guarded(server, tmp_path, user="keyed") as guard:
        environ = guard.wire.environment({"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
        done = subprocess.run(
            ["psql", "-XAtc", "select current_user"],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        assert (done.returncode, done.stdout) == (0, "keyed\n"), done.stderr


def test_loopback_tcp_asks_the_one_time_password(server, tmp_path):
    """With it the guard logs in for the client by SCRAM; without it nobody gets by."""
    (tmp_path / ".pgpass").write_text(f"{server.directory}:{server.port}:*:keyed:sesame\n")
    (tmp_path / ".pgpass").chmod(0o600)
    with guarded(server, tmp_path, user="keyed", tcp=True) as guard:
        with psycopg.connect(guard.wire.url(tcp=True), autocommit=True) as client:
            assert client.execute("select current_user").fetchone() == ("keyed",)
            assert client.execute("show transaction_read_only").fetchone() == ("on",)
            client.execute("select %s::int + 1", (1,))
        wrong = guard.wire.url(tcp=True).replace(guard.wire.password, "sesame")
        with pytest.raises(psycopg.OperationalError, match="safeshell: refused: this port is another program's"):
            psycopg.connect(wrong)


def test_tls_upstream_with_verify_full(server, certificates, tmp_path):
    """The client speaks plainly to the guard, the guard by TLS to the server it has verified."""
    words = {"host": "localhost", "hostaddr": "127.0.0.1", "sslmode": "verify-full"}
    with guarded(server, tmp_path, sslrootcert=str(certificates / "crt"), **words) as guard, guard.connect() as client:
        found = client.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
        assert found == (True,)
        with guard.connect() as other:
            threading.Timer(0.3, other.cancel_safe).start()
            with pytest.raises(psycopg.errors.QueryCanceled):
                other.execute("select pg_sleep(20)")


def test_tls_that_does_not_fit_ends_before_anything_is_sent(server, certificates, tmp_path):
    """Another name, or a server without TLS: the reason is told."""
    words = {"host": "elsewhere", "hostaddr": "127.0.0.1", "sslmode": "verify-full"}
    with (
        guarded(server, tmp_path, sslrootcert=str(certificates / "crt"), **words) as guard,
        pytest.raises(psycopg.OperationalError, match="the TLS handshake with elsewhere"),
    ):
        guard.connect()
    with (
        postgres_server(tcp=True) as plain,
        guarded(plain, tmp_path, host="127.0.0.1", sslmode="require") as guard,
        pytest.raises(psycopg.OperationalError, match="server does not support SSL, but SSL was required"),
    ):
        guard.connect()


def test_a_refused_encryption_is_tried_the_other_way(server, tmp_path):
    """sslmode=allow begins in plain text, which this server rejects, and goes on by TLS."""
    with guarded(server, tmp_path, host="127.0.0.1", sslmode="allow") as guard, guard.connect() as client:
        assert client.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone() == (True,)
        assert client.execute("show transaction_read_only").fetchone() == ("on",)


def test_a_database_or_role_that_is_missing_is_the_servers_own_error(guard):
    """Unchanged."""
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        guard.connect(dbname="nowhere")


def test_a_replication_start_is_refused(guard):
    """Its commands are no statements."""
    with pytest.raises(psycopg.OperationalError, match="safeshell: refused"):
        guard.connect(replication="database")


def test_garbage_of_a_client_ends_its_connection_only(guard):
    """The others go on."""
    import socket

    with guard.connect() as client, socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(guard.wire.proxy.socket_path)
        stranger.settimeout(5)
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
        got = b""
        while part := stranger.recv(4096):
            got += part
        assert b"safeshell" in got or not got
        assert client.execute("select 1").fetchone() == (1,)
