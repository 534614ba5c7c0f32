"""Keeping what a confirmed statement will change: the undo kit around its run on PostgreSQL.

Implements the gateway's Verification: the kit is on disk before the statement runs. What must not live
here: reading the rows (previews.postgres.kit), files (state.undo), putting rows back (undo).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.cli.setting import Setting
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Exactness
from safeshell.model.values import dataclass, field
from safeshell.state.undo import UndoKit, UndoKits, undo_directory

if TYPE_CHECKING:
    from safeshell.gateways.wirejudge import Verification
    from safeshell.model.judgement import Conclusion
    from safeshell.previews.postgres.kit import Kit
    from safeshell.previews.postgres.link import Link, Plan, Unit

EXACT_UP_TO = 1_000
"""Rows up to which not one more than confirmed may be hit; above it one in a hundred."""
_TOLERANCE = 0.01
_FIRM = frozenset({Exactness.EXACT, Exactness.AT_MOST})
_RUN_VERIFIED = frozenset({"rows", "truncate"})


def kits_of(setting: Setting) -> UndoKits:
    """The kits of this person."""
    from safeshell.records.redact import redact

    return UndoKits(undo_directory(setting.state), days=setting.policy.limits.undo_days, redact=redact)


def verification(
    setting: Setting, end: Conclusion, units: Sequence[Unit], connection: Mapping[str, str], server: Mapping[str, str]
) -> Verification | None:
    """How a released PostgreSQL action is verified; None where it changes no rows and no definition, or not alone.

    `connection` are libpq's words (host, port, user, dbname, sslmode...) without secrets.
    """
    plan = import_module("safeshell.languages.postgres.plans").plan
    planned = [(one, unit) for unit in units for one in plan(unit.text, server=server)]
    if len(planned) != 1 or end.preview is None:
        return None
    the_plan, unit = planned[0]
    if the_plan.kind == "ddl" and the_plan.transactional and end.confirmation is not None:
        from safeshell.cli.definitionkeeping import DefinitionKeeping

        return DefinitionKeeping(setting, end, the_plan, dict(connection))
    return Keeping(setting, end, the_plan, unit, dict(connection)) if the_plan.kind in _RUN_VERIFIED else None


@dataclass(slots=True)
class Keeping:
    """The undo kit of one statement, and the number that was confirmed for it."""

    setting: Setting
    end: Conclusion
    plan: Plan
    unit: Unit
    connection: dict[str, str]
    _kit: UndoKit | None = field(default=None, init=False)
    _why: str = field(default="", init=False)

    @property
    def confirmed(self) -> int | None:
        """Rows that the person agreed to; None where nothing firm was shown, or nobody was asked."""
        preview = self.end.preview
        return preview.affected if preview is not None and preview.exactness in _FIRM else None

    def prepare(self, link: Link, deadline: float) -> None:
        """Keep the rows, on disk. What is too large or cannot be kept is told afterwards; the dialog said so."""
        from safeshell.previews.postgres.keeper import TooLargeError
        from safeshell.previews.postgres.kit import take_kit

        limit = self.setting.policy.limits.undo_bytes
        if not limit or (self.plan.kind == "rows" and not self.plan.undo_select):
            return
        try:
            kit = take_kit(self.plan, self.unit, link, limit=limit, until=deadline, cascade=self._cascades())
        except (TooLargeError, PreviewError) as fault:
            self._why = str(fault)
            if self._promised():
                raise PreviewError(str(fault)) from fault
            return
        if kit.parts:
            self._write(kit)

    def exceeds(self, affected: int) -> bool:
        """True when more was hit than confirmed, or than was kept where a kit was promised."""
        agreed = self.confirmed
        if agreed is None:
            return False
        spare = 0 if agreed <= EXACT_UP_TO else math.floor(agreed * _TOLERANCE)
        return affected > agreed + spare

    def keep(self, affected: int) -> str:
        """It ran: keep the kit, and say how to take it back."""
        if self._kit is None:
            return f"safeshell: no undo kit was kept: {self._why}" if self._why else ""
        kits_of(self.setting).keep(self._kit)
        if not self._promised():
            return f"safeshell: the rows as they were: safeshell undo --files {self._kit.id}"
        told = f"safeshell: to take it back: safeshell undo {self._kit.id}"
        if affected > self._kit.rows and self.plan.verb in ("delete", "update"):
            told += f" (rows that came in between are missing: it holds {self._kit.rows:,} of {affected:,})"
        return told

    def drop(self) -> None:
        """It did not run."""
        if self._kit is not None:
            kits_of(self.setting).drop(self._kit)
            self._kit = None

    def _promised(self) -> bool:
        """True where the dialog said that it can be taken back by a kit."""
        from safeshell.model.judgement import Reversibility

        return self.end.preview is not None and self.end.preview.reversibility is Reversibility.UNDO_KIT

    def _cascades(self) -> bool:
        return any(f.recursive and f.preview == "postgres.truncate" for f in self.end.assessment.findings)

    def _write(self, kit: Kit) -> None:
        from safeshell.previews.postgres import restoring

        action = self.end.assessment.action
        environment = action.environment
        restorable = any(part.how != "nothing" for part in kit.parts)
        record = UndoKit(
            id="",
            at=time(),
            language=action.language.value,
            target=environment.target,
            operator=environment.operator,
            text=action.text,
            rows=kit.rows,
            size=kit.size,
            connection=self.connection,
            parts=tuple((_named(part), part.rows, part.how) for part in kit.parts),
            notes=kit.notes,
            restore=restoring.message(kit) if restorable else "",
        )
        self._kit = kits_of(self.setting).begin(record, _files(kit, action.text))
        if self._kit is None:
            self._why = "its directory cannot be written"
            if self._promised():
                raise PreviewError(self._why)


def _named(part: Any) -> str:
    from safeshell.previews.postgres.values import spelled

    return spelled(part.schema, part.table)


def _files(kit: Kit, text: str) -> Iterator[tuple[str, bytes]]:
    """The data for the restoring message, a script with everything in it, and a CSV a table."""
    from safeshell.previews.postgres import restoring
    from safeshell.previews.postgres.keeper import as_csv, csv_header
    from safeshell.records.redact import redact

    yield "restore.data", restoring.data(kit)
    yield "restore.sql", restoring.script(kit, f"Puts back what this changed:\n{redact(text)}")
    for number, part in enumerate(kit.parts, 1):
        name = "".join(char if char.isalnum() or char in "-_" else "_" for char in part.table)
        yield f"{number}-{name}.copy", part.data
        yield f"{number}-{name}.csv", csv_header(part.columns) + as_csv(part.data)
