"""`safeshell check --dsn`: sizes, rows and who is in the way of each statement, from a read-only connection.

What must not live here: verdicts (check), the connection (gateways.psqllink), looking (previews.postgres).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from safeshell.cli.checksql import alone, line_of
from safeshell.model.effects import HARMLESS
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from safeshell.cli.bench import Weighed
    from safeshell.model.judgement import Preview
    from safeshell.model.statements import Statement
    from safeshell.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Seen:
    """One statement and what is there of it."""

    line: int
    statement: Statement
    preview: Preview


@dataclass(frozen=True, slots=True)
class _Unit:
    """A statement without parameters: nobody has bound any yet."""

    text: str
    parameters: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()


def look(weighed: Weighed, dsn: str, policy: Policy) -> list[Seen]:
    """A preview of every statement that does more than read. Raises LinkError when there is no connection."""
    from safeshell.gateways.psqllink import PsqlLink
    from safeshell.previews.postgres import take
    from safeshell.previews.postgres.link import Limits

    action = weighed.assessment.action
    settings = Limits(sample=policy.limits.sample, undo_bytes=policy.limits.undo_bytes, backups=policy.backups)
    found = []
    with PsqlLink(dsn, os.environ) as link:
        for statement in weighed.assessment.statements:
            if set(statement.effects) <= HARMLESS:
                continue
            one = alone(weighed.assessment, statement)
            deadline = policy.limits.deadline
            preview = take(one, link, units=[_Unit(statement.text)], deadline=deadline, settings=settings)
            found.append(Seen(line_of(action.text, statement), statement, preview))
    return found


def lines_of(seen: Sequence[Seen]) -> Iterator[str]:
    """For a person: the summary, then every caveat."""
    for one in seen:
        told = one.preview.summary or "nothing can be told"
        yield f"  line {one.line}: {told}"
        yield from (f"    {caveat}" for caveat in one.preview.caveats)


def plain(seen: Sequence[Seen]) -> list[dict[str, object]]:
    """The same for JSON."""
    return [
        {
            "line": one.line,
            "summary": one.preview.summary,
            "affected": one.preview.affected,
            "unit": one.preview.unit,
            "exactness": one.preview.exactness.value,
            "caveats": list(one.preview.caveats),
            "raises": one.preview.raises.name.lower(),
        }
        for one in seen
    ]
