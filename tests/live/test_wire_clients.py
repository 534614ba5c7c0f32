"""Clients through a guarded PostgreSQL, live and unchanged: psql, psycopg, asyncpg, SQLAlchemy, Alembic, Django, pg_dump."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import textwrap

import psycopg
import pytest

from tests.live.wires import guarded
from tests.servers import postgres_binaries, postgres_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed"),
]
SCHEMA = """
create table things (id int primary key, name text, data jsonb default '{}', made timestamptz default '2026-01-01');
insert into things select g, 'thing ' || g from generate_series(1, 5000) g;
create index on things (name); create view big as select * from things where id > 4000;
create function twice(int) returns int language sql immutable as 'select $1 * 2';
create table empty (like things including all);
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        with psycopg.connect(made.conninfo(), autocommit=True) as owner:
            owner.execute(SCHEMA)
        yield made


@pytest.fixture
def guard(server, tmp_path):
    with guarded(server, tmp_path) as made:
        yield made


@pytest.fixture
def scratch(server, tmp_path):
    """A guard of a database of its own, unlocked; what only destructive statements ask for is set lower."""
    effects = ("changes_schema", "destroys_rows", "writes", "destroys_data", "blocks_others", "revokes_access")
    allowed = f"{{{', '.join(f'{effect}: allow' for effect in effects)}}}"
    policy = f"tokens: self\ndemands: {{production: {allowed}, development: {allowed}}}\n"
    with psycopg.connect(server.conninfo(), autocommit=True) as owner:
        owner.execute("drop database if exists scratch with (force)")
        owner.execute("create database scratch")
    with guarded(server, tmp_path, dbname="scratch", policy=policy) as made:
        made.unlock()
        yield made


