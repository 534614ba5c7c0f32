"""SQL texts by their words: what is surely a read, what it destroys, and what is not understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.postgres.psql import read as read_postgres
from safeshell.languages.reading import Reading
from safeshell.languages.sql import read_mysql
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement

EMPTY = Knowledge()


def shell(text: str) -> tuple[Statement, ...]:
    return (Statement(Language.BASH, text, Span(0, 0), "shell"),)


def postgres(text: str) -> Reading:
    return read_postgres(text, EMPTY, shell)


def mysql(text: str) -> Reading:
    return read_mysql(text, EMPTY, shell)


def effects(reading: Reading) -> set[str]:
    return {claim.effect.value for statement in reading.statements for claim in statement.claims}


MYSQL_READS = [
    "select 1",
    "show tables",
    "describe t",
    "desc t",
    "explain select 1",
    "select * from `a;b` # ; drop table x",
    "select 'a\\'; drop table x'",
    'select count(*) from t where a = "x;y"',
    "select 1\\G",
    "\\s",
]


@pytest.mark.parametrize("text", MYSQL_READS)
def test_mysql_reads(text: str) -> None:
    """The plain reads."""
    assert effects(mysql(text)) == {"reads"}


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("/*!50000 DROP TABLE x */", "destroys_data"),
        ("select 1 /*! into outfile '/tmp/x' */", "writes"),
        ("select /*!40001 sql_no_cache */ 1", "writes"),
        ("delete from t /*!50000 where 1=1 */", "destroys_rows"),
        ("/*M! delete from t */", "destroys_rows"),
        ("with x as (select 1) select * from x", "writes"),
        ("use shop", "writes"),
        ("begin", "not_understood"),
        ("set global read_only = 0", "writes"),
        ("insert into t values (1) on duplicate key update a = 1", "destroys_rows"),
        ("replace into t values (1)", "destroys_rows"),
        ("load data infile 'x' replace into table t", "destroys_rows"),
        ("select * from t lock in share mode", "blocks_others"),
        ("flush tables with read lock", "blocks_others"),
        ("kill 3", "stops_service"),
        ("shutdown", "stops_service"),
        ("purge binary logs to 'x'", "destroys_data"),
        ("drop user bob", "revokes_access"),
        ("set password for bob = 'x'", "revokes_access"),
        ("handler t open", "not_understood"),
        ("delimiter //", "not_understood"),
        ("source x.sql", "runs_opaque_code"),
        ("select 1; drop table t", "destroys_data"),
        ("select 1--1; drop table t", "destroys_data"),
        ("select 'open", "not_understood"),
        ("analyze delete from t", "writes"),
    ],
)
def test_mysql_others(text: str, effect: str) -> None:
    """Whatever is not one of the plain reads is at least a write."""
    found = effects(mysql(text))
    assert effect in found
    assert found != {"reads"}


def test_the_mysql_client_runs_shells() -> None:
    r"""`system x`, `\! x` and the pager."""
    for text in ("system rm x", "\\! rm x", "pager rm x"):
        assert [inner.text for statement in mysql(text).statements for inner in statement.nested] == ["rm x"]


WORDS = st.sampled_from(
    [
        "select",
        "delete",
        "from",
        "t",
        ";",
        "(",
        ")",
        ",",
        "'",
        '"',
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "/*!",
        "\\",
        "\\!",
        "\\copy",
        "program",
        "with",
        "as",
        "where",
        "update",
        "for",
        "into",
        "count(",
        "f(",
        ":x",
        "E'",
        "`",
        "#",
        "\n",
        "explain",
        "analyze",
        "copy",
        "to",
        "do",
        "call",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=25).map(" ".join)))
def test_any_text_is_read(text: str) -> None:
    """No crash, every statement claims something, spans lie within the text and do not overlap."""
    for reading in (postgres(text), mysql(text)):
        end = 0
        for statement in reading.statements:
            assert statement.claims
            assert statement.span.start <= statement.span.end <= len(text.encode("utf-8", "surrogatepass"))
            if statement.span.start >= end:
                end = statement.span.end


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_a_delete_after_a_semicolon_is_found_or_the_text_is_unclear(text: str) -> None:
    """Whatever stands before, the reading is never reads alone (quotes that swallow it are not closed)."""
    closed = "'" not in text and '"' not in text and "$" not in text and "/*" not in text and "--" not in text
    if closed and "\\" not in text:
        assert "destroys_rows" in effects(postgres(text + "\n; delete from victims"))


def test_long_texts_take_no_more_than_linear_time() -> None:
    """Unclosed quotes and deep comments in a large text end quickly, and a too large one is not understood."""
    for text in (
        "delete " * 30_000,
        "'" + "a''" * 50_000,
        "/*" * 50_000,
        "(" * 50_000 + "select",
        "$a$" * 30_001,
        "select f(" * 20_000,
    ):
        assert postgres(text).statements
    assert not postgres("select 1;" * 200_000).statements[0].understood


def test_pragmas_ask_or_set():
    """Those of SQLite that name an object only look at it; others set what stands in their brackets."""
    for text in ("pragma table_info(users)", "pragma integrity_check", "pragma journal_mode", "pragma main.page_count"):
        assert effects(mysql(text)) == {"reads"}
    for text in ("pragma journal_mode(wal)", "pragma x = 1", "pragma optimize", "pragma wal_checkpoint(truncate)"):
        assert effects(mysql(text)) == {"writes"}
