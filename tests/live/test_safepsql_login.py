"""Passwords reach psql as libpq would find them, and never a process list."""

from __future__ import annotations

import subprocess
import time

import psutil
import pytest

from tests.live.console import SAFE_PSQL, Console, environment, psql, shop_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]

SECRET = "ge:h\\eim 'x"
HBA = """
local all postgres trust
host all clara 127.0.0.1/32 password
host all all 127.0.0.1/32 scram-sha-256
"""


@pytest.fixture(scope="module")
def server():
    with shop_server(tcp=True, hba=HBA) as running:
        for name in ("app", "clara"):
            psql(running, f"create role {name} login password '{SECRET.replace(chr(39), 2 * chr(39))}'")
        yield running


def at(server, tmp_path, **more: str) -> dict[str, str]:
    return {**environment(server, tmp_path), "PGHOST": "127.0.0.1", "PGUSER": "app", **more}


def run(env, *words: str) -> subprocess.CompletedProcess:
    line = [*SAFE_PSQL, "--guard-tier", "development", "-At", "-w", *words, "-c", "select current_user"]
    return subprocess.run(
        line, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("user", ["app", "clara"])
def test_by_variable(server, tmp_path, user):
    """PGPASSWORD, by SCRAM and in the clear."""
    done = run(at(server, tmp_path, PGPASSWORD=SECRET, PGUSER=user))
    assert (done.stdout, done.stderr) == (f"{user}\n", "")


def passfile(path, server, host: str = "127.0.0.1") -> None:
    quoted = SECRET.replace("\\", "\\\\").replace(":", "\\:")
    path.write_text(f"other:*:*:*:wrong\n{host}:{server.port}:*:app:{quoted}\n")
    path.chmod(0o600)


def test_by_the_password_file(server, tmp_path):
    """~/.pgpass names the true server; psql is connected to another socket."""
    env = at(server, tmp_path)
    passfile(tmp_path / "home/.pgpass", server)
    assert run(env).stdout == "app\n"


def test_by_a_password_file_of_another_name(server, tmp_path):
    """PGPASSFILE, and passfile= in a connection text."""
    env = at(server, tmp_path)
    passfile(tmp_path / "mine", server)
    assert run({**env, "PGPASSFILE": str(tmp_path / "mine")}).stdout == "app\n"
    assert run(env, f"passfile={tmp_path}/mine").stdout == "app\n"


def test_by_uri_and_never_in_a_process_list(server, tmp_path):
    """The password of a URI or connection text works, and neither psql's arguments nor, once it started, the guard's show it."""
    env = at(server, tmp_path, PGUSER="")
    from urllib.parse import quote

    uri = f"postgresql://app:{quote(SECRET, safe='')}@127.0.0.1:{server.port}/shop"
    assert run(env, uri).stdout == "app\n"
    line = [*SAFE_PSQL, "--guard-tier", "development", "-At", uri, "-c", "select pg_sleep(3)"]
    started = subprocess.Popen(line, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    shown: list[str] = []
    while not shown and time.monotonic() < deadline:
        children = psutil.Process(started.pid).children(recursive=True)
        shown = [" ".join(child.cmdline()) for child in children if child.name() == "psql"]
        shown += [" ".join(psutil.Process(started.pid).cmdline())] * bool(shown)
        time.sleep(0.05)
    started.wait(20)
    assert shown
    assert not any("geim" in line or "h%5Ceim" in line or quote(SECRET, safe="") in line for line in shown)


def test_typed_at_psqls_own_prompt(server, tmp_path):
    """Without any of these psql asks, with the echo off; a wrong one fails as it does in psql."""
    env = {name: value for name, value in at(server, tmp_path).items() if name in ("PGHOST", "PGUSER")}
    term = Console(server, tmp_path, tier="development", wait=False, **env)
    try:
        term.until(r"Password for user app: ?$")
        term.send(SECRET + "\r")
        term.until(r"shop=> $")
        assert "geim" not in term.text()
        assert term.leave() == 0
        wrong = Console(server, tmp_path, "-W", tier="development", wait=False, **env)
        wrong.until(r"Password: ?$")
        assert wrong.leave("nonsense\r") == 2
        assert "password authentication failed" in wrong.text()
    finally:
        term.close()


def test_without_a_password_it_is_psqls_own_failure(server, tmp_path):
    """-w: exit code 2 and libpq's words."""
    done = run(at(server, tmp_path))
    assert done.returncode == 2
    assert "no password supplied" in done.stderr
