"""The registry: each language finds its reader, and one without a reader is not understood."""

from __future__ import annotations

import pytest

from safeshell.languages import registry
from safeshell.model.statements import Language
from tests.languages.bash.lines import KNOWLEDGE, PARSE


def _verbs(language, text):
    reading = registry.read(language, text, KNOWLEDGE, {}, PARSE)
    return [(inner.language, inner.verb) for statement in reading.statements for inner in statement.walk()]


def test_bash_is_read_by_the_bash_reader():
    """With everything that belongs to it."""
    assert _verbs(Language.BASH, "rm x | ls") == [(Language.BASH, "rm"), (Language.BASH, "ls")]


@pytest.mark.parametrize(
    ("language", "text"),
    [(Language.POSTGRES, "drop table x"), (Language.MYSQL, "drop table x"), (Language.REDIS, "FLUSHALL")],
)
def test_little_languages_are_read_by_their_own(language, text):
    """Imported when first met."""
    assert [found[0] for found in _verbs(language, text)] == [language]


def test_shell_text_inside_of_another_language_comes_back_to_bash():
    """psql's \\! runs a shell."""
    assert (Language.BASH, "rm") in _verbs(Language.POSTGRES, "\\! rm x")


def test_a_language_without_a_reader_is_not_understood(monkeypatch):
    """Never silently allowed."""
    monkeypatch.setitem(registry._MODULES, Language.SED, ("safeshell.languages.nothing_here", "read"))
    for language in (Language.SED, Language.OPAQUE):
        (statement,) = registry.read(language, "text", KNOWLEDGE, {}, PARSE).statements
        assert (statement.understood, statement.dynamic, statement.span.end) == (False, True, 4)
