"""The patient run of a confirmed definition: a bound on its wait for locks, and another try when they are not free.

Each attempt is a transaction of the guard's own: BEGIN, SET LOCAL lock_timeout, the client's statement with its
reply kept back, COMMIT. Whoever else wants the table never queues behind it for longer than one attempt. Only the
last reply reaches the client: the true tag, or the server's true error. Runs in a worker.
What must not live here: how often and how long (cli.lockpatience), who is in the way (previews).
"""

from __future__ import annotations

import math
import time
from threading import Event
from typing import TYPE_CHECKING

from safeshell.gateways.postgresclosing import Closing
from safeshell.guard.sentences import REFUSED
from safeshell.model.errors import PreviewError

if TYPE_CHECKING:
    from safeshell.gateways.postgresheld import HeldUnit
    from safeshell.gateways.wirejudge import Patience, Verification
    from safeshell.protocols.wire import Replied, ServerError

LOCKED = "55P03"
"""SQLSTATE of a lock that was not free in time."""
_STEP_PATIENCE = 10.0
_NAME = "lock retries"


def run_patiently(unit: HeldUnit, patience: Patience, verification: Verification | None = None) -> None:
    """See the unit to its end, with its undo kit. Never leaves a transaction open, nor half of a statement behind."""
    _Patient(unit, patience, verification).run()


class _Patient:
    """One statement, attempt by attempt. `tried` counts those that have begun."""

    def __init__(self, unit: HeldUnit, patience: Patience, verification: Verification | None) -> None:
        self.unit = unit
        self.patience = patience
        self.verification = verification
        self.closing = Closing(unit)
        self.judge = unit.session.adapter.judge
        self.tried = 0
        self.began = time.monotonic()
        self._stopped = Event()
        unit.withdrawal.attach(self._stopped.set)

    def run(self) -> None:
        """Try until it ran, failed for another reason, was taken back, or the patience is over."""
        while True:
            self._tell_who()
            if not self._opened():
                return
            replied = self._attempt()
            if replied is None:
                self._lost()
                return
            if replied.error is None or replied.error.code != LOCKED:
                self._end(replied)
                return
            self.closing.say("ROLLBACK")
            self._drop()
            pause = None if self.unit.cancelled else self.patience.pause(self.tried)
            if pause is None or not self.unit.hub.call(lambda: self.unit.machine.again(self.unit.told.id)):
                self._give_up(replied.error)
                return
            self._stopped.wait(pause)

    def _opened(self) -> bool:
        """Open the transaction of the next attempt; where that fails it is refused."""
        trouble = self._open()
        if trouble:
            self._drop()
            self._refuse(trouble)
        return not trouble

    def _drop(self) -> None:
        if self.verification is not None:
            self.verification.drop()

    def _tell_who(self) -> None:
        """Before each attempt: who holds the lock. Nothing where it seems free at the first."""
        self.tried += 1
        if self._stopped.is_set():
            return
        who = self.patience.in_the_way(self.unit.link)
        if who or self.tried > 1:
            self.judge.tell(
                f"attempt {self.tried} of {self.patience.tries}: {'waits for ' + who if who else 'once more'}"
            )

    def _open(self) -> str:
        """A transaction with a bound on its waits; the refusal where that failed."""
        bound = f"SET LOCAL lock_timeout = {max(int(self.patience.wait * 1000), 1)}"
        if not self._stopped.is_set():
            try:
                deadline = time.monotonic() + _STEP_PATIENCE
                self.unit.link.query("BEGIN READ WRITE", deadline=deadline)
                self.unit.link.query(bound, deadline=deadline)
                if self.verification is not None:
                    self.verification.prepare(self.unit.link, deadline)
            except PreviewError as fault:
                return f"{REFUSED}its transaction or its undo kit could not be begun ({fault}); nothing was changed"
        return self._withdrawn()

    def _withdrawn(self) -> str:
        why = self.unit.withdrawal.why
        return f"{REFUSED}{why} while it waited for its lock; nothing was changed" if why else ""

    def _attempt(self) -> Replied | None:
        """Run it, unless it was taken back meanwhile; None where it was, or where the connection broke."""
        unit, identity = self.unit, self.unit.told.id

        def start() -> None:
            if unit.withdrawal.why:
                unit.session.asked.pop(identity)(None)
                return
            unit.running = True
            unit.machine.release(identity, hold=True)

        replied: Replied | None = unit.wait_for(identity, start, math.inf)
        unit.hub.call(self._at_rest)
        return replied

    def _at_rest(self) -> None:
        """Loop's thread: from here on a cancel means that it is given up."""
        self.unit.running = False

    def _lost(self) -> None:
        """Taken back before it was sent; or the connection broke, and the server has rolled it back."""
        self._drop()
        if self.unit.machine.held:
            self._refuse(self._withdrawn())
        else:
            self.unit.hub.post(self.unit.leave)

    def _end(self, replied: Replied) -> None:
        """It ran, or failed for a reason of its own."""
        error = replied.error or self.closing.say("COMMIT")
        if replied.error is not None:
            self.closing.say("ROLLBACK")
        if error is not None:
            self._drop()
        if error is not None and replied.error is None:
            self._outcome(error)
            self.closing.fail(error)
            return
        if error is None:
            self._tell_done()
        self._outcome(error)
        self.closing.finish()

    def _tell_done(self) -> None:
        if self.tried > 1:
            self.judge.tell(f"done at attempt {self.tried} of {self.patience.tries}")
        told = self.verification.keep(0) if self.verification is not None else ""
        if told:
            self.judge.tell(told)

    def _give_up(self, error: ServerError) -> None:
        """The locks were never free: the client reads the server's own error."""
        took = time.monotonic() - self.began
        who = "" if self.unit.cancelled else self.patience.in_the_way(self.unit.link)
        times = "1 attempt" if self.tried == 1 else f"{self.tried} attempts"
        still = f"; still in the way: {who}" if who else ""
        self.judge.tell(f"given up after {times} in {took:.0f} s, nothing was changed{still}")
        self._outcome(error)
        self.closing.finish()

    def _outcome(self, error: ServerError | None) -> None:
        self.closing.outcome({"remedy": _NAME, "attempts": self.tried}, error)

    def _refuse(self, message: str) -> None:
        """It does not run; the machine rolls back what is open."""
        self.judge.outcome(self.unit.case, {"remedy": _NAME, "attempts": self.tried - 1, "message": message})
        self.unit.hub.post(lambda: self.unit.refuse(message))
