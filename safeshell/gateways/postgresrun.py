"""The verified run of a confirmed row statement: undo kit, run, compare, then commit or roll back.

Outside a transaction all of it happens in one of the guard's own: BEGIN, kit, the statement with its
reply kept back, COMMIT, and only then the reply; a constraint that fails at the end is told as the
server tells it. Inside the client's own transaction nothing is committed here: too many rows make the
statement fail there, and the client's transaction with it, as any error would.
Runs in a worker. What must not live here: what a kit is (previews), how rows are counted (the server does).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from safeshell.gateways.links import LinkError
from safeshell.gateways.postgresclosing import Closing
from safeshell.guard.sentences import REFUSED
from safeshell.model.errors import PreviewError
from safeshell.protocols.wire import ServerError

if TYPE_CHECKING:
    from safeshell.gateways.postgresheld import HeldUnit
    from safeshell.gateways.wirejudge import Verification
    from safeshell.protocols.wire import Replied

_KIT_PATIENCE = 120.0
"""Seconds that the undo kit may take: it is asked for, and bounded in bytes."""
_STEP_PATIENCE = 10.0


def run_verified(unit: HeldUnit, verification: Verification) -> None:
    """See the unit to its end. Whatever fails before the run means that nothing ran. Never raises."""
    own = unit.machine.state == "I"
    trouble = _prepare(unit, verification, own=own)
    if trouble:
        verification.drop()
        _undo(unit, own=own)
        unit.hub.post(lambda: unit.refuse(trouble))
        return
    unit.running = True
    replied = unit.wait_for(unit.told.id, lambda: unit.machine.release(unit.told.id, hold=True), math.inf)
    if replied is None:  # the connection broke: the server has rolled it back, and the machine told the client
        verification.drop()
        unit.hub.post(unit.leave)
        return
    _Ending(unit, verification, replied, own=own).decide()


def _prepare(unit: HeldUnit, verification: Verification, *, own: bool) -> str:
    """Open the transaction and take the kit; the refusal where that failed, "" when all is well."""
    try:
        if own:
            unit.link.query("BEGIN READ WRITE", deadline=time.monotonic() + _STEP_PATIENCE)
        else:
            unit.hub.call(lambda: unit.machine.allow_writes(unit.told.id))
        verification.prepare(unit.link, time.monotonic() + _KIT_PATIENCE)
    except (PreviewError, OSError, TimeoutError) as fault:
        return f"{REFUSED}the undo kit could not be taken ({fault}); nothing was run"
    return f"{REFUSED}{unit.withdrawal.why} while it was held; nothing was run" if unit.withdrawal.why else ""


def _undo(unit: HeldUnit, *, own: bool) -> None:
    """Take back what was opened. A connection that cannot even do that is closed: what it did is rolled back."""
    if not own:
        return
    try:
        unit.link.query("ROLLBACK", deadline=time.monotonic() + _STEP_PATIENCE)
    except LinkError:
        unit.hub.post(unit.session.line.hang_up)


class _Ending:
    """What becomes of a statement that has run, its reply not yet told."""

    def __init__(self, unit: HeldUnit, verification: Verification, replied: Replied, *, own: bool) -> None:
        self.closing = Closing(unit)
        self.unit = unit
        self.verification = verification
        self.replied = replied
        self.own = own
        self.affected = affected_rows(replied)

    def decide(self) -> None:
        """Commit and tell, or roll back and say why."""
        if self.replied.error is not None:
            self._failed()
        elif self.affected is not None and self.verification.exceeds(self.affected):
            self._too_many(self.affected)
        else:
            self._commit()

    def _failed(self) -> None:
        """The server's own error is the client's answer."""
        self.verification.drop()
        self._say("ROLLBACK")
        self._outcome(self.replied.error)
        self.closing.finish()

    def _too_many(self, affected: int) -> None:
        self.verification.drop()
        self._say("ROLLBACK")
        agreed = self.verification.confirmed
        said = f"{agreed:,} were confirmed" if agreed is not None else "fewer were confirmed"
        back = "it was rolled back" if self.own else "the transaction has to be rolled back"
        reason = f"{REFUSED}it changed {affected:,} rows, but {said}; {back}; look at the rows again, then run it anew"
        self._outcome(ServerError("ERROR", "safeshell", reason))
        self.closing.fail(ServerError("ERROR", "42501", reason))

    def _commit(self) -> None:
        error = self._say("COMMIT")
        if error is not None:
            self.verification.drop()
            self._outcome(error)
            self.closing.fail(error)
            return
        told = self.verification.keep(self.affected or 0)
        self._outcome(None)
        if told:
            self.unit.session.adapter.judge.tell(told)
        self.closing.finish()

    def _say(self, sql: str) -> ServerError | None:
        """End the guard's own transaction, where it is one."""
        return self.closing.say(sql) if self.own else None

    def _outcome(self, error: ServerError | None) -> None:
        self.closing.outcome({"rows": self.affected}, error)


def affected_rows(replied: Replied) -> int | None:
    """Rows that the last tag of a reply counts (`DELETE 12`, `INSERT 0 3`); None where it counts none."""
    word = replied.tags[-1].rpartition(" ")[2] if replied.tags else ""
    return int(word) if word.isdigit() else None
