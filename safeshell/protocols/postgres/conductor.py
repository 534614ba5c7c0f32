"""What goes to the server, and when: one thing at a time, in the order in which it was asked for.

The work is a queue of callables; the next begins when nothing is outstanding (or when the last piece
was part of a pipeline that the server has not been asked to answer yet). A whole of the client's comes
out of here as: what the lock says before it, the whole or its refusal, what the lock says behind it,
and only then the ReadyForQuery. What must not live here: reading the client's bytes, walking the
server's.

Law: a batch is sent at most once, and only after `release`; whatever fails before it turns it into a
refusal; after an error in a pipeline nothing but a Sync counts, for the guard as for the client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from functools import partial

from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.backend import Backend
from safeshell.protocols.postgres.batches import Batch, Gathering
from safeshell.protocols.postgres.decoding import GUARD, error_message, ready_message
from safeshell.protocols.postgres.encodings import encode
from safeshell.protocols.postgres.jobs import Chunks, ClientJob, Expect, GuardJob, Job, Refusal, guard_query
from safeshell.protocols.postgres.names import Names
from safeshell.protocols.postgres.transactions import LOCK, NOTHING, Frame, Step, Transactions
from safeshell.protocols.wire import Described, Event, Ran, Replied, ServerError

_BEGUN = ("BEGIN", "START TRANSACTION")
_COMMIT, _ROLLBACK = Step("COMMIT"), Step("ROLLBACK")
_ABORTED = "0A000"
_IN_RECOVERY = "0A000"
"""What a standby answers to READ WRITE. Nothing can have been written before, so nothing is lost by beginning anew."""


class Stage(Enum):
    """Where the client's whole is."""

    HELD = auto()
    SENT = auto()
    REPLIED = auto()


