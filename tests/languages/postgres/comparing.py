"""Counting beforehand compared with what a real server then reports, over any body of SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from safeshell.languages.postgres.plans import StatementPlan, plan
from safeshell.model.judgement import Exactness
from tests.languages.postgres.judging import STREAMS


@dataclass
class Counts:
    """How many agreed, and the statements that did not though they were called exact."""

    equal: int = 0
    bounded: int = 0
    wrong: list[tuple[str, int, int]] = field(default_factory=list)
    uncountable: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        """For the report."""
        wrong, failed = len(self.wrong), len(self.uncountable)
        return f"{self.equal} exact, {self.bounded} within their bound, {wrong} wrong, {failed} could not be counted"


def compare(connection: Any, texts: Iterable[str], counts: Counts) -> Counts:
    """Count and run each change of rows in a transaction that is undone, then run every text for real."""
    import contextlib

    import psycopg

    for text in texts:
        if connection.closed:
            return counts
        if STREAMS.match(text):
            continue
        plans = plan(text, server={"server_version_num": "150000"})
        if len(plans) == 1 and plans[0].kind == "rows" and plans[0].count:
            with contextlib.suppress(psycopg.Error):
                _compare(connection, text, plans[0], counts)
        with contextlib.suppress(psycopg.Error):
            connection.execute(text.encode())
    return counts


def _compare(connection: Any, text: str, made: StatementPlan, counts: Counts) -> None:
    import psycopg

    state = connection.info.transaction_status.name
    if state not in ("IDLE", "INTRANS"):
        return
    connection.execute("begin" if state == "IDLE" else "savepoint whole")
    try:
        number = _number(connection, made)
        reported = connection.execute(text.encode()).rowcount
        _weigh(text, made, number, reported, counts)
    except psycopg.Error:
        return  # the statement itself fails: nothing to compare
    finally:
        connection.execute("rollback" if state == "IDLE" else "rollback to whole; release whole")


def _number(connection: Any, made: StatementPlan) -> int | str:
    """The count, or why there is none."""
    import psycopg

    query = made.count if made.fixed is not None else f"select count(*) from ({made.count}) counted"
    connection.execute("savepoint counting; set local transaction_read_only = on")
    try:
        return int(connection.execute(str(query).encode()).fetchone()[0])
    except psycopg.Error as fault:
        return str(fault)
    finally:
        connection.execute("rollback to counting; release counting")


def _weigh(text: str, made: StatementPlan, number: int | str, reported: int, counts: Counts) -> None:
    if isinstance(number, str):
        counts.uncountable.append((text, number))
    elif number == reported:
        counts.equal += 1
    elif made.exactness is Exactness.EXACT or (made.exactness is Exactness.AT_MOST and number < reported):
        counts.wrong.append((text, number, reported))
    else:
        counts.bounded += 1
