"""Sessions and transactions: the ways out of read-only, and the many that are none."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from tests.languages.postgres.asking import effects


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("begin", {"reads"}),
        ("begin isolation level repeatable read, read only, deferrable", {"reads"}),
        ("begin read write", {"writes"}),
        ("start transaction read write", {"writes"}),
        ("begin read only, read write", {"writes"}),
        ("set transaction read write", {"writes"}),
        ("set transaction isolation level serializable", {"reads"}),
        ("set session characteristics as transaction read write", {"leaves_guard"}),
        ("set session characteristics as transaction read only", {"reads"}),
        ("set local transaction_read_only = off", {"writes"}),
        ("set default_transaction_read_only to false", {"leaves_guard"}),
        ("set default_transaction_read_only to default", {"reads"}),
        ("reset default_transaction_read_only", {"reads"}),
        ("reset all", {"reads"}),
        ("discard all", {"reads"}),
        ("set transaction snapshot '00000003-0000001B-1'", {"reads"}),
        ("set constraints all deferred", {"reads"}),
        ("set constraints all immediate", {"writes"}),
        ("set constraints a, s.b immediate", {"writes"}),
        ("set time zone 'UTC'", {"reads"}),
        ("set names 'UTF8'", {"reads"}),
        ("set search_path to a, b", {"reads"}),
        ("set role admin", {"writes"}),
        ("set role none", {"reads"}),
        ("set session authorization default", {"reads"}),
        ("set session authorization bob", {"writes"}),
        ("commit and chain", {"reads"}),
        ("prepare transaction 'x'", {"writes"}),
        (
            "alter role bob set default_transaction_read_only = off",
            {"changes_schema", "revokes_access", "leaves_guard"},
        ),
        ("alter database shop set statement_timeout = 0", {"changes_schema"}),
        ("alter database shop set safeshell.tier = 'development'", {"changes_schema", "revokes_access", "writes"}),
        ("alter database shop reset safeshell.tier", {"changes_schema", "revokes_access"}),
        ("alter database shop connection limit 0", {"revokes_access"}),
        ("alter system set default_transaction_read_only = off", {"changes_schema", "leaves_guard"}),
        ("alter system reset all", {"changes_schema"}),
        ("select set_config('default_transaction_read_only', 'off', false)", {"leaves_guard"}),
        ("select pg_catalog.set_config('search_path', '', false)", {"reads"}),
        ("select set_config(name, 'off', false) from pg_settings", {"writes"}),
        ("select set_config('transaction_' || 'read_only', 'off', false)", {"writes"}),
    ],
)
def test_what_leads_out_of_read_only(text: str, found: set[str]) -> None:
    """By the setting and its value, however it is spelled."""
    assert effects(text) == found


def test_outside_a_transaction_no_check_was_left_for_later() -> None:
    """SET CONSTRAINTS IMMEDIATE does nothing there but warn."""
    for state, found in (("off", {"reads"}), ("on", {"writes"})):
        reading = read("set constraints all immediate", server={"in_transaction": state})
        assert {effect.value for effect in reading.statements[0].effects} == found
