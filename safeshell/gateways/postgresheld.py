"""One held unit on its way: judged, looked at, asked about, then released or refused.

The road is driven in the loop's thread as long as nothing blocks; with the first door that does, it
goes on in a worker, and the loop goes on serving others. Law: a unit is released once, and only by a
conclusion that says so, of a road that was not withdrawn. What must not live here: bytes, rules, SQL of
previews.
"""

from __future__ import annotations

import math
import time
from threading import Event
from typing import TYPE_CHECKING, Any

from safeshell.gateways.links import LinkError, LinkPorts, Rows, WireLink
from safeshell.gateways.postgresfacts import catalogue_facts
from safeshell.gateways.travel import answer
from safeshell.gateways.wirejudge import Case, Withdrawal
from safeshell.gateways.wireports import UpstreamError
from safeshell.guard.requests import GatherFacts, Record
from safeshell.guard.sentences import REFUSED
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Conclusion
from safeshell.model.statements import Context
from safeshell.model.values import replace

if TYPE_CHECKING:
    from safeshell.gateways.postgres import PostgresSession
    from safeshell.guard.requests import Request
    from safeshell.protocols.wire import Ran, Submitted

_BOUND_MOST, _SHOWN = 65536, 2000
_GRACE = 3.0
"""Seconds that the server gets to end a question that was cancelled."""
_ALONE = REFUSED + (
    "inside a pipeline a read-only connection cannot be opened for one statement; nothing was run; send it alone, "
    "or unlock writes first"
)
_BROKEN = REFUSED + "safeshell failed while it judged this ({}); nothing was run; please report it"


