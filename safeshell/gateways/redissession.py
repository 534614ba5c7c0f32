"""One Redis client's conversation: the machine, the road of what it holds, the look at the server beside it.

Cheap roads are driven in the loop's thread; as soon as one needs to look or to ask, it goes on in a worker.
What must not live here: sockets (wire), judging (guard, policy), how a question looks.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from typing import Any

from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redislook import Barrier, Look, ServerRefuses
from safeshell.gateways.redisloop import LoopMeter
from safeshell.gateways.redisports import RedisCase, RedisCourt
from safeshell.gateways.redistarget import RedisTarget
from safeshell.gateways.travel import answer
from safeshell.gateways.wireports import Line, Session, Stream, UpstreamError
from safeshell.guard.requests import AskOperator, Record, Request, Road
from safeshell.languages.redis.commands import COMMANDS, CONTAINERS, HEAVY
from safeshell.languages.redis.keyspecs import SHAPES
from safeshell.languages.redis.options import OPTIONS
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import Demand, Effect
from safeshell.model.errors import PreviewError
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Exactness, Preview
from safeshell.model.values import dataclass
from safeshell.protocols.resp import RespMachine
from safeshell.protocols.resp.gate import Gate
from safeshell.protocols.wire import Event, Ran, Replied, Submitted

SILENT = frozenset(
    name.encode()
    for name, (effect, _) in COMMANDS.items()
    if effect is Effect.READS and name not in HEAVY and name not in OPTIONS
)
"""Reads whatever their words: these never stop."""
_CONTAINERS = frozenset(name.encode() for name in CONTAINERS)
_TRUST, _HEAVY_TRUST = 1.0, 0.2
"""Seconds in which the same command passes unseen once it asked for nothing; a heavy read less, as keys differ."""
_COUNTED = frozenset({Effect.WRITES, Effect.DESTROYS_ROWS})
_WORSE = {"XADD": Effect.DESTROYS_ROWS, "FUNCTION|LOAD": Effect.DESTROYS_ROWS}
"""What the words of a command can make of it beyond its class."""
_ENDLESS = frozenset({"SYNC", "PSYNC", "MONITOR", "SHUTDOWN", "FAILOVER"})
"""Commands whose answer is a stream, or the end of the connection."""
_KIT_PATIENCE = 30.0
_TRIPS = 16
"""Round trips after which what passed on trust is counted."""


def worst_effect(name: str) -> Effect:
    """The gravest thing that a command of this name can be, whatever its words."""
    return _WORSE.get(name) or COMMANDS.get(name, (Effect.NOT_UNDERSTOOD, ""))[0]


class RedisAdapter:
    """Makes a session for every client of one server. Implements wireports.Adapter."""

    def __init__(self, target: RedisTarget, court: RedisCourt, password: str = "") -> None:
        self.target = target
        self.latest: RedisSession | None = None
        self._court = court
        self._password = password
        self._sessions: set[RedisSession] = set()

    def session(self, line: Line) -> Session:
        """A client connected; one on the loopback port has to know the password first."""
        made = self.latest = RedisSession(line, self.target, self._court)
        self._sessions.add(made)
        if line.peer.tcp:
            made.machine.gate = Gate(self._password.encode(), self.target.login)
        return made

    def ended(self, session: Session) -> None:
        """Its connection is closed: what it did silently goes to the record."""
        if isinstance(session, RedisSession):
            self._sessions.discard(session)
            session.end()

    def summarise(self) -> None:
        """What open connections did silently goes to the record; loop's thread."""
        for session in self._sessions:
            session.summarise()


