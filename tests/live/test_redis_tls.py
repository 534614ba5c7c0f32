"""TLS between the guard and a Redis server: a private authority, a certificate that bears no host's name, one for the client."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.house import ROOT
from tests.servers import free_port, redis_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(110),
    pytest.mark.skipif(
        not (shutil.which("redis-cli") and shutil.which("openssl")), reason="no redis-cli, or no openssl"
    ),
]
PASSWORD = "s3cr3tPassw0rd"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    """A directory with ca.crt and the keys of a server and a client."""
    folder = tmp_path_factory.mktemp("tls")
    openssl(folder, "genrsa", "-out", "ca.key", "2048")
    openssl(folder, "req", "-x509", "-new", "-key", "ca.key", "-days", "9", "-subj", "/CN=Private CA", "-out", "ca.crt")
    for name in ("server", "client"):
        openssl(folder, "genrsa", "-out", f"{name}.key", "2048")
        openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}-only", "-out", f"{name}.csr")
        signed = ["x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
        openssl(folder, *signed, "-days", "9", "-out", f"{name}.crt")
    return folder


@pytest.fixture(scope="module")
def port(keys):
    """A server that wants TLS, a certificate and a password."""
    number = free_port()
    tls = ["--tls-port", str(number), "--tls-ca-cert-file", f"{keys}/ca.crt"]
    tls += ["--tls-cert-file", f"{keys}/server.crt", "--tls-key-file", f"{keys}/server.key"]
    with redis_server(*tls, "--requirepass", PASSWORD):
        yield number


@pytest.fixture
def run(keys, port, tmp_path):
    """A redis-cli line in the directory of the keys, by default through the guard, with the paths as they are there."""

    def begin(*words: str, real: bool = False, certificate: bool = True, **environ: str):
        argv = (
            ["redis-cli"]
            if real
            else [sys.executable, "-m", "safeshell.cli.saferediscli", "--guard-tier", "production"]
        )
        argv += ["--cert", "client.crt", "--key", "client.key"] if certificate else []
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("REDIS", "SAFESHELL"))}
        env = {**clean, "PYTHONPATH": str(ROOT), "SAFESHELL_STATE_DIR": str(tmp_path / "state"), **environ}
        return subprocess.run(
            [*argv, "-p", str(port), *words], cwd=keys, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    return begin


SAME = [
    ["--tls", "--cacert", "ca.crt", "-a", PASSWORD, "--no-auth-warning", "PING"],
    ["--tls", "--cacert", "ca.crt", "--user", "default", "--pass", PASSWORD, "--no-auth-warning", "GET", "nothing"],
    ["--tls", "--insecure", "-a", PASSWORD, "--no-auth-warning", "ECHO", "x"],
]


@pytest.mark.parametrize("words", SAME, ids=lambda words: " ".join(words[:3]))
def test_the_same_as_redis_cli(run, words):
    """The authority is checked, names are not, as redis-cli does it; files are those of the person's directory."""
    real, safe = run(*words, real=True), run(*words)
    assert (safe.stdout, safe.returncode) == (real.stdout, real.returncode), safe.stderr
    assert real.returncode == 0


def test_a_url_and_a_variable_bring_the_password(run, port, tmp_path):
    """REDISCLI_AUTH, or the URL; it stands in no record."""
    tls = ["--cacert", "ca.crt"]
    assert run("--tls", *tls, "PING", REDISCLI_AUTH=PASSWORD).stdout == "PONG\n"
    done = run("-u", f"rediss://default:{PASSWORD}@127.0.0.1:{port}/0", *tls, "--no-auth-warning", "DEL", "a")
    assert "safeshell: refused: this removes keys" in done.stdout + done.stderr
    written = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "certificate", "told"),
    [
        (["--tls", "PING"], True, "TLS with 127.0.0.1:.* failed: .*certificate verify failed"),
        (["--tls", "--cacert", "ca.crt", "PING"], False, ""),
        (["--tls", "--cacert", "missing.crt", "PING"], True, "TLS with 127.0.0.1:.* failed: .*No such file"),
        (["PING"], False, ""),
    ],
    ids=["another authority", "no certificate", "no such file", "no TLS at all"],
)
def test_what_does_not_fit_fails(run, words, certificate, told):
    """The error says which side; redis-cli itself fails at the same places."""
    import re

    done = run(*words, certificate=certificate)
    real = run(*words, real=True, certificate=certificate)
    assert "PONG" not in done.stdout + real.stdout
    assert re.search(told, done.stdout + done.stderr), done.stderr
