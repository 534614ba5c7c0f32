"""What a client's child gets to find the guard, and nothing that leads past it."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict

from safeshell.cli.setting import Setting
from safeshell.cli.wirecourt import open_postgres
from safeshell.gateways.postgrestarget import resolve
from safeshell.model.effects import Mode, Tier
from safeshell.model.knowledge import Knowledge
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    passfile = tmp_path / ".pgpass"
    passfile.write_text("db.prod:5433:*:ada:sesame\n")
    passfile.chmod(0o600)
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": ""}
    setting = Setting(Policy(), Knowledge(), Observation("laptop", user="ada", operator="ada"), environ)
    target = resolve({"dbname": "postgres://ada:o'p\\n@db.prod:5433/my shop"}, {}, user="ada", home=str(tmp_path))
    with open_postgres(setting, target, tcp=True) as wire:
        yield wire


def test_the_childs_environment_leads_to_the_guard(made):
    """Whatever would lead past it is taken away, what concerns only the client stays."""
    given = {
        "PGHOST": "db.prod",
        "PGHOSTADDR": "10.0.0.1",
        "PGSERVICE": "shop",
        "PGSERVICEFILE": "/x",
        "PGSSLMODE": "require",
        "PGTARGETSESSIONATTRS": "primary",
        "PGOPTIONS": "-c x.y=1",
        "PGAPPNAME": "report",
        "PATH": "/bin",
    }
    found = made.environment(given)
    assert (found["PGHOST"], found["PGPORT"]) == (made.proxy.socket_directory, "5432")
    assert (found["PGUSER"], found["PGDATABASE"], found["PGPASSWORD"]) == ("ada", "my shop", "o'p\\n")
    assert (found["PGOPTIONS"], found["PGAPPNAME"], found["PATH"]) == ("-c x.y=1", "report", "/bin")
    assert not {"PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGTARGETSESSIONATTRS"} & set(found)
    passfile = Path(found["PGPASSFILE"])
    assert passfile.read_text() == f"{made.proxy.socket_directory}:5432:*:ada:sesame\n"
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600


def test_the_guarded_server_as_text(made):
    """A conninfo without the password, URLs that a driver takes."""
    words = conninfo_to_dict(made.conninfo())
    assert words == {"host": made.proxy.socket_directory, "port": "5432", "user": "ada", "dbname": "my shop"}
    words = conninfo_to_dict(made.url())
    assert (words["host"], words["user"], words["dbname"], words["password"]) == (
        *(made.proxy.socket_directory, "ada", "my shop", "o'p\\n"),
    )
    tcp = urlsplit(made.url(tcp=True, scheme="postgres"))
    assert (tcp.scheme, tcp.hostname, tcp.port, tcp.password) == (
        "postgres",
        "127.0.0.1",
        made.proxy.port,
        made.password,
    )
    assert parse_qs(urlsplit(made.url()).query)["host"] == [made.proxy.socket_directory]


def test_before_any_connection_the_name_tells_the_tier(made):
    """db.prod is production, so read-only; a lock and an unlock off a terminal change nothing."""
    status = made.status()
    assert (status.tier, status.mode, status.target) == (Tier.PRODUCTION, Mode.READ_ONLY, "my shop@db.prod")
    assert not made.unlock()
    made.lock()
    assert made.status().mode is Mode.READ_ONLY


def test_nothing_is_left_of_the_passwords(made):
    """The directory of the socket goes with the proxy."""
    made.environment({})
    directory = Path(made.proxy.socket_directory)
    made.proxy.close()
    assert not directory.exists()
