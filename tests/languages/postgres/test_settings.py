"""Settings: which of them lead out of read-only, which only change how things look."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.settings import PLAIN, judge
from safeshell.model.effects import Effect

LEAVES, WRITES, UNCLEAR = Effect.LEAVES_GUARD, Effect.WRITES, Effect.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("name", "value", "effect"),
    [
        ("default_transaction_read_only", "off", LEAVES),
        ("DEFAULT_TRANSACTION_READ_ONLY", "f", LEAVES),
        ("default_transaction_read_only", None, LEAVES),
        ("default_transaction_read_only", "on", None),
        ("transaction_read_only", "0", WRITES),
        ("transaction_read_only", "TRUE", None),
        ("session_replication_role", "replica", LEAVES),
        ("session_replication_role", "origin", None),
        ("role", "admin", WRITES),
        ("role", "none", None),
        ("session_authorization", "postgres", WRITES),
        ("standard_conforming_strings", "off", UNCLEAR),
        ("standard_conforming_strings", "on", None),
        ("zero_damaged_pages", "on", WRITES),
        ("allow_system_table_mods", "on", WRITES),
        ("statement_timeout", "5s", None),
        ("enable_seqscan", "off", None),
        ("app.tenant", "5", None),
        ("safeshell.tier", "development", WRITES),
        ("plperl.on_init", "x", WRITES),
        ("no_such_setting", "x", WRITES),
    ],
)
def test_what_a_setting_does(name: str, value: str | None, effect: Effect | None) -> None:
    """Unknown names and unknown values are taken for the worst."""
    verdict = judge(name, value)
    assert (verdict[0] if verdict else None) is effect


def test_going_back_to_the_default_is_harmless() -> None:
    """The session's default is what the guard made it (tried on live servers)."""
    assert judge("default_transaction_read_only", None, to_default=True) is None


def test_names_stand_in_lower_case() -> None:
    """As they are looked up."""
    assert all(name == name.lower() for name in PLAIN)
