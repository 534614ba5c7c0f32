"""Key words that need quotes."""

from __future__ import annotations

from safeshell.languages.postgres.keywords import RESERVED, listed


def test_words_that_break_a_statement_are_there() -> None:
    """Reserved ones, and those that only cannot name a function or table."""
    assert {"select", "user", "table", "between", "left", "json_table"} <= RESERVED
    assert not {"orders", "name", "id"} & RESERVED


def test_a_block_of_text_is_a_set_of_words() -> None:
    """However it is broken into lines."""
    assert listed(" a b\n  a ") == {"a", "b"}
