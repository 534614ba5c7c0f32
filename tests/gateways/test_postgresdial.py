"""Connecting to a real server: hosts in their order, encryption, what kind of server it is, cancels."""

from __future__ import annotations

import os
import pwd
import subprocess

import psycopg
import pytest

from safeshell.gateways.postgresdial import Dialler
from safeshell.gateways.postgrestarget import resolve
from safeshell.gateways.wireports import UpstreamError
from safeshell.gateways.wiresockets import PlainStream, TlsStream
from tests.servers import free_port, postgres_binaries, postgres_server, private_directory

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
HBA = """\
local all all trust
hostssl all secure 127.0.0.1/32 scram-sha-256
hostssl all md5user 127.0.0.1/32 md5
hostnossl all plain 127.0.0.1/32 trust
host all all 127.0.0.1/32 trust
"""


@pytest.fixture(scope="module")
def certificates():
    with private_directory("sstls.") as folder:
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        for name, subject in (("good", "/CN=localhost"), ("other", "/CN=localhost")):
            extra = ["-addext", "subjectAltName=DNS:localhost"] if name == "good" else []
            files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
            subprocess.run([*make, "-subj", subject, *extra, *files], check=True, capture_output=True)
        for path in folder.iterdir():
            path.chmod(0o600 if path.suffix == ".key" else 0o644)
            if os.geteuid() == 0:
                os.chown(path, pwd.getpwnam("postgres").pw_uid, -1)
        yield folder


@pytest.fixture(scope="module")
def server(certificates):
    settings = {"ssl": "on", "ssl_cert_file": certificates / "good.crt", "ssl_key_file": certificates / "good.key"}
    with postgres_server(settings=settings, hba=HBA, tcp=True) as made:
        with psycopg.connect(made.conninfo(), autocommit=True) as owner:
            owner.execute("create role secure login password 'sésame'")
            owner.execute("set password_encryption = 'md5'; create role md5user login password 'old'")
            owner.execute("create role plain login")
        yield made


def meant(server, **given):
    words = {"host": "localhost", "hostaddr": "127.0.0.1", "port": str(server.port), "user": "postgres", **given}
    return Dialler(resolve(words, {}, user="postgres", home="/nowhere"))


def opened(dialler):
    stream = dialler.open()
    stream.close()
    return type(stream)


def test_encryption_by_sslmode(server):
    """prefer takes it where it is offered, disable never, require does."""
    assert opened(meant(server)) is TlsStream
    assert opened(meant(server, sslmode="disable")) is PlainStream
    assert opened(meant(server, sslmode="allow")) is PlainStream
    assert opened(meant(server, sslmode="require")) is TlsStream


def test_verify_full_with_the_right_root(server, certificates):
    """The name and the chain fit."""
    assert opened(meant(server, sslmode="verify-full", sslrootcert=str(certificates / "good.crt"))) is TlsStream


def test_verify_full_with_another_root_or_name_says_which_side_failed(server, certificates):
    """A certificate that does not fit ends it, and the reason is told."""
    with pytest.raises(UpstreamError, match=r"TLS handshake with localhost:.*failed: self.signed certificate"):
        opened(meant(server, sslmode="verify-ca", sslrootcert=str(certificates / "other.crt")))
    wrong = meant(server, host="elsewhere", sslmode="verify-full", sslrootcert=str(certificates / "good.crt"))
    with pytest.raises(UpstreamError, match="Hostname mismatch"):
        opened(wrong)


def test_a_server_without_tls_is_refused_where_tls_is_required():
    """And taken where it is only preferred."""
    with postgres_server(tcp=True) as plain:
        assert opened(meant(plain)) is PlainStream
        with pytest.raises(UpstreamError, match="server does not support SSL, but SSL was required"):
            opened(meant(plain, sslmode="require"))


def test_the_first_host_that_answers_is_taken(server):
    """Dead ones are passed over; when none answers, every reason is told."""
    dead = free_port()
    found = meant(server, host="localhost,localhost", hostaddr="127.0.0.1,127.0.0.1", port=f"{dead},{server.port}")
    opened(found)
    assert found.reached.host.port == server.port
    with pytest.raises(UpstreamError) as caught:
        opened(meant(server, host="localhost,nowhere.invalid", hostaddr="", port=f"{dead},1"))
    assert "Connection refused" in str(caught.value)
    assert 'could not translate host name "nowhere.invalid"' in str(caught.value)


def test_a_unix_socket_and_the_user_it_must_belong_to(server):
    """requirepeer is checked before a byte is sent."""
    local = {"host": str(server.directory), "hostaddr": ""}
    owner = pwd.getpwuid(os.stat(server.directory / f".s.PGSQL.{server.port}").st_uid).pw_name
    assert opened(meant(server, **local, requirepeer=owner)) is PlainStream
    with pytest.raises(UpstreamError, match='requirepeer specifies "nobody"'):
        opened(meant(server, **local, requirepeer="nobody"))


@pytest.mark.parametrize(("user", "password"), [("secure", "sésame"), ("md5user", "old"), ("postgres", "")])
def test_the_kind_of_server_is_asked_with_every_login(server, user, password):
    """SCRAM, MD5 and trust; a primary is no standby."""
    words = {"user": user, "password": password, "dbname": "postgres"}
    assert opened(meant(server, **words, target_session_attrs="read-write")) is TlsStream
    assert opened(meant(server, **words, target_session_attrs="primary")) is TlsStream
    assert opened(meant(server, **words, target_session_attrs="prefer-standby")) is TlsStream
    with pytest.raises(UpstreamError, match="is a primary that takes writes, but target_session_attrs is standby"):
        opened(meant(server, **words, target_session_attrs="standby"))


def test_a_wrong_password_is_the_servers_own_error(server):
    """While the kind of server is asked."""
    words = {"user": "secure", "dbname": "postgres", "sslmode": "require", "target_session_attrs": "primary"}
    with pytest.raises(UpstreamError, match='password authentication failed for user "secure"'):
        opened(meant(server, password="wrong", **words))
    with pytest.raises(UpstreamError, match="pgpass"):
        opened(meant(server, **words))


def test_a_timeout_is_told(server):
    """connect_timeout counts for each host; this address answers nobody."""
    with pytest.raises(UpstreamError, match=r"timeout expired|unreachable|refused"):
        opened(meant(server, hostaddr="192.0.2.1", connect_timeout="2"))


def test_the_other_encryption_comes_after_a_refusal(server):
    """prefer falls back to plain once, require never."""
    found = meant(server)
    opened(found)
    assert found.other_encryption()
    assert opened(found) is PlainStream
    assert not found.other_encryption()
    strict = meant(server, sslmode="require")
    opened(strict)
    assert not strict.other_encryption()
