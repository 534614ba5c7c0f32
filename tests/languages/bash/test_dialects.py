"""The rows of the shells that the walker reads."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.dialects import SHELLS, dialect_of
from safeshell.languages.bash.walker import Walker  # noqa: F401 - the walker is there before any shell of its own
from safeshell.model.statements import Language


@pytest.mark.parametrize("language", sorted(SHELLS))
def test_every_shell_has_its_row(language):
    """Its language, its builtins, and functions of the shell's own that are called by it."""
    row = dialect_of(language)
    assert row.language is language
    assert {"eval", "source", "cd"} <= row.handlers.keys()
    assert not row.hooks("my_function")


def test_only_bash_splits():
    """zsh and fish hand an expansion on as one word, and lists whole."""
    assert [dialect_of(language).splits for language in (Language.BASH, Language.ZSH)] == [True, False]
