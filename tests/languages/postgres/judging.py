"""A real server as the judge of single statements: would it refuse this in a read-only transaction?

Nothing that a statement does stays: each runs in a transaction of its own that is rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safeshell.languages.postgres import psql
from safeshell.languages.sqllexer import BROKEN, META, VARIABLE
from tests.languages.postgres.asking import held

REFUSED = "25006"
"""SQLSTATE read_only_sql_transaction."""
STREAMS = re.compile(r"\s*copy\b.*\bstd(in|out)\b", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"\s*\(*\s*(select|values|table|with|show|explain)\b", re.IGNORECASE)
_SHUTS = ("pg_terminate_backend", "pg_sleep", "pg_promote")


@dataclass
class Verdicts:
    """What was found: how many of each, and the statements that were judged wrongly."""

    seen: int = 0
    refused: int = 0
    reads: int = 0
    missed: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """For the report."""
        share = 100 * len(self.stopped) / max(self.reads, 1)
        missed = f"{self.refused} refused by the server, {len(self.missed)} of them missed"
        return f"{self.seen} statements: {missed}; {self.reads} queries ran, {len(self.stopped)} held ({share:.2f} %)"


def statements_of(text: str) -> Iterator[str]:
    """The statements of a script for psql, as the server would get them."""
    for group in psql._groups(text):
        if not any(token.kind in (META, BROKEN, VARIABLE) for token in group):
            yield psql._for_server(text, group[0].start, group[-1].end, [group])


def judge(connection: Any, texts: Iterable[str], verdicts: Verdicts, *, keep: bool = False) -> Verdicts:
    """Run each text read-only; with `keep` then once more for real, so that later ones find their tables."""
    for text in texts:
        if connection.closed:
            return verdicts
        if STREAMS.match(text) or any(word in text for word in _SHUTS):
            continue
        stopped, code = held(text), _code(connection, text)
        verdicts.seen += 1
        if code == REFUSED:
            verdicts.refused += 1
            verdicts.missed += [text] * (not stopped)
        elif code == "" and _QUERY.match(text):
            verdicts.reads += 1
            verdicts.stopped += [text] * stopped
        if keep:
            _run(connection, text)
    return verdicts


def _code(connection: Any, text: str) -> str:
    """The SQLSTATE that a text ends with in a read-only transaction, "" where it runs."""
    import psycopg

    inside = connection.info.transaction_status.name == "INTRANS"
    begin = "savepoint judged; set local transaction_read_only = on" if inside else "begin read only"
    end = "rollback to judged; release judged" if inside else "rollback"
    try:
        connection.execute(begin)
        connection.execute(text.encode())
    except psycopg.Error as fault:
        return fault.sqlstate or "unknown"
    finally:
        if connection.info.transaction_status.name != "IDLE":
            _run(connection, end)
    return ""


def _run(connection: Any, text: str) -> None:
    """For what it leaves behind; a text that ended the transaction itself leaves nothing to end."""
    import contextlib

    import psycopg

    with contextlib.suppress(psycopg.Error):
        connection.execute(text.encode())


def judge_files(connection: Any, paths: Iterable[Path], verdicts: Verdicts, *, keep: bool = False) -> Verdicts:
    """The statements of many scripts."""
    for path in paths:
        judge(connection, statements_of(path.read_text(encoding="utf-8", errors="replace")), verdicts, keep=keep)
    return verdicts