class HeldUnit:
    """What one `Submitted` goes through. Made and begun in the loop's thread."""

    def __init__(self, session: PostgresSession, told: Submitted) -> None:
        self.session = session
        self.told = told
        self.machine = session.machine
        self.hub = session.line.hub
        self.withdrawal: Withdrawal = Withdrawal()
        self.ended = self.running = self.cancelled = False
        self._asked = False
        self._questions = 0
        self.link = WireLink(
            LinkPorts(self._ask, lambda: self.machine.state, lambda: told.pipeline, self._brackets),
            told.units,
            session.server,
        )
        self.case = self._case()

    def begin(self) -> None:
        """Judge it; what can be answered at once is, the rest in a worker."""
        if self.told.failed and cannot_run(self.told.text):
            self.release(writes=False, block=False)
            return
        try:
            road = self.session.adapter.judge.road(self.case)
            request = next(road)
            while isinstance(request, Record) and not request.event.durable:
                request = road.send(self._doors().record(request.event))
        except StopIteration as end:
            self._conclude(end.value)
        except Exception as fault:  # noqa: BLE001 - whatever breaks, nothing runs and the loop lives
            self.refuse(_BROKEN.format(type(fault).__name__))
        else:
            self.hub.work(lambda: self._travel(road, request), "judge")

    def cancel(self) -> bool:
        """Loop's thread: the client wants it no more. True where it was held and is refused by that; it may also be running."""
        self.cancelled = True
        if not self.running:
            self.withdraw("it was cancelled")
        return not self.running

    def withdraw(self, why: str) -> None:
        """Nobody wants it any more: it will be refused, whatever is answered."""
        self.withdrawal.withdraw(why)

    def refuse(self, message: str) -> None:
        """Loop's thread: it does not run."""
        if not self.ended:
            self.ended = True
            self.machine.refuse(self.told.id, message)
            self._leave()

    def release(self, *, writes: bool, block: bool) -> None:
        """Loop's thread: it runs. Without the allowance the server refuses it in its own words."""
        if not self.ended:
            allowed = not writes or self.machine.allow_writes(self.told.id, block=block)
            if not allowed and self.told.pipeline:
                self.refuse(_ALONE)
                return
            self.ended = True
            self.machine.release(self.told.id)
            self._leave()

    def leave(self) -> None:
        """Loop's thread: the run was seen to its end elsewhere (postgresrun)."""
        self.ended = True
        self._leave()

    def wait_for(self, ticket: str, start: Any, deadline: float) -> Any:
        """Worker: `start` in the loop's thread, then the event with this id; None when it did not come."""
        box: list[Any] = []
        done = Event()

        def hear(event: Any) -> None:
            box.append(event)
            done.set()

        def begin() -> None:
            self.session.asked[ticket] = hear
            start()
            self.session.line.flush()

        self.hub.call(begin)
        done.wait(None if deadline == math.inf else max(deadline - time.monotonic(), 0.0))
        return box[0] if box else None

    def ticket(self) -> str:
        """An id for one more question."""
        self._questions += 1
        return f"{self.told.id}.{self._questions}"

    # ---- the road -------------------------------------------------------------------------------

    def _travel(self, road: Any, request: Request[Any]) -> None:
        """Worker: the rest of the road, and what comes of it."""
        try:
            conclusion = self._to_the_end(road, request)
            if self._runs_patiently(conclusion) or self._runs_verified(conclusion):
                return
        except Exception as fault:  # noqa: BLE001 - as in begin
            message = _BROKEN.format(type(fault).__name__)
            self.hub.post(lambda: self.refuse(message))
        else:
            self.hub.post(lambda: self._concluded(conclusion))

    def _concluded(self, conclusion: Conclusion) -> None:
        """Loop's thread: as `_conclude`, and whatever breaks in it means that nothing runs."""
        try:
            self._conclude(conclusion)
        except Exception as fault:  # noqa: BLE001 - as in begin
            self.refuse(_BROKEN.format(type(fault).__name__))

    def _to_the_end(self, road: Any, request: Request[Any]) -> Conclusion:
        doors = self._doors()
        try:
            while True:
                self._asked = self._asked or isinstance(request, GatherFacts)
                request = road.send(answer(doors, request))
        except StopIteration as end:
            conclusion: Conclusion = end.value
        if self.withdrawal.why:
            return self._withdrawn(conclusion)
        return self.session.adapter.judge.settle(self.case, conclusion)

    def _runs_verified(self, conclusion: Conclusion) -> bool:
        """Worker: a confirmed row statement runs under supervision; True when that was done."""
        if not conclusion.released or self.told.pipeline or not writes(conclusion):
            return False
        verification = self.session.adapter.judge.verification(self.case, conclusion)
        if verification is None:
            return False
        from safeshell.gateways.postgresrun import run_verified

        run_verified(self, verification)
        return True

    def _runs_patiently(self, conclusion: Conclusion) -> bool:
        """Worker: the person chose to have it tried until its locks are free; True when that was done."""
        chosen = conclusion.confirmation is not None and conclusion.confirmation.remedy
        if not (conclusion.released and chosen) or self.told.in_transaction or self.told.pipeline:
            return False
        patience = self.session.adapter.judge.patience(self.case, conclusion)
        if patience is None:
            return False
        from safeshell.gateways.postgrespatient import run_patiently

        run_patiently(self, patience, self.session.adapter.judge.verification(self.case, conclusion))
        return True

    def _conclude(self, conclusion: Conclusion) -> None:
        """Loop's thread: release or refuse."""
        if conclusion.released and self.withdrawal.why:
            conclusion = self._withdrawn(conclusion)
        if not conclusion.released:
            self.refuse(conclusion.message)
            return
        judge = self.session.adapter.judge
        key = self.session.memo_key(in_transaction=self.told.in_transaction)
        judge.keep(key, self.case, conclusion, asked=self._asked)
        allowed = writes(conclusion)  # a plain read is not planned: the planner takes 250 ms to load
        self.release(writes=allowed, block=allowed and runs_in_block(conclusion))

    def _withdrawn(self, conclusion: Conclusion) -> Conclusion:
        message = f"{REFUSED}{self.withdrawal.why} while it was held; nothing was run"
        return replace(conclusion, released=False, message=message)

    def _leave(self) -> None:
        self.session.done(self)
        self.session.line.flush()

    # ---- what the judge is given ----------------------------------------------------------------

    def _case(self) -> Case:
        session, told = self.session, self.told
        place = session.environment
        if place is None:
            raise RuntimeError("judged before the place was known")
        context = Context(database=session.database, user=session.user, in_transaction=told.in_transaction)
        return Case(
            id=f"{session.id}-{told.id}",
            session=session.adapter.id,
            text=told.text,
            bound=bound_text(told),
            context=context,
            environment=place,
            units=told.units,
            link=self.link,
            server=session.reader_facts(in_transaction=told.in_transaction),
            gather=self._gather,
            withdrawal=self.withdrawal,
        )

    def _doors(self) -> Any:
        return self.session.adapter.judge.doors(self.case)

    def _gather(self, questions: tuple[Question, ...]) -> Facts:
        return catalogue_facts(questions, self.link)

    # ---- the link -------------------------------------------------------------------------------

    def _ask(
        self,
        sql: str,
        parameters: tuple[bytes | None, ...],
        formats: tuple[int, ...],
        types: tuple[int, ...],
        deadline: float,
    ) -> Rows:
        ticket = self.ticket()

        def start() -> None:
            if parameters or self.told.pipeline:
                self.machine.run_extended(ticket, sql, parameters=parameters, formats=formats, types=types)
            else:
                self.machine.run(ticket, sql)

        self._alive()
        heard = self.wait_for(ticket, start, deadline)
        return self._rows(heard) if heard is not None else self._cut_short(ticket)

    def _alive(self) -> None:
        if self.session.machine.closed or self.session.line.stream is None:
            raise LinkError("the connection is gone", broken=True)

    def _cut_short(self, ticket: str) -> Rows:
        """The answer is late, or nobody wants it any more: cancel it, and wait until the server has ended it."""
        self._alive()
        try:
            self.session.dialler.cancel(self.session.pid, self.session.key)
        except UpstreamError as problem:
            raise LinkError(
                f"the server did not answer in time, and cannot be cancelled: {problem}", late=True
            ) from None
        until = time.monotonic() + _GRACE
        while ticket in self.session.asked and time.monotonic() < until:
            time.sleep(0.005)
        raise LinkError("the server did not answer in time", late=True, broken=ticket in self.session.asked)

    @staticmethod
    def _rows(ran: Ran) -> Rows:
        if ran.error is not None:
            raise LinkError(ran.error.message, code=ran.error.code)
        return Rows(ran.columns, ran.rows, ran.tag, ran.copied)

    def _brackets(self) -> tuple[str, tuple[str, ...]]:
        if self.told.pipeline or self.machine.state == "E":
            return "", ()
        if self.machine.state == "T":
            name = f"safeshell_look_{self._questions}"
            return (
                f"SAVEPOINT {name}; SET LOCAL transaction_read_only = on",
                (f"ROLLBACK TO SAVEPOINT {name}", f"RELEASE SAVEPOINT {name}"),
            )
        return "BEGIN READ ONLY", ("ROLLBACK",)