def run(guard, *argv: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess:
    environ = guard.wire.environment({"PATH": os.environ["PATH"], "HOME": str(guard.home), "LANG": "C.UTF-8", **env})
    return subprocess.run(argv, env=environ, input=stdin, capture_output=True, text=True, check=False, timeout=60)


def test_psql_reads_describes_copies_and_watches(guard):
    """Its own catalogue queries, \\copy, \\gexec, \\watch, FETCH_COUNT, CSV."""
    script = r"""
    \d things
    \df twice
    \copy (select id, name from things order by id limit 3) to stdout csv
    select 'select ' || g from generate_series(1, 2) g \gexec
    \set FETCH_COUNT 100
    select count(*) from (select * from things) x;
    select twice(21) as answer \gset
    \echo answer :answer
    """
    done = run(guard, "psql", "-XAt", "-v", "ON_ERROR_STOP=1", stdin=script)
    assert done.returncode == 0, done.stderr
    assert "name|text" in done.stdout
    assert "1,thing 1\n2,thing 2\n3,thing 3\n" in done.stdout
    assert "answer 42" in done.stdout


def test_psql_keeps_its_exit_codes(guard):
    """3 for a script that stops at an error, 1 for -c, and the refusal on stderr."""
    done = run(guard, "psql", "-X", "-v", "ON_ERROR_STOP=1", stdin="delete from things;\nselect 1;\n")
    assert done.returncode == 3
    assert "ERROR:  safeshell: refused: " in done.stderr
    assert run(guard, "psql", "-Xc", "delete from things").returncode == 1
    assert run(guard, "psql", "-XAtc", "select count(*) from things").stdout == "5000\n"


def test_copy_out_is_the_same_as_direct_and_copy_in_is_held(guard, server):
    """A bulk of rows, byte for byte."""
    query = "copy (select g, md5(g::text) from generate_series(1, 200000) g) to stdout"
    through = run(guard, "psql", "-Xc", query)
    direct = subprocess.run(["psql", "-X", server.conninfo(), "-c", query], capture_output=True, text=True, check=True)
    assert through.stdout == direct.stdout
    with guard.connect() as client:
        refused = guard.refused(client, "copy things from stdin")
        assert refused.startswith("safeshell: refused: ")
    assert guard.value("select count(*) from things") == 5000


def test_copy_in_streams_when_writes_are_unlocked(scratch):
    """Tens of megabytes, in and counted."""
    with scratch.connect() as client:
        client.execute("create table bulk (id int, text text)")
        with client.cursor().copy("copy bulk from stdin") as copy:
            for number in range(200_000):
                copy.write_row((number, "x" * 100))
        assert client.execute("select count(*), max(id) from bulk").fetchone() == (200_000, 199_999)


def test_a_statement_of_thirty_megabytes(scratch):
    """Held whole, judged, and run."""
    values = ",".join(f"({number},'{'y' * 90}')" for number in range(300_000))
    with scratch.connect() as client:
        client.execute("create table large (id int, text text)")
        sql = f"insert into large values {values}"
        assert len(sql) > 30_000_000
        assert scratch.confirmed(client, sql).rowcount == 300_000
        (size,) = client.execute("select length(%s)", ("z" * 30_000_000,)).fetchone()
        assert size == 30_000_000


def test_listen_and_notify(guard):
    """A notification reaches a client that waits; NOTIFY itself is no write of rows."""
    with guard.connect() as client, guard.direct() as other:
        client.execute("listen news")
        other.execute("notify news, 'hello'")
        told = next(client.notifies(timeout=10))
        assert told.payload == "hello"


def test_psycopg_prepared_pipeline_and_cursors(guard):
    """Statements that the driver prepares by itself, a pipeline, a server-side cursor."""
    with guard.connect() as client:
        client.prepare_threshold = 0
        for number in range(1, 20):
            assert client.execute("select name from things where id = %s", (number,)).fetchone() == (f"thing {number}",)
        with client.pipeline():
            found = [client.execute("select %s::int", (number,)) for number in range(300)]
        assert [one.fetchone()[0] for one in found] == list(range(300))
        with client.transaction(), client.cursor("mine") as cursor:
            cursor.execute("select id from things order by id")
            assert len(cursor.fetchmany(500)) == 500
            assert len(cursor.fetchall()) == 4500


def test_psycopg_async(guard):
    """Several at once."""

    async def one(number):
        async with await psycopg.AsyncConnection.connect(guard.dsn()) as client:
            found = await (await client.execute("select %s::int * 2", (number,))).fetchone()
            return found[0]

    async def many():
        return await asyncio.gather(*(one(number) for number in range(12)))

    assert asyncio.run(many()) == [number * 2 for number in range(12)]


def test_asyncpg(guard):
    """Binary protocol, its type introspection, prepared statements, cursors; a refusal is an error it knows."""
    asyncpg = pytest.importorskip("asyncpg")
    environ = guard.wire.environment({})

    async def talk():
        client = await asyncpg.connect(
            host=environ["PGHOST"], port=int(environ["PGPORT"]), user="postgres", database="postgres"
        )
        assert await client.fetchval("select count(*) from things") == 5000
        statement = await client.prepare("select id, name, data, made from things where id = any($1::int[])")
        assert len(await statement.fetch([1, 2, 3])) == 3
        async with client.transaction():
            assert len([row async for row in client.cursor("select * from things")]) == 5000
        with pytest.raises(asyncpg.exceptions.InsufficientPrivilegeError, match="safeshell: refused: "):
            await client.execute("delete from things where id = $1", 1)
        assert await client.fetchval("select count(*) from things") == 5000
        await client.close()

    asyncio.run(talk())


def test_sqlalchemy_and_alembic(scratch, tmp_path):
    """Reflection, a migration up and down by the tool itself."""
    pytest.importorskip("alembic")
    url = scratch.wire.url(scheme="postgresql+psycopg")
    folder = tmp_path / "migrations"
    python = [sys.executable, "-m", "alembic"]
    environ = {**os.environ, "DATABASE_URL": url}

    def alembic(*words: str) -> str:
        done = subprocess.run(
            [*python, *words], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    alembic("init", str(folder))
    text = (folder / "env.py").read_text()
    (folder / "env.py").write_text(
        text.replace(
            "config = context.config",
            "config = context.config\nimport os\nconfig.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'].replace('%', '%%'))",
        )
    )
    alembic("revision", "-m", "first", "--rev-id", "one")
    script = next((folder / "versions").glob("one*.py"))
    script.write_text(
        script.read_text().replace(
            'def upgrade() -> None:\n    """Upgrade schema."""\n    pass',
            "def upgrade() -> None:\n    op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))\n    op.create_index('by_name', 'users', ['name'])",
        )
    )
    assert "create_table" in script.read_text()
    alembic("upgrade", "head")
    assert "one (head)" in alembic("current")
    from sqlalchemy import create_engine, inspect
    from sqlalchemy import text as sql

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(sql("insert into users values (1, 'ada')"))
        assert [column["name"] for column in inspect(connection).get_columns("users")] == ["id", "name"]
    engine.dispose()


def test_django_migrations(scratch, tmp_path):
    """contrib's own migrations, and rows through the ORM."""
    pytest.importorskip("django")
    words = scratch.wire.environment({})
    (tmp_path / "settings.py").write_text(
        textwrap.dedent(f"""
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]
        DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "scratch", "USER": "postgres",
                     "HOST": {words["PGHOST"]!r}, "PORT": {words["PGPORT"]!r}}}}}
        SECRET_KEY = "x"; USE_TZ = True; DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
        """)
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)}

    def manage(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "django", *words],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Applying auth.0001_initial... OK" in manage("migrate")
    code = (
        "from django.contrib.auth.models import Group; Group.objects.create(name='ops'); print(Group.objects.count())"
    )
    assert "1" in manage("shell", "-c", code)


def test_pgcli(guard):
    """Its start-up questions, a query, its way out."""
    pytest.importorskip("pgcli")
    import pexpect

    environ = guard.wire.environment({**os.environ, "HOME": str(guard.home), "TERM": "xterm", "PAGER": "cat"})
    child = pexpect.spawn(
        sys.executable, ["-m", "pgcli.main", "--less-chatty"], env=environ, timeout=30, dimensions=(40, 120)
    )
    child.expect("postgres")
    child.send("select 40 + 2 as answer;\r")
    child.expect("42")
    child.send("\\q\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_pg_dump_and_restore_give_an_identical_dump(guard, scratch, server):
    """Both ways through the guard, custom format and plain."""
    binaries = server.binaries
    dump = [str(binaries / "pg_dump")]
    direct = subprocess.run([*dump, "-d", server.conninfo()], capture_output=True, text=True, check=True).stdout
    through = run(guard, *dump)
    assert through.returncode == 0, through.stderr
    assert _same(through.stdout) == _same(direct)
    archive = scratch.home / "all.dump"
    assert run(guard, *dump, "-Fc", "-f", str(archive)).returncode == 0
    restored = run(scratch, str(binaries / "pg_restore"), "-d", "scratch", "--exit-on-error", str(archive))
    assert restored.returncode == 0, restored.stderr
    again = subprocess.run([*dump, "-d", server.conninfo("scratch")], capture_output=True, text=True, check=True).stdout
    assert _same(again) == _same(direct)


def _same(text: str) -> list[str]:
    """A dump without the random token that newer versions put round it."""
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


@pytest.mark.skipif(shutil.which("pgbench") is None and postgres_binaries() is None, reason="no pgbench")
def test_pgbench_in_all_protocols(guard, server):
    """Simple, extended, prepared; eight clients."""
    pgbench = str(server.binaries / "pgbench")
    script = guard.home / "bench.sql"
    script.write_text("\\set id random(1, 5000)\nselect name from things where id = :id;\n")
    for mode in ("simple", "extended", "prepared"):
        done = run(guard, pgbench, "-n", "-M", mode, "-c", "8", "-t", "50", "-f", str(script))
        assert done.returncode == 0, done.stderr
        assert "number of transactions actually processed: 400/400" in done.stdout
