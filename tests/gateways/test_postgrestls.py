"""TLS settings by libpq's parameters."""

from __future__ import annotations

import ssl
import subprocess

import pytest

from safeshell.gateways.postgrestarget import Host, resolve
from safeshell.gateways.postgrestls import context_of, server_name
from safeshell.gateways.wireports import UpstreamError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=db"]
    subprocess.run([*command, "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    (folder / "key").chmod(0o600)
    return folder


def meant(**given):
    return resolve({"host": "db", **{name: str(value) for name, value in given.items()}}, {}, user="a", home="/nowhere")


def test_without_roots_nothing_is_verified():
    """As libpq's prefer and require do."""
    made = context_of(meant(sslmode="require"))
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_NONE, False)
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2


def test_roots_that_exist_are_heeded_in_every_mode(files):
    """require with a root file means verify-ca; only verify-full looks at the name."""
    for mode, named in (("require", False), ("verify-ca", False), ("verify-full", True)):
        made = context_of(meant(sslmode=mode, sslrootcert=files / "crt"))
        assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, named)


def test_missing_roots_are_a_fault_only_where_they_are_needed(files):
    """verify-* cannot go on, the others can."""
    assert context_of(meant(sslmode="require", sslrootcert=files / "none")).verify_mode is ssl.CERT_NONE
    with pytest.raises(UpstreamError, match="does not exist"):
        context_of(meant(sslmode="verify-ca", sslrootcert=files / "none"))
    with pytest.raises(UpstreamError, match="could not read root certificate"):
        context_of(meant(sslmode="verify-ca", sslrootcert=files / "key"))


def test_a_key_that_others_may_read_is_refused(files):
    """With libpq's words."""
    loose = files / "loose"
    loose.write_bytes((files / "key").read_bytes())
    loose.chmod(0o644)
    context_of(meant(sslcert=files / "crt", sslkey=files / "key"))
    with pytest.raises(UpstreamError, match="group or world access"):
        context_of(meant(sslcert=files / "crt", sslkey=loose))
    with pytest.raises(UpstreamError, match="not private key file"):
        context_of(meant(sslcert=files / "crt", sslkey=files / "none"))


def test_a_revocation_list_is_checked(files):
    """Once it is there."""
    made = context_of(meant(sslmode="verify-ca", sslrootcert=files / "crt", sslcrl=files / "crt"))
    assert made.verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN


def test_versions_have_their_names():
    """And others are refused."""
    made = context_of(meant(ssl_min_protocol_version="TLSv1.3"))
    assert made.minimum_version is ssl.TLSVersion.TLSv1_3
    with pytest.raises(UpstreamError, match="no TLS version"):
        context_of(meant(ssl_min_protocol_version="SSLv3"))


def test_the_name_that_is_checked():
    """verify-full wants one; sslsni=0 keeps it from being sent."""
    assert server_name(meant(), Host("db", 1)) == "db"
    assert server_name(meant(sslsni="0"), Host("db", 1)) is None
    with pytest.raises(UpstreamError, match="host name must be given"):
        server_name(meant(sslmode="verify-full", sslrootcert="system"), Host("", 1, "10.0.0.1"))
