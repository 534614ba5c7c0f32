"""What clients and drivers send by themselves, taken from the log of a real server: it passes silently."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from safeshell.model.facts import Ask, Facts, Question
from tests.languages.postgres.asking import held
from tests.languages.postgres.test_rowplans import SHOP
from tests.servers import postgres_binaries, postgres_server

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="needs PostgreSQL")
ENTRY = "\x02"


class Listener:
    """A server whose log is read back as the statements that it got."""

    def __init__(self, server) -> None:
        self.server = server
        self.mark = 0

    def start(self) -> None:
        """Forget what was sent until now."""
        self.mark = len(self._log())

    def heard(self) -> list[str]:
        """The statements since then, as they were sent."""
        found = []
        for entry in self._log()[self.mark :].split(ENTRY):
            kind, _, text = entry.partition(": ")[2].lstrip().partition(": ")
            if kind == "statement" or kind.startswith("execute "):
                found.append(text.strip())
        return found

    def _log(self) -> str:
        return Path(self.server.log).read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="module")
def listener():
    """A server with a shop in it, that logs every statement."""
    import psycopg

    with postgres_server(settings={"log_statement": "all", "log_line_prefix": ENTRY}) as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as opened:
            opened.execute(SHOP)
            opened.execute("create type shop.mood as enum ('glad'); create domain shop.short as varchar(5)")
            opened.execute(
                "create table shop.notes (id int primary key, m shop.mood, s shop.short, o int references shop.users)"
            )
        yield Listener(server)


def stopped(texts: list[str], facts: Facts | None = None) -> list[str]:
    return [text for text in texts if held(text, facts)]


def test_pg_dump(listener) -> None:
    """Reads, locks as a SELECT takes, settings of its session, COPY; what it prepares is known by name."""
    listener.start()
    command = [shutil.which("pg_dump"), listener.server.conninfo()]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    texts = listener.heard()
    prepared = [text for text in texts if text.startswith("PREPARE")]
    facts = {Question(Ask.PREPARED, text.split()[1].partition("(")[0].lower()): text for text in prepared}
    assert len(texts) >= 60
    assert len(facts) >= 2
    assert stopped(texts, facts) == []


def test_asyncpg(listener) -> None:
    """Its questions about types, and what its pool says when a connection is given back."""
    asyncpg = pytest.importorskip("asyncpg")

    async def use() -> None:
        place = {"host": str(listener.server.directory), "port": listener.server.port, "user": "postgres"}
        async with asyncpg.create_pool(**place, database="postgres", min_size=1, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.fetch("select * from shop.notes where m = $1", "glad")
            async with pool.acquire() as connection:
                assert await connection.fetchval("select count(*) from shop.orders") == 40

    listener.start()
    asyncio.run(use())
    texts = listener.heard()
    assert len(texts) >= 4
    assert stopped(texts) == []


def test_sqlalchemy(listener) -> None:
    """Connecting, and looking at everything that a schema has."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    place = f"host={listener.server.directory}&port={listener.server.port}"
    listener.start()
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://postgres@/postgres?{place}")
    try:
        looking = sqlalchemy.inspect(engine)
        names = looking.get_table_names("shop") + looking.get_view_names("shop")
        for name in names:
            for ask in (looking.get_columns, looking.get_indexes, looking.get_foreign_keys, looking.get_pk_constraint):
                ask(name, schema="shop")
        looking.get_enums("shop")
        looking.get_domains("shop")
    finally:
        engine.dispose()
    texts = listener.heard()
    assert len(texts) >= 12
    assert stopped(texts) == []


def test_django(listener) -> None:
    """What `inspectdb` asks."""
    pytest.importorskip("django")
    program = (
        "import django\n"
        "from django.conf import settings\n"
        "place = dict(ENGINE='django.db.backends.postgresql', NAME='postgres', USER='postgres',\n"
        f"             HOST='{listener.server.directory}', PORT='{listener.server.port}',\n"
        "             OPTIONS={'options': '-c search_path=shop'})\n"
        "settings.configure(DATABASES={'default': place}, INSTALLED_APPS=[])\n"
        "django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('inspectdb')\n"
    )
    import sys

    listener.start()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert "class Orders" in done.stdout, done.stderr
    texts = listener.heard()
    assert len(texts) >= 10
    assert stopped(texts) == []


def test_psql_completes_names(listener) -> None:
    """What Tab asks."""
    import pexpect

    listener.start()
    child = pexpect.spawn(
        "psql", ["-X", listener.server.conninfo()], encoding="utf-8", timeout=20, dimensions=(24, 200)
    )
    try:
        child.expect("=#")
        for start in (
            "select * from shop.or\t",
            "\\d shop.no\t",
            "set sea\t",
            "alter table shop.notes drop \t\t",
            "drop ro\t \t\t",
        ):
            child.send(start)
            child.expect([pexpect.TIMEOUT, "never"], timeout=0.7)
            child.sendcontrol("u")
    finally:
        child.close(force=True)
    texts = listener.heard()
    assert len(texts) >= 3
    assert stopped(texts) == []


def test_pgcli(listener) -> None:
    """What it asks to complete names."""
    pgexecute = pytest.importorskip("pgcli.pgexecute")
    server = listener.server
    listener.start()
    executor = pgexecute.PGExecute("postgres", "postgres", "", str(server.directory), server.port)
    for ask in (
        "tables",
        "views",
        "table_columns",
        "view_columns",
        "schemata",
        "foreignkeys",
        "databases",
        "functions",
    ):
        list(getattr(executor, ask)())
    for ask in ("full_databases", "search_path", "datatypes", "casing"):
        list(getattr(executor, ask)())
    executor.conn.close()
    texts = listener.heard()
    assert len(texts) >= 10
    assert stopped(texts) == []
