"""Tables of locks and work that must not contradict each other."""

from __future__ import annotations

from safeshell.languages.postgres.ddlwords import ALONE, COMMANDS, DROPS, LOCKS, RENAMES, SERIAL, STATEMENTS, WORK


def test_every_row_names_a_lock_and_a_work() -> None:
    """By the names that PostgreSQL uses."""
    rows = [*COMMANDS.values(), *STATEMENTS.values()]
    assert {lock for lock, _ in rows} <= set(LOCKS)
    assert {work for _, work in rows} <= set(WORK)
    assert {*DROPS.values(), *RENAMES.values()} <= set(LOCKS)


def test_every_command_is_one_of_the_grammar() -> None:
    """A misspelled row would never be found."""
    from postgast import pg_query_pb2

    known = set(pg_query_pb2.AlterTableType.keys())
    objects = set(pg_query_pb2.ObjectType.keys())
    kinds = set(pg_query_pb2.DESCRIPTOR.message_types_by_name)
    assert set(COMMANDS) <= known
    assert set(DROPS) | set(RENAMES) <= objects
    assert set(STATEMENTS) | ALONE <= kinds


def test_serial_types_have_a_plain_one() -> None:
    """Which is no serial itself."""
    assert not set(SERIAL) & set(SERIAL.values())
