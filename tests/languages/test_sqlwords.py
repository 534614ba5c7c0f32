"""Tables of SQL words that must not contradict each other."""

from __future__ import annotations

from safeshell.languages import sqlwords
from safeshell.model.effects import HARMLESS


def test_no_function_is_harmless_and_harmful() -> None:
    """Nor is any effect in the tables of harm a harmless one."""
    assert not sqlwords.HARMLESS_FUNCTIONS & set(sqlwords.HARMFUL_FUNCTIONS)
    assert not {effect for effect, _ in sqlwords.HARMFUL_FUNCTIONS.values()} & HARMLESS
    assert not {effect for effect, _ in sqlwords.STARTS.values()} & HARMLESS


def test_functions_that_write_are_not_among_the_harmless() -> None:
    """The well-known writers and switches of both servers."""
    writers = {
        "NEXTVAL",
        "SETVAL",
        "SET_CONFIG",
        "PG_RELOAD_CONF",
        "LO_CREATE",
        "LO_PUT",
        "PG_SLEEP",
        "SLEEP",
        "PG_WRITE_FILE",
        "LOAD_FILE",
        "PG_STAT_RESET",
        "TXID_CURRENT",
        "PG_SWITCH_WAL",
        "RELEASE_LOCK",
    }
    assert not writers & sqlwords.HARMLESS_FUNCTIONS


def test_words_stand_in_upper_case() -> None:
    """Because tokens do."""
    assert all(
        word == word.upper() for word in (*sqlwords.HARMLESS_FUNCTIONS, *sqlwords.STARTS, *sqlwords.BEFORE_PAREN)
    )


def test_client_commands_are_in_one_table() -> None:
    """A psql command either only shows or reaches further."""
    assert not sqlwords.PSQL_READS & set(sqlwords.PSQL_EFFECTS)
