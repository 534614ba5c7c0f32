"""Which module reads which language: the one place where a nested text finds its reader.

What must not live here: reading. A reader is imported when its language is first met.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from safeshell.languages.reading import NO_NAMES, Parse, Reading, SessionNames
from safeshell.model.facts import Facts
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement

PlainReader = Callable[[str, Knowledge], Reading]
"""Reads a text of a language that has no shell around it."""

_MODULES: dict[Language, tuple[str, str]] = {
    Language.SED: ("safeshell.languages.sed", "read"),
    Language.AWK: ("safeshell.languages.awk", "read"),
    Language.POSTGRES: ("safeshell.languages.sql", "read_postgres"),
    Language.MYSQL: ("safeshell.languages.sql", "read_mysql"),
    Language.REDIS: ("safeshell.languages.redis", "read"),
}
"""Module and function by language."""


def read(
    language: Language,
    text: str,
    knowledge: Knowledge,
    facts: Facts,
    parse: Parse,
    names: SessionNames = NO_NAMES,
) -> Reading:
    """Statements of `text`, whatever its language. A language without a reader is not understood."""
    if language in (Language.BASH, Language.CRONTAB):
        module = import_module("safeshell.languages." + language.value)
        return cast("Reading", module.read(text, knowledge, facts, parse, names=names))
    reader = _plain_reader(language)
    if reader is None:
        return not_understood(language, text, f"safeshell does not read {language.value} here")
    return reader(text, knowledge)


def _plain_reader(language: Language) -> PlainReader | None:
    if language not in _MODULES:
        return None
    name, function = _MODULES[language]
    try:
        module = import_module(name)
    except ModuleNotFoundError as fault:
        if fault.name != name:
            raise
        return None
    return cast("PlainReader | None", getattr(module, function, None))


def not_understood(language: Language, text: str, why: str) -> Reading:
    """One statement that covers the whole text and says why it was not read."""
    span = Span(0, len(text.encode("utf-8", "surrogateescape")))
    return Reading((Statement(language, text, span, "", understood=False, dynamic=True, detail={"why": why}),))
