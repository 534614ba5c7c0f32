"""`safeshell run` with real clients: dumps and restores, drivers, migrations, over sockets and loopback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.live.console import environment, psql, shop_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]
RUN = (sys.executable, "-m", "safeshell.cli.main", "run", "--guard-tier")


@pytest.fixture(scope="module")
def server():
    with shop_server(tcp=True, hba="local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n") as running:
        psql(running, "create role app superuser login password 'geheim'")
        yield running


@pytest.fixture
def run(server, tmp_path):
    """Run a command guarded, in a tier."""

    def begin(*command: str, tier: str = "development", options: tuple[str, ...] = (), stdin: str = "", **environ: str):
        env = {**environment(server, tmp_path), **environ}
        line = [*RUN, tier, *options, "--", *command] if tier else [*command]
        return subprocess.run(
            line, env=env, input=stdin, capture_output=True, text=True, timeout=90, check=False, cwd=tmp_path
        )

    return begin


def url(server, scheme: str = "postgresql") -> str:
    return f"{scheme}://app:geheim@127.0.0.1:{server.port}/shop"


def test_a_dump_and_its_restore_are_the_same(run, server, tmp_path):
    """pg_dump through the guard gives the very bytes; pg_restore through it makes the same database."""
    words = ["--restrict-key=x"] if "--restrict-key" in run("pg_dump", "--help", tier="").stdout else []
    real, safe = run("pg_dump", *words, tier=""), run("pg_dump", *words, "-h", str(server.directory), "shop")
    assert safe.stderr == ""
    assert safe.stdout == real.stdout != ""
    assert run("pg_dump", "-Fc", "-j1", "-f", "shop.dump").returncode == 0
    made = run("createdb", "copied")
    assert (made.returncode, made.stderr.count("Error")) == (0, 0)
    restored = run("pg_restore", "-d", "copied", "shop.dump")  # each ALTER ... OWNER names the owner that is there
    assert (restored.returncode, restored.stderr) == (0, "")
    again = run("pg_dump", *words, "copied", tier="")
    assert again.stdout == real.stdout
    assert run("dropdb", "copied", tier="").returncode == 0


@pytest.mark.parametrize("options", [(), ("--tcp",)], ids=["socket", "loopback"])
@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        (
            "postgresql",
            "import psycopg; c = psycopg.connect(u); print(c.execute('select count(*) from orders').fetchone()[0])",
        ),
        (
            "postgresql+psycopg",
            "import sqlalchemy as s; print(s.create_engine(u).connect().execute(s.text('select count(*) from orders')).scalar())",
        ),
        (
            "postgresql",
            "import asyncio, asyncpg\nasync def f():\n c = await asyncpg.connect(u)\n print(await c.fetchval('select count(*) from orders'))\nasyncio.run(f())",
        ),
    ],
    ids=["psycopg", "sqlalchemy", "asyncpg"],
)
def test_drivers_by_url(run, server, options, scheme, code):
    """The URL of the environment works as it stands, whatever the driver; a password of this run over loopback."""
    script = f"import os; u = os.environ['SHOP_URL']\n{code}"
    done = run(sys.executable, "-c", script, options=options, SHOP_URL=url(server, scheme))
    assert (done.stdout, done.returncode) == ("400\n", 0), done.stderr
    assert "no connection through the guard" not in done.stderr


def test_loopback_wants_the_password_of_this_run(run, server):
    """Another user of this host who finds the port gets nothing; the true password is no key either."""
    script = (
        "import os, psycopg\n"
        "try: psycopg.connect(host='127.0.0.1', port=os.environ['PGPORT'], password='geheim', user='app', dbname='shop')\n"
        "except psycopg.OperationalError as fault: print('refused:', fault)\n"
    )
    done = run(sys.executable, "-c", script, options=("--tcp",), PGHOST="127.0.0.1", PGUSER="app", PGPASSWORD="geheim")
    assert done.stdout.startswith("refused:"), done.stdout + done.stderr


def test_a_migration_is_held_statement_by_statement(run, server, tmp_path):
    """Alembic on production: what drops is refused by the server's own error, with a request id; nothing is gone."""
    psql(server, "create table if not exists keep as select 1 as n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    versions = tmp_path / "migrations/versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations/env.py").write_text(
        "import os, sqlalchemy\nfrom alembic import context\n"
        "with sqlalchemy.create_engine(os.environ['DATABASE_URL']).connect() as found:\n"
        "    context.configure(connection=found)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    (versions / "one.py").write_text(
        "from alembic import op\nrevision = 'one'\ndown_revision = None\ndef upgrade():\n    op.drop_table('keep')\n"
    )
    line = (sys.executable, "-m", "alembic", "upgrade", "head")
    done = run(*line, tier="production", DATABASE_URL=url(server, "postgresql+psycopg"))
    assert done.returncode != 0
    assert "safeshell: refused: " in done.stderr
    assert "safeshell approve --own " in done.stderr
    assert psql(server, "select count(*) from keep") == "1"
    allowed = run(*line, tier="development", DATABASE_URL=url(server, "postgresql+psycopg"))
    assert "safeshell: refused: " in allowed.stderr or psql(server, "select to_regclass('keep')") == ""
    psql(server, "drop table if exists keep, alembic_version")


def test_psql_below_run_is_safe_psql(run, tmp_path):
    """Its ways out are closed as well."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/precious").write_text("x")
    done = run("psql", "-At", tier="production", stdin="\\! rm ~/precious\nselect 1;\n")
    assert "safeshell: refused: `rm ~/precious`" in done.stderr
    assert (tmp_path / "home/precious").exists()
    assert done.stdout.strip() == "1"


def test_pgcli(run, server):
    """One of the clients whose options are known: its connection text is replaced in its own form."""
    pytest.importorskip("pgcli")
    code = "import sys; sys.argv[0] = 'pgcli'; from pgcli.main import cli; cli()"
    done = run(sys.executable, "-c", code, "--list", PGHOST=str(server.directory))
    assert "shop" in done.stdout, done.stderr


def test_an_interrupted_command_ends_as_it_would(run):
    """A script that dies of a signal: the caller sees that signal."""
    done = run("sh", "-c", "kill -TERM $$")
    assert done.returncode == -15


SETTINGS = """
import os
SECRET_KEY = 'x'
INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'],
    'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'], 'USER': os.environ['PGUSER']}}
USE_TZ = True
"""


def test_django_on_production(run, server, tmp_path):
    """What only reads passes; the first migration is refused by the server's error, and nothing is half made."""
    psql(server, "create database dj", "postgres")
    (tmp_path / "dj_settings.py").write_text(SETTINGS)
    line = (sys.executable, "-m", "django", "migrate", "--settings", "dj_settings", "--pythonpath", str(tmp_path))
    held = run(*line, tier="production", PGDATABASE="dj")
    assert held.returncode != 0
    assert "safeshell: refused: " in held.stderr
    assert psql(server, "select count(*) from pg_tables where schemaname = 'public'", "dj") == "0"
    check = (*line[:3], "check", *line[4:], "--database", "default")
    done = run(*check, tier="production", PGDATABASE="dj")
    assert (done.returncode, "safeshell: refused" in done.stderr) == (0, False), done.stderr