class RedisSession:
    """Implements wireports.Session."""

    def __init__(self, line: Line, target: RedisTarget, court: RedisCourt) -> None:
        self._line = line
        self._target = target
        self._court = court
        self.machine = RespMachine(secrets.token_hex(16), SILENT, _CONTAINERS, time.monotonic)
        self._link = RedisLink(target)
        self._meter = LoopMeter(court.loop_writes, court.loop_rate)
        self._case: RedisCase | None = None
        self._barrier: Barrier | None = None
        self._tally: Counter[str] = Counter()
        self._looping = False
        self._stopped = ""
        self._burst = 0
        self._watched: dict[str, tuple[RedisCase, Conclusion]] = {}
        self._trips = 0
        self._pumping = False

    # ---- wireports.Session ----------------------------------------------------------------------

    @property
    def hungry(self) -> bool:
        """More bytes of the client are welcome."""
        return self.machine.hungry

    def forward_client(self, data: bytes) -> bool:  # noqa: ARG002 - the machine itself is quick enough
        """Everything goes through the machine."""
        return False

    def forward_server(self, data: bytes) -> bool:  # noqa: ARG002 - the same
        """Everything goes through the machine."""
        return False

    def from_client(self, data: bytes) -> None:
        """Bytes of the client."""
        self.machine.receive_from_client(data)
        if self.machine.trusted:
            self._trips += 1
            if self._trips >= _TRIPS:
                self._count(data)
        self._pump()

    def from_server(self, data: bytes) -> None:
        """Bytes of the server."""
        self.machine.receive_from_server(data)
        if self._case is not None or self._watched:
            self._pump()

    def to_client(self) -> bytes:
        """What the client gets now."""
        return self.machine.data_to_client()

    def to_server(self) -> bytes:
        """What the server gets now."""
        return self.machine.data_to_server()

    def client_gone(self) -> None:
        """Whatever is held is refused."""
        self.machine.client_closed()
        self._withdraw()

    def server_gone(self, problem: str) -> None:
        """The client gets what is left, then the end."""
        del problem
        self.machine.server_closed()
        self._withdraw()

    def dial(self) -> Stream:
        """Connect to the server."""
        return self._target.stream()

    def undialled(self, problem: UpstreamError) -> None:
        """Say so as a server would."""
        line = " ".join(str(problem).split())
        self.machine.receive_from_server(f"-ERR safeshell: {line}\r\n".encode("utf-8", "replace"))

    def end(self) -> None:
        """The connection is closed."""
        self.summarise()
        self._line.hub.work(self._link.close, "redis-end")

    # ---- what is held ---------------------------------------------------------------------------

    def _pump(self) -> None:
        """Everything that happened; what is settled at once makes the next thing happen, so this is a loop."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while events := self.machine.events():
                for event in events:
                    self._happened(event)
        finally:
            self._pumping = False

    def _happened(self, event: Event) -> None:
        if isinstance(event, Submitted):
            self._submitted(event)
        elif isinstance(event, Ran) and self._barrier is not None:
            self._barrier.arrived(event)
        elif isinstance(event, Replied):
            self._replied(event)

    def _submitted(self, event: Submitted) -> None:
        words = event.units[0].words
        state = self.machine.state
        case = self._case = RedisCase(
            number=event.id,
            text=event.text,
            name=self.machine.name_of(words).decode("latin-1"),
            words=words,
            database=state.database,
            user=state.user,
            in_multi=event.in_transaction,
            environment=self._court.environment(state.database),
        )
        barrier = self._barrier = Barrier(lambda: self._line.hub.call(self._begin_look))
        case.withdrawn.attach(barrier.stop)
        if self._stopped and self._goes_on(case):
            return
        if self._looping:
            self._line.hub.work(lambda: self._ask_loop(case), "redis-loop")
            return
        self._drive(case, barrier)

    def _drive(self, case: RedisCase, barrier: Barrier) -> None:
        """As far as it goes without waiting; the rest in a worker."""
        look = Look(case, self._link, self.machine.state.login, barrier, self._court.commands)
        doors = _CaseDoors(self._court, case, look)
        road = self._court.road(case)
        try:
            request = next(road)
            while isinstance(request, Record) and not request.event.durable:
                request = road.send(self._court.record(request.event))
        except StopIteration as end:
            self._concluded(case, end.value)
            return
        if self._burst:
            self._burst += 1
            self._answered(
                case, f"safeshell: refused: `{case.text[:60]}` came with a command that was refused just before"
            )
            return
        waiting = request
        self._line.hub.work(lambda: self._travel(road, waiting, doors, case, look), "redis")

    def _begin_look(self) -> bool:
        """In the loop's thread: the barrier goes out behind everything that was sent."""
        begun = self.machine.run("look", [b"CLIENT", b"INFO"])
        self._line.flush()
        return begun

    def _travel(
        self, road: Road[Conclusion], request: Request[Any], doors: _CaseDoors, case: RedisCase, look: Look
    ) -> None:
        """The rest of a road, in a worker. Whatever breaks, the command is not run."""
        post = self._line.hub.post
        try:
            while True:
                request = road.send(answer(doors, request))
        except StopIteration as stop:
            end: Conclusion = self._court.settle(case, stop.value)
            problem = self._prepare(case, end, look) if end.released else ""
            post(lambda: self._answered(case, problem) if problem else self._concluded(case, end))
        except ServerRefuses:
            post(lambda: self._pass_on(case))
        except Exception as fault:  # noqa: BLE001 - a guard that breaks must refuse, whatever broke
            told = f"safeshell: refused: the guard failed ({type(fault).__name__}); nothing was run"
            post(lambda: self._answered(case, told))

    def _prepare(self, case: RedisCase, end: Conclusion, look: Look) -> str:
        """The undo kit, before anything is lost; why it may not run, "" for go on."""
        if end.verdict.demand < Demand.CONFIRM or case.withdrawn.gone:
            return ""
        try:
            look.extend(_KIT_PATIENCE)
            return self._court.prepare(case, end, look)
        except PreviewError as fault:
            self._court.tell(f"safeshell: no undo kit could be taken: {fault}")
            return ""

    def _concluded(self, case: RedisCase, end: Conclusion) -> None:
        """In the loop's thread: let it run or don't."""
        if not end.released:
            if end.confirmation is not None and self.machine.waiting:
                self._burst = self._burst or 1
            self._answered(case, end.message)
            return
        if end.message:
            self._court.tell(end.message)
        if not end.preview and end.verdict.demand is Demand.ALLOW:
            self._trust(case)
        watch = end.verdict.demand >= Demand.KEY and case.name not in _ENDLESS and self.machine.answers(case.words)
        if watch:
            self._watched[case.number] = case, end
        else:
            self._court.released(case, end)
        self._pass_on(case, watch=watch)

    def _pass_on(self, case: RedisCase, *, watch: bool = False) -> None:
        self._done(case)
        self.machine.release(case.number, watch=watch)
        self._after()

    def _replied(self, event: Replied) -> None:
        """What came of a command that a person let run."""
        found = self._watched.pop(event.id, None)
        if found is not None:
            error = event.error.message if event.error is not None else ""
            self._court.outcome(found[0], error, event.tags[0] if event.tags else "")
            if not error:
                self._court.released(*found)

    def _answered(self, case: RedisCase, message: str) -> None:
        self._done(case)
        self.machine.refuse(case.number, message)
        self._after()

    def _done(self, case: RedisCase) -> None:
        if self._case is case:
            self._case = self._barrier = None

    def _after(self) -> None:
        """What came behind the held command is read now."""
        if not self.machine.waiting and self._burst:
            self._end_burst()
        self._pump()
        self._line.flush()

    def _end_burst(self) -> None:
        refused, self._burst = self._burst - 1, 0
        if refused:
            detail = {"what": "pipeline", "refused": refused, "detail": "refused with the command before them"}
            self._court.note(EventKind.NOTE, detail)

    def _withdraw(self) -> None:
        if self._case is not None:
            self._case.withdrawn.withdraw()

    # ---- what passes without a road of its own --------------------------------------------------

    def _trust(self, case: RedisCase) -> None:
        """The same command may pass for a moment: its worst would ask for nothing either."""
        effect = worst_effect(case.name)
        if case.name in HEAVY and effect is Effect.READS:
            self.machine.trust(case.name.encode("latin-1"), time.monotonic() + _HEAVY_TRUST)
        elif effect in _COUNTED and self._court.passes(effect, case.environment):
            self.machine.trust(case.name.encode("latin-1"), time.monotonic() + _TRUST)
            self._measure(Counter({case.name: 1}), _first_key(case))

    def _count(self, data: bytes) -> None:
        """Writes that passed on trust: for the record, and for the loop breaker."""
        writes: Counter[str] = Counter()
        for name, number in self.machine.passed().items():
            text = name.decode("latin-1")
            self._tally[text] += number
            if COMMANDS.get(text, (Effect.READS, ""))[0] in _COUNTED:
                writes[text] += number
        trips, self._trips = self._trips, 0
        if writes:
            self._measure(writes, _key_in(data), trips)

    def _measure(self, writes: Counter[str], key: bytes, trips: int = 1) -> None:
        if self._meter.count(writes, key, time.monotonic(), trips):
            self._looping = True
            self.machine.trusted.clear()

    def _goes_on(self, case: RedisCase) -> bool:
        """A loop that was stopped stays so, without another question, until its writes pause."""
        if worst_effect(case.name) not in _COUNTED:
            return False
        if not self._meter.running(time.monotonic()):
            self._stopped = ""
            return False
        self._answered(case, self._stopped)
        return True

    def _ask_loop(self, case: RedisCase) -> None:
        """In a worker: one question for the whole loop, before its next write."""
        advice = "a pipeline or one command for many keys (MSET, UNLINK a b c) does the same in a fraction of the time"
        preview = Preview(self._meter.told(), exactness=Exactness.EXACT, caveats=(advice,))
        goes_on = self._court.ask_loop(case, preview)

        def settle() -> None:
            self._looping = False
            if goes_on:
                self._meter.permit()
                if self._barrier is not None:
                    self._drive(case, self._barrier)
            else:
                self._stopped = f"safeshell: refused: this loop was stopped: {preview.summary}; {advice}"
                self._meter.running(time.monotonic())
                self._answered(case, self._stopped)

        self._line.hub.post(settle)

    def summarise(self) -> None:
        """What passed silently, in one line."""
        for name, number in self.machine.passed().items():
            self._tally[name.decode("latin-1")] += number
        if self._tally:
            detail = {"passed_silently": sum(self._tally.values()), "commands": dict(self._tally.most_common(40))}
            self._court.note(EventKind.SUMMARY, detail)
        self._tally.clear()


def _first_key(case: RedisCase) -> bytes:
    return case.words[1] if case.name in SHAPES and len(case.words) > 1 else b""


def _key_in(data: bytes) -> bytes:
    """The first word after the name of the first command of a chunk; "" where it is no whole array."""
    parts = data[:512].split(b"\r\n", 5)
    return parts[4] if len(parts) > 4 and data[:1] == b"*" else b""  # noqa: PLR2004 - *n $l NAME $l key


@dataclass(frozen=True, slots=True)
class _CaseDoors:
    """The doors of the road for one case. Implements travel.Doors; in a worker."""

    court: RedisCourt
    case: RedisCase
    look: Look

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """What only the server knows."""
        return self.look.gather(questions, self.court.deadline)

    def preview(self, assessment: Assessment) -> Preview:
        """The damage."""
        return self.look.preview(assessment, self.court.deadline, self.court.undo_bytes)

    def ask(self, question: AskOperator) -> Confirmation:
        """The person."""
        return self.court.ask(self.case, question)

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""
        return self.court.record(event)

    def remember(self, path: str) -> bool:
        """No programs here."""
        del path
        return False
