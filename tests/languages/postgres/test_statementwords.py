"""Tables of statements that must not contradict each other."""

from __future__ import annotations

from safeshell.languages.postgres import control, definitions
from safeshell.languages.postgres.statementwords import DEFINES, DROPS, FIXED, TRANSACTIONS
from safeshell.model.effects import HARMLESS


def test_each_statement_stands_in_one_table() -> None:
    """A second row would never be looked at."""
    special = set(control.JUDGES) | set(definitions.JUDGES)
    assert not set(FIXED) & set(DEFINES)
    assert not (set(FIXED) | set(DEFINES)) & special


def test_nothing_that_drops_is_harmless() -> None:
    """Nor is what ends a prepared transaction."""
    assert not {effect for _, effect, _ in DROPS.values()} & HARMLESS
    held = {kind for kind, (_, effect, _) in TRANSACTIONS.items() if effect not in HARMLESS}
    assert held == {"TRANS_STMT_PREPARE", "TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED"}