@dataclass(slots=True)
class Conductor:
    """The work of one session. `status` is what the client was last told, `since_sync`: a pipeline is open."""

    backend: Backend
    names: Names
    gathering: Gathering
    law: Transactions
    client: Chunks
    emit: Callable[[Event], None]
    cap: int
    status: str = ""
    current: Batch | None = None
    stage: Stage = Stage.HELD
    since_sync: bool = False
    poison: ServerError | None = None
    work: deque[Callable[[], None]] = field(default_factory=deque)
    _allowed: bool = False
    _block: bool = True
    _owed: bool = False
    _unflushed: bool = False
    _unnamed_lost: bool = False
    _unsent: str = ""
    _reply: ClientJob | None = None

    def start(self) -> None:
        """Begin what may begin."""
        while self.work and (self._unflushed or not self.backend.queue):
            self.work.popleft()()

    def add(self, work: Callable[[], None]) -> None:
        """Ask for something to be done after everything asked for before."""
        self.work.append(work)
        self.start()

    def _next(self, *work: Callable[[], None]) -> None:
        self.work.extendleft(reversed(work))

    def _send(self, job: Job, done: Callable[[], None]) -> None:
        job.done = done
        self._unflushed = not job.flushed
        self.backend.send(job)
        job.data = []
        if not job.left:
            done()

    def waiting(self, id: str, stage: Stage) -> Batch | None:
        """The whole with this id, if it is at this stage."""
        return self.current if self.current and self.current.id == id and self.stage is stage else None

    @property
    def quiet(self) -> bool:
        """No pipeline is open and nothing is owed."""
        return not (self.since_sync or self._owed or self._unflushed or self.poison)

    # The client's whole

    def take(self, batch: Batch) -> None:
        """A whole has been gathered."""
        batch.pipeline = self.since_sync
        self.current = batch
        self.stage = Stage.HELD
        self._allowed, self._block, self._unsent = False, True, ""

    def release(self, batch: Batch, *, hold: bool) -> None:
        """Let it run."""
        self.stage = Stage.SENT
        self.add(partial(self._begin, batch, hold=hold))

    def refuse(self, batch: Batch, error: ServerError, *, keep: bool) -> None:
        """Let it fail."""
        self.stage = Stage.SENT
        self.add(partial(self._deny, batch, error, keep=keep))

    def allow(self, batch: Batch, *, block: bool) -> bool:
        """It may write. In a transaction that takes effect at once, so that the guard's own savepoints come behind it."""
        if not self.law.can_write(batch, self.status):
            return False
        self._allowed, self._block = True, block
        if self.status == "T" and self.backend.status == "T":
            self.add(self._open)
        return True

    def _open(self) -> None:
        frame = Frame(self.law.opening())
        self._next(*(partial(self._say, step, frame) for step in frame.before))

    @property
    def _foreign(self) -> bool:
        """The guard has a transaction of its own open, which the client knows nothing of."""
        return self.status == "I" and self.backend.status in ("T", "E") and not self.since_sync

    def _begin(self, batch: Batch, *, hold: bool) -> None:
        if self._foreign and not hold:
            self._next(partial(self._say, _ROLLBACK, NOTHING), partial(self._begin, batch, hold=hold))
            return
        frame = NOTHING
        if self.backend.status == self.status and not self.backend.skipping:
            frame = self.law.frame(batch, self.status, allowed=self._allowed, block=self._block)
        before = [partial(self._say, step, frame) for step in frame.before]
        self._next(*before, partial(self._run, batch, frame, hold=hold))

    def _say(self, step: Step, frame: Frame) -> None:
        job = self._guard_query("", step.sql)
        self._send(job, partial(self._said, job, step, frame))

    def _said(self, job: Job, step: Step, frame: Frame) -> None:
        if job.error is None:
            self.law.said(step)
        elif frame.arms and self.law.open is not None and self.law.open.fresh and job.error.code == _IN_RECOVERY:
            self._next(*(partial(self._say, again, NOTHING) for again in self.law.unarmed()))
        else:
            self._unsent = self._unsent or f"safeshell: refused: the server would not {step.sql}: {job.error.message}"

    def _run(self, batch: Batch, frame: Frame, *, hold: bool) -> None:
        """Send it, unless something before it failed."""
        if self.poison is not None:
            problem = f"safeshell: refused: the preview failed and took the pipeline with it: {self.poison.message}"
            self._deny(batch, ServerError("ERROR", _ABORTED, problem), keep=False)
        elif self._unsent:
            self._deny(batch, ServerError("ERROR", _ABORTED, self._unsent), keep=False)
        elif self.backend.skipping:
            self._skip(batch)
        else:
            self._pass(batch, frame, hold=hold)

    def _pass(self, batch: Batch, frame: Frame, *, hold: bool) -> None:
        self._restore(batch)
        if hold and not batch.end:
            batch.end = "flush"
            batch.parts.append(framing.FLUSH)
        cap = self.law.cap(batch)
        if cap:
            self.backend.send(_Ours(self.client, *_extended(self.law.secret, cap)))
        self._note(batch)
        lock, tags = self._send_heads(batch, keep=hold or frame.keep)
        mute = frame.commit or frame.relock or self._owed
        job = ClientJob(batch, self.client, keep=hold or frame.keep, mute=mute, cap=self.cap)
        job.tags = tags
        if lock is not None:
            self._send(job, partial(self._answered_armed, job, frame, lock))
            return
        if batch.end:
            self._send(job, partial(self._answered, job, frame, hold=hold))
            return
        self._owed = self._owed or frame.commit
        self.current = None
        self._send(job, partial(self._answered_late, job))

    def _send_heads(self, batch: Batch, *, keep: bool) -> tuple[Job | None, list[str]]:
        """Send the beginnings of a batch that something of ours must stand behind; the batch keeps the rest.

        Gives the job of the recipe, if that was among it, and the list that all its tags come to.
        """
        lock: Job | None = None
        tags: list[str] = []
        sent = 0
        for count, texts in [] if keep or self._allowed else self.law.inserts(batch, self.status):
            head = Batch(batch.id, batch.parts[sent:count], batch.expects[sent:count])
            job = ClientJob(head, self.client, keep=False, mute=False, cap=self.cap)
            job.tags = tags
            self.backend.send(job)
            between = _Ours(self.client, *_extended(self.law.secret, texts))
            self.backend.send(between)
            lock = between if len(texts) > 1 else lock
            sent = count
        batch.parts, batch.expects = batch.parts[sent:], batch.expects[sent:]
        return lock, tags

    def _answered_armed(self, job: ClientJob, frame: Frame, lock: Job) -> None:
        self._answered(job, frame, hold=False)
        if lock.error is None and job.status == "T":
            self.law.armed(job.tags)

    def _answered_late(self, job: ClientJob) -> None:
        """A part of a long pipeline, whose answers come while later parts are on their way."""
        if job.error is not None and self.backend.skipping:
            self.gathering.drop()
        self.law.ended(job.batch, job.tags, "")

    def _note(self, batch: Batch) -> None:
        """What is true of the session once this is on its way."""
        self.since_sync = not batch.ends_in_ready and (self.since_sync or batch.runs)
        if batch.end != "query" and any(
            change is not None and change.key == b"S" for letter, change in batch.expects if letter in "PC"
        ):
            self._unnamed_lost = False

    def has_unnamed(self) -> None:
        """The client's own unnamed statement is there."""
        self._unnamed_lost = False

    def _restore(self, batch: Batch) -> None:
        """A simple query of ours has destroyed the unnamed statement that the client counts on."""
        if batch.needs is None or not self._unnamed_lost:
            return
        data = framing.parse(b"", encode(batch.needs.sql, self.backend.codec), batch.needs.types)
        self.backend.send(_Ours(self.client, [data], [("P", None)]))
        self._unnamed_lost = False

    def _skip(self, batch: Batch) -> None:
        """The server skips all of it but the Sync."""
        job = ClientJob(batch, self.client, keep=False, mute=self._owed, cap=self.cap)
        self._send_sync(job, batch)

    def _send_sync(self, job: ClientJob, batch: Batch) -> None:
        done = partial(self._answered, job, NOTHING, hold=False)
        if batch.end == "sync":
            job.done = done
            self._unflushed = False
            self.since_sync = False
            self.backend.send_sync(job)
        else:
            done()

    def _answered(self, job: ClientJob | Refusal, frame: Frame, *, hold: bool) -> None:
        """All replies have come."""
        if self.backend.skipping:
            self.gathering.drop()
        if hold and isinstance(job, ClientJob):
            self._tell(job)
        elif (frame.commit or self._owed) and not job.status:
            self._owed = True
            self._conclude(job, "")
        elif (frame.commit or self._owed) and job.status != "I" and not set(_BEGUN) & set(job.tags):
            self._owed = False
            self._next(partial(self._end, job, _COMMIT if job.status == "T" else _ROLLBACK))
        elif frame.relock and job.status == "I":
            self._next(partial(self._end, job, LOCK))
        else:
            self._owed = False
            self._conclude(job, job.status)

    def _tell(self, job: ClientJob) -> None:
        self.stage = Stage.REPLIED
        self._reply = job
        error = job.error
        if job.overflow and error is None:
            error = ServerError("ERROR", GUARD, f"the reply is longer than {self.cap} bytes and could not be kept")
        self.emit(Replied(job.batch.id, tuple(job.tags), error, job.status))

    def _end(self, job: ClientJob | Refusal, step: Step) -> None:
        closing = self._guard_query("", step.sql)
        self._send(closing, partial(self._ended, job, closing, step))

    def _ended(self, job: ClientJob | Refusal, closing: Job, step: Step) -> None:
        """COMMIT has been answered. When it failed, its error stands where a server puts it: before or instead of the tag."""
        if closing.error is None:
            self.law.said(step)
        else:
            if job.kept and job.batch.simple:
                job.kept = [part for part in job.kept if part[:1] != b"C"]
            job.kept.append(closing.raw_error)
        self._conclude(job, self.backend.status)

    def _conclude(self, job: ClientJob | Refusal, status: str) -> None:
        """The client gets the rest of its answer; the next whole may come."""
        if job.batch.end == "query":  # a simple query has destroyed the unnamed statement and portal
            self.names.forget_unnamed()
        self.client += job.kept
        withheld = job.mute or (isinstance(job, ClientJob) and job.keep)
        if withheld and status and job.batch.ends_in_ready:
            self.client.append(ready_message(status))
        if not isinstance(job, Refusal) or status != "T":
            self.law.ended(job.batch, job.tags, status)
        self.status = status or self.status
        self._reply = None
        if self.current is job.batch:
            self.current = None

    # Refusals

    def _deny(self, batch: Batch, error: ServerError, *, keep: bool) -> None:
        if self._foreign and not self._owed and not self.backend.skipping:
            self._next(partial(self._say, _ROLLBACK, NOTHING), partial(self._deny, batch, error, keep=keep))
            return
        text = partial(error_message, error, self.backend.codec)
        if self.poison is not None:
            self.poison = None
            self.client.append(text())
            self._skip(batch)
        elif self.backend.skipping:
            self._skip(batch)
        else:
            kept = keep and batch.end == "query" and self.backend.status == "T"
            job = Refusal(batch, self.client, text, mute=self._owed or kept)
            self.since_sync = self.since_sync and not batch.ends_in_ready
            sending = partial(self._send, job, partial(self._answered, job, NOTHING, hold=False))
            self._next(*(self._saved(sending, job) if kept else (sending,)))

    def _saved(self, sending: Callable[[], None], job: Refusal) -> tuple[Callable[[], None], ...]:
        """Round a savepoint of the guard's, so that the transaction survives."""
        name = f"{self.law.secret}_k"
        say = [partial(self._say, Step(sql), NOTHING) for sql in (f"SAVEPOINT {name}", f"ROLLBACK TO {name}")]
        last = partial(self._end, job, Step(f"RELEASE {name}"))
        sending = partial(self._send, job, _nothing)
        return say[0], sending, say[1], last

    def finish(self) -> None:
        """Pass the kept reply on, with the status that the server has now."""
        if self._reply is not None:
            self._conclude(self._reply, self.backend.status if self._reply.status else "")

    def again(self) -> bool:
        """Throw a kept error away and hold the whole once more; False where it can't be sent a second time as it is."""
        reply = self._reply
        if reply is None or reply.error is None or not reply.batch.again or self.backend.skipping:
            return False
        self._reply, self.stage = None, Stage.HELD
        return True

    def fail(self, error: ServerError) -> None:
        """Throw the kept reply away and fail."""
        if self._reply is not None and self.backend.skipping:
            self._conclude(self._reply, "")
        elif self._reply is not None:
            batch, self._reply = self._reply.batch, None
            self.refuse(batch, error, keep=False)

    # The guard's own statements

    def _guard_query(self, id: str, sql: str, *, stream: bool = False) -> GuardJob:
        self._unnamed_lost = True
        return guard_query(id, encode(sql, self.backend.codec), self.emit, cap=self.cap, stream=stream)

    def _locks_first(self, then: Callable[[], None]) -> bool:
        """The client's fresh transaction gets its lock before a query of ours, and that comes then."""
        ours = self.status == "T" and self.backend.status == "T" and not self._allowed and self.stage is Stage.HELD
        frame = self.law.before_ours() if ours else NOTHING
        if frame.before:
            self._next(*(partial(self._say, step, frame) for step in frame.before), then)
        return bool(frame.before)

    def query(self, id: str, sql: str, *, stream: bool) -> None:
        """A simple query of the guard's."""
        if self.since_sync or self.backend.skipping:
            self.emit(Ran(id, error=_impossible("inside a pipeline only run_extended is possible")))
            return
        if self._locks_first(partial(self.query, id, sql, stream=stream)):
            return
        job = self._guard_query(id, sql, stream=stream)
        self._send(job, lambda: self.emit(job.ran()))

    def extended(
        self, id: str, data: Chunks, expects: list[Expect], answer: Callable[[GuardJob], Ran | Described]
    ) -> None:
        """Extended messages of the guard's, with a Sync unless a pipeline is open."""
        if self.backend.skipping:
            job = GuardJob(id, [], [], self.emit, cap=self.cap)
            job.error = _impossible("an error has ended the pipeline")
            self.emit(answer(job))
            return
        if not self.since_sync and self._locks_first(partial(self.extended, id, data, expects, answer)):
            return
        if self.since_sync:
            data = [*data, framing.FLUSH]
        else:
            data, expects = [*data, framing.SYNC], [*expects, ("Y", None)]
        job = GuardJob(id, data, expects, self.emit, cap=self.cap)
        self._send(job, partial(self._extended, job, answer))

    def _extended(self, job: GuardJob, answer: Callable[[GuardJob], Ran | Described]) -> None:
        if job.error is not None and self.backend.skipping:
            self.poison = job.error
        self.emit(answer(job))


def _impossible(why: str) -> ServerError:
    return ServerError("ERROR", GUARD, why)


def _nothing() -> None:
    return


def _extended(name: str, texts: tuple[str, ...]) -> tuple[Chunks, list[Expect]]:
    """Statements in extended messages under a private name, without a Sync."""
    own = name.encode()
    data: Chunks = []
    for text in texts:
        data += [framing.parse(own, text.encode()), framing.bind(own, own, (), ()), framing.execute(own)]
        data += [framing.close(b"P", own), framing.close(b"S", own)]
    return data, [(letter, None) for letter in "PBECC" * len(texts)]


class _Ours(Job):
    """Messages of ours inside the client's batch, which the client never sees; should one fail, it reads why."""

    __slots__ = ("client",)

    def __init__(self, client: Chunks, data: Chunks, expects: list[Expect]) -> None:
        super().__init__(data, expects, flushed=False)
        self.client = client

    def failed(self, raw: bytes, error: ServerError, codec: str) -> tuple[Chunks, bytes] | None:
        super().failed(raw, error, codec)
        return self.client, raw