def bound_text(told: Submitted) -> str:
    """What a request is bound to: the text, and a fingerprint of the parameters where there are any.

    A text too long for a file that a person reads is bound by its fingerprint, too.
    """
    values = [(unit.parameters, unit.formats, unit.types) for unit in told.units if unit.parameters]
    text = told.text
    if not values and len(text) <= _BOUND_MOST:
        return text
    from hashlib import sha256  # loads OpenSSL, needed only for values and long texts

    if len(text) > _BOUND_MOST:
        digest = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        text = f"{text[:_SHOWN]}\n-- and so on: {len(text):,} characters with the SHA-256 {digest}"
    if not values:
        return text
    return f"{text}\n-- with parameters {sha256(repr(values).encode()).hexdigest()[:16]}"


def writes(conclusion: Conclusion) -> bool:
    """Whether a released unit needs the server to let it write."""
    from safeshell.model.effects import HARMLESS

    return not set(conclusion.assessment.effects) <= HARMLESS


def cannot_run(text: str) -> bool:
    """In a failed transaction the server takes nothing but its end, so a text without one runs nothing."""
    plans = _plans(text)
    return bool(plans) and not any(one.transaction_control for one in plans)


def runs_in_block(conclusion: Conclusion) -> bool:
    """Whether it can run inside a transaction block (VACUUM, CREATE INDEX CONCURRENTLY cannot)."""
    plans = _plans(conclusion.assessment.action.text)
    return bool(plans) and all(one.transactional and not one.transaction_control for one in plans)


def _plans(text: str) -> tuple[Any, ...]:
    """The plans of a text's statements, () where it cannot be planned: then it is taken as it comes."""
    from importlib import import_module

    try:
        found: tuple[Any, ...] = import_module("safeshell.languages.postgres.plans").plan(text, server={})
    except Exception:  # noqa: BLE001 - a planner that breaks has planned nothing
        return ()
    return found
