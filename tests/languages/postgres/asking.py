"""Asking a private server, and having statements judged: what the tests of this folder share."""

from __future__ import annotations

from typing import Any

from safeshell.languages.postgres.reader import read
from safeshell.model.effects import HARMLESS
from safeshell.model.facts import Facts


def answers(server: Any, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
    """The rows of one query."""
    import psycopg

    with psycopg.connect(server.conninfo(database), autocommit=True) as connection:
        return list(connection.execute(query).fetchall())  # type: ignore[call-overload]


def held(text: str, facts: Facts | None = None) -> bool:
    """Whether a text would not pass silently in read-only production."""
    statements = read(text, facts=facts).statements
    return not all(set(item.effects) <= HARMLESS for statement in statements for item in statement.walk())


def effects(text: str) -> set[str]:
    """Every effect of a text."""
    return {effect.value for statement in read(text).statements for effect in statement.effects}
