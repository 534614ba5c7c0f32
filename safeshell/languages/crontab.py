"""Crontab texts -> one Statement a line. Jobs are installed, not run: their commands are not judged here.

What must not live here: the time that a schedule means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import Reading, told_lines, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement

if TYPE_CHECKING:
    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_NICKNAMES = frozenset({"@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_FIELDS = 5
_FIELD_CHARS = frozenset("0123456789*/,-~?LW#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A whole crontab. Total on any text; see `ReadText`."""
    del knowledge, shell
    return Reading(tuple(_statement(line, span) for line, span in told_lines(text)))


def _statement(line: str, span: Span) -> Statement:
    claim, understood = _claim(line), True
    if claim is None:
        understood = False
        claim = Claim(Effect.NOT_UNDERSTOOD, "crontab.unreadable", "is no line of a crontab")
    return Statement(Language.CRONTAB, line, span, "crontab", (claim,), understood=understood)


def _claim(line: str) -> Claim | None:
    """What a line installs; None for a line that cron would not take."""
    if _is_assignment(line):
        return Claim(Effect.WRITES, "crontab.setting", "sets a variable for the jobs below")
    words = line.split(None, _FIELDS)
    if words[0] in _NICKNAMES:
        return Claim(Effect.WRITES, "crontab.job", "installs a job") if len(words) > 1 else None
    fields = words[:_FIELDS]
    if len(words) <= _FIELDS or not all(set(item) <= _FIELD_CHARS for item in fields):
        return None
    return Claim(Effect.WRITES, "crontab.job", "installs a job")


def _is_assignment(line: str) -> bool:
    """`NAME = value`, the name perhaps in quotes."""
    name, equals, _ = line.partition("=")
    return bool(equals) and name.strip().strip("'\"").isidentifier()
