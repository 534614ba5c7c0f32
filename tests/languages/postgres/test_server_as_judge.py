"""The server as judge: whatever it refuses in a read-only transaction was seen as writing, and reads pass.

The body of SQL is what any machine with PostgreSQL has: the scripts of its extensions and catalogues, the
definitions of its own views, the queries of psql and pg_dump. SAFESHELL_SQL_CORPUS may name a directory of
more (.sql files, such as the server's regression tests); its statements are run for real on the private server.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.languages.postgres.asking import answers, held
from tests.languages.postgres.comparing import Counts, compare
from tests.languages.postgres.judging import Verdicts, judge, judge_files, statements_of
from tests.languages.postgres.test_corpus import HOLDS, READS
from tests.languages.postgres.test_rowplans import SHOP

SHARE = Path("/usr/share/postgresql")
DESCRIBING = r"""
\d+ shop.orders \d shop.users \d+ shop.cheap \d+ shop.events \d+ shop.users_id_seq \dt+ \dt+ *.* \di+ \dv+ \dm+ \ds+ \df+
\df+ *.* \dfa \dfw \l+ \du+ \dg \dn+ \dx+ \dx+ plpgsql \dp \z \dT+ \dD+ \dC+ \dc+ \do+ \db+ \dA+ \dAc \dAf \dAo \dAp \dF+
\dFd+ \dFp+ \dFt+ \dL+ \dO+ \dP+ \dRp+ \dRs+ \dy+ \drds \ddp \dE+ \dd \dX \dew+ \des+ \det+ \deu+ \dconfig+ \lo_list+
\sf+ lower(text) \sv+ shop.cheap \da+ \dti *.pg_class
"""


@pytest.fixture
def connection(postgres):
    """In a database of its own, which a kept script may change."""
    import psycopg

    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute("drop database if exists judged with (force)")
        admin.execute("create database judged")
    with psycopg.connect(postgres.conninfo("judged"), autocommit=True, prepare_threshold=None) as opened:
        opened.execute("set statement_timeout = '4s'; set client_min_messages = error")
        yield opened


def test_scripts_of_the_server_and_its_extensions(connection) -> None:
    """Thousands of definitions: none that the server refuses was taken for a read."""
    found = judge_files(connection, sorted(SHARE.glob("*/**/*.sql")), Verdicts())
    print(found)
    assert found.refused > 1_000
    assert not found.missed


def test_the_server_s_own_views_are_reads(connection) -> None:
    """Their definitions use most of what a catalogue query can use."""
    rows = connection.execute("select pg_get_viewdef(oid) from pg_class where relkind = 'v'").fetchall()
    found = judge(connection, [row[0] for row in rows], Verdicts())
    print(found)
    assert found.reads > 100
    assert not found.stopped


def test_every_describing_command_of_psql_is_silent(postgres, connection) -> None:
    r"""The queries behind \d and its kin, as this psql writes them."""
    connection.execute(SHOP)
    commands: list[str] = []
    for word in DESCRIBING.split():
        commands += [word] if word.startswith("\\") else []
        commands[-1] += "" if word.startswith("\\") else f" {word}"
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        ["psql", "-X", "-E", *arguments, postgres.conninfo("judged")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    queries = [part.split("*****")[0].strip() for part in done.stdout.split("********* QUERY **********\n")[1:]]
    assert len(queries) >= 60
    assert [query for query in queries if held(query)] == []


def test_our_own_reads_are_never_refused(connection) -> None:
    """The silent half of the corpus, as far as it runs on a plain server."""
    connection.execute(SHOP)
    connection.execute("set search_path = shop, public")
    found = judge(connection, READS, Verdicts())
    print(found)
    assert not found.missed
    assert found.reads > 60


def test_our_own_holds_are_what_they_claim(connection) -> None:
    """The server agrees on most of them; the rest are the escapes that it lets through."""
    connection.execute(SHOP)
    connection.execute("set search_path = shop, public")
    found = judge(connection, [text for _, text in HOLDS], Verdicts())
    print(found)
    assert not found.missed
    assert found.refused > 100


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif("SAFESHELL_SQL_CORPUS" not in os.environ, reason="names a directory of .sql files")
def test_a_body_of_sql_from_elsewhere(connection) -> None:
    """Each statement is run read-only first, then for real, so that the next ones find their tables."""
    paths = sorted(Path(os.environ["SAFESHELL_SQL_CORPUS"]).rglob("*.sql"))
    found = judge_files(connection, paths, Verdicts(), keep=True)
    print(found)
    assert found.seen > 0
    assert len(found.missed) <= 0.001 * found.refused, found.missed


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif("SAFESHELL_SQL_CORPUS" not in os.environ, reason="names a directory of .sql files")
def test_counting_a_body_of_sql_from_elsewhere(connection) -> None:
    """What differs meets a BEFORE trigger or a rule, which only a server can tell of (the preview does)."""
    counts = Counts()
    for path in sorted(Path(os.environ["SAFESHELL_SQL_CORPUS"]).rglob("*.sql")):
        compare(connection, statements_of(path.read_text(encoding="utf-8", errors="replace")), counts)
    print(counts)
    assert counts.equal > 0
    assert len(counts.wrong) <= 0.03 * counts.equal, counts.wrong
    assert len(counts.uncountable) <= 0.005 * counts.equal, counts.uncountable


def test_the_server_knows_no_other_settings(postgres) -> None:
    """Every setting that a session may change was looked at: harmless, or held by name."""
    from safeshell.languages.postgres.settings import judge as judge_setting

    rows = answers(postgres, "select name from pg_settings where context in ('user', 'superuser')")
    held_by_name = {name for (name,) in rows if judge_setting(name, "x") is not None}
    assert held_by_name <= WORTH_A_QUESTION


WORTH_A_QUESTION = frozenset(
    {
        "allow_in_place_tablespaces",
        "allow_system_table_mods",
        "backslash_quote",
        "backtrace_functions",
        "commit_delay",
        "debug_discard_caches",
        "default_transaction_read_only",
        "dynamic_library_path",
        "extension_destdir",
        "ignore_checksum_failure",
        "jit_dump_bitcode",
        "lo_compat_privileges",
        "local_preload_libraries",
        "log_duration",
        "log_error_verbosity",
        "log_executor_stats",
        "log_lock_waits",
        "log_min_duration_sample",
        "log_min_duration_statement",
        "log_min_error_statement",
        "log_min_messages",
        "log_parameter_max_length",
        "log_parser_stats",
        "log_planner_stats",
        "log_replication_commands",
        "log_statement",
        "log_statement_sample_rate",
        "log_statement_stats",
        "log_temp_files",
        "log_transaction_sample_rate",
        "session_preload_libraries",
        "session_replication_role",
        "standard_conforming_strings",
        "trace_notify",
        "trace_sort",
        "track_counts",
        "transaction_read_only",
        "wal_consistency_checking",
        "wal_init_zero",
        "wal_recycle",
        "zero_damaged_pages",
    }
)
"""They change what the server keeps, loads, logs or lets happen."""
