"""Which module reads which language: the one place where a nested text finds its reader.

What must not live here: reading. A reader is imported when its language is first met.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from safeshell.languages.reading import NO_NAMES, Parse, ParseFailure, Reading, ReadShell, ReadText, SessionNames
from safeshell.model.facts import Facts
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement

_MODULES: dict[Language, tuple[str, str]] = {
    Language.SED: ("safeshell.languages.sed", "read"),
    Language.AWK: ("safeshell.languages.awk", "read"),
    Language.CRONTAB: ("safeshell.languages.crontab", "read"),
    Language.POSTGRES: ("safeshell.languages.postgres.psql", "read"),
    Language.MYSQL: ("safeshell.languages.sql", "read_mysql"),
    Language.MONGO: ("safeshell.languages.mongo", "read"),
    Language.PYTHON: ("safeshell.languages.python", "read"),
    Language.REDIS: ("safeshell.languages.redis", "read"),
}
"""Module and `ReadText` function by language."""


def read(  # noqa: PLR0913, PLR0917 - a text and everything that any language needs to read one
    language: Language,
    text: str,
    knowledge: Knowledge,
    facts: Facts,
    parse: Parse,
    names: SessionNames = NO_NAMES,
) -> Reading:
    """Statements of `text`, whatever its language. A language without a reader is not understood."""
    from safeshell.languages.bash import read as read_bash  # noqa: PLC0415 - bash reads its nested texts by this module
    from safeshell.languages.bash.dialects import SHELLS  # noqa: PLC0415 - the same

    if language in SHELLS:
        return read_bash(text, knowledge, facts, parse, names=names, language=language)

    def shell(inner: str) -> tuple[Statement, ...]:
        return read_bash(inner, knowledge, facts, parse).statements

    if language is Language.POSTGRES:
        from safeshell.languages.postgres.psql import read as read_psql  # noqa: PLC0415 - no other language needs it

        return read_psql(text, knowledge, shell, facts=facts)
    return read_text(language, text, knowledge, shell)


def tree_of(
    language: Language, text: str, parse: Parse, names: SessionNames = NO_NAMES
) -> Mapping[str, Any] | ParseFailure:
    """The syntax tree of a shell's text, or why there is none."""
    from safeshell.languages.bash.dialects import dialect_of  # noqa: PLC0415 - as in `read`

    return dialect_of(language).tree(text, parse, names)


def read_text(language: Language, text: str, knowledge: Knowledge, shell: ReadShell) -> Reading:
    """Statements of a text in one of the little languages; `shell` reads the shell texts inside of it."""
    reader = _reader(language)
    if reader is None:
        return not_understood(language, text, f"safeshell does not read {language.value} here")
    return reader(text, knowledge, shell)


def _reader(language: Language) -> ReadText | None:
    if language not in _MODULES:
        return None
    name, function = _MODULES[language]
    try:
        module = import_module(name)
    except ModuleNotFoundError as fault:
        if fault.name != name:
            raise
        return None
    return cast("ReadText | None", getattr(module, function, None))


def not_understood(language: Language, text: str, why: str) -> Reading:
    """One statement that covers the whole text and says why it was not read."""
    span = Span(0, len(text.encode("utf-8", "surrogateescape")))
    return Reading((Statement(language, text, span, "", understood=False, dynamic=True, detail={"why": why}),))
