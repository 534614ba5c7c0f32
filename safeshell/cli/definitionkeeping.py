"""Keeping a definition that a confirmed schema change takes away or replaces: the undo kit of a view, an index, a function.

Implements the gateway's Verification. What must not live here: what the server writes out (previews.postgres.definitions),
files (state.undo), putting it back (undo).
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from safeshell.cli.setting import Setting
from safeshell.cli.undokeeping import kits_of
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Reversibility
from safeshell.model.values import dataclass, field
from safeshell.state.undo import DEFINITION, UndoKit

if TYPE_CHECKING:
    from safeshell.model.judgement import Conclusion
    from safeshell.previews.postgres.definitions import Definitions
    from safeshell.previews.postgres.link import Link, Plan


@dataclass(slots=True)
class DefinitionKeeping:
    """The undo kit of one definition. `connection` are libpq's words without secrets."""

    setting: Setting
    end: Conclusion
    plan: Plan
    connection: dict[str, str]
    confirmed: int | None = field(default=None, init=False)
    _kit: UndoKit | None = field(default=None, init=False)

    def prepare(self, link: Link, deadline: float) -> None:
        """Keep the texts, on disk. Raises PreviewError where the dialog had promised them and they cannot be had."""
        from safeshell.previews.postgres.definitions import definitions_of
        from safeshell.previews.postgres.keeper import Keeper

        if not self.setting.policy.limits.undo_bytes:
            return
        keeper = Keeper(link, deadline)
        keeper.open()
        try:
            found = definitions_of(keeper, self.plan.text)
        except BaseException:
            keeper.abandon()
            raise
        keeper.close()
        if found.texts:
            self._kit = self._written(found)
        preview = self.end.preview
        promised = preview is not None and preview.reversibility is Reversibility.UNDO_KIT
        if promised and self._kit is None:
            raise PreviewError("its definition could not be kept")

    def _written(self, found: Definitions) -> UndoKit | None:
        action = self.end.assessment.action
        restore = ";\n".join(["BEGIN READ WRITE", *found.texts, "COMMIT"])
        record = UndoKit(
            id="",
            at=time(),
            language=action.language.value,
            target=action.environment.target,
            operator=action.environment.operator,
            text=action.text,
            rows=0,
            size=len(restore),
            connection=self.connection,
            parts=tuple((name, 0, DEFINITION) for name in found.names),
            notes=found.notes,
            restore=restore,
        )
        script = f"\\set ON_ERROR_STOP on\n{restore};\n".encode("utf-8", "surrogateescape")
        return kits_of(self.setting).begin(record, [("restore.data", b""), ("restore.sql", script)])

    def exceeds(self, affected: int) -> bool:
        """Nothing is counted."""
        del affected
        return False

    def keep(self, affected: int) -> str:
        """It ran: keep the kit, and say how to take it back."""
        del affected
        if self._kit is None:
            return ""
        kits_of(self.setting).keep(self._kit)
        return f"safeshell: to take it back: safeshell undo {self._kit.id}"

    def drop(self) -> None:
        """It did not run."""
        if self._kit is not None:
            kits_of(self.setting).drop(self._kit)
            self._kit = None
