"""The verified run of a confirmed row statement: undo kit, run, compare, then commit or roll back.

All in one transaction: the machine opens it before the kit's first question and ends it by `finish`
(COMMIT; the client's reply waits for it, so that a constraint that fails at the end is told as such) or
`fail`. Inside the client's own transaction nothing is committed here: too many rows make the statement
fail there, and the client's transaction with it, as any error would.
Runs in a worker. What must not live here: what a kit is (previews), how rows are counted (the server does).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from safeshell.guard.sentences import REFUSED
from safeshell.model.errors import PreviewError

if TYPE_CHECKING:
    from safeshell.gateways.postgresheld import HeldUnit
    from safeshell.gateways.wirejudge import Verification
    from safeshell.protocols.wire import Replied

_KIT_PATIENCE = 120.0
"""Seconds that the undo kit may take: it is asked for, and bounded in bytes."""


def run_verified(unit: HeldUnit, verification: Verification) -> None:
    """See the unit to its end. Never raises; whatever fails before the run means that nothing ran."""
    trouble = _prepare(unit, verification)
    if trouble:
        verification.drop()
        unit.hub.post(lambda: unit.refuse(trouble))
        return
    unit.running = True
    replied = unit.wait_for(unit.told.id, lambda: unit.machine.release(unit.told.id, hold=True), math.inf)
    if replied is None:  # the connection broke: what the server did of it, it rolled back
        verification.drop()
        unit.hub.post(unit.leave)
        return
    _judge(unit, verification, replied)


def _prepare(unit: HeldUnit, verification: Verification) -> str:
    """Open the transaction and take the kit; the refusal where that failed, "" when all is well."""
    identity = unit.told.id
    try:
        unit.hub.call(lambda: unit.machine.allow_writes(identity, block=True))
        verification.prepare(unit.link, time.monotonic() + _KIT_PATIENCE)
    except (PreviewError, OSError, TimeoutError) as fault:
        return f"{REFUSED}the undo kit could not be taken ({fault}); nothing was run"
    return f"{REFUSED}{unit.withdrawal.why} while it was held; nothing was run" if unit.withdrawal.why else ""


def _judge(unit: HeldUnit, verification: Verification, replied: Replied) -> None:
    affected = affected_rows(replied)
    if replied.error is None and affected is not None and verification.exceeds(affected):
        verification.drop()
        agreed = f"{verification.confirmed:,}" if verification.confirmed is not None else "fewer"
        reason = (
            f"{REFUSED}it would have changed {affected:,} rows, but {agreed} were confirmed; it was rolled back; "
            "look at the rows again, then run it anew"
        )
        unit.hub.post(lambda: _end(unit, reason))
        return
    unit.hub.call(lambda: _end(unit, ""))
    judge = unit.session.adapter.judge
    if replied.error is not None or affected is None:
        verification.drop()
    elif told := verification.keep(affected):
        judge.tell(told)
    error = replied.error.code if replied.error is not None else ""
    judge.outcome(unit.case, {"rows": affected} | ({"error": error} if error else {}))


def _end(unit: HeldUnit, reason: str) -> None:
    if reason:
        unit.machine.fail(unit.told.id, reason)
    else:
        unit.machine.finish(unit.told.id)
    unit.leave()


def affected_rows(replied: Replied) -> int | None:
    """Rows that the last tag of a reply counts (`DELETE 12`, `INSERT 0 3`); None where it counts none."""
    word = replied.tags[-1].rpartition(" ")[2] if replied.tags else ""
    return int(word) if word.isdigit() else None
