"""The tables of names of the MongoDB shell."""

from __future__ import annotations

from safeshell.languages import mongowords as words


def test_no_name_is_both_harmless_and_harmful():
    """A name has one meaning."""
    assert not words.HARMLESS & set(words.HARMFUL)
    assert not words.COMMANDS & set(words.HARMFUL_COMMANDS)


def test_names_that_run_texts_are_not_harmless():
    """What takes code or loads it stands in no table of reads."""
    assert not words.HARMLESS & {"eval", "load", "Function", "require", "call", "apply", "bind", "constructor", "exec"}
