"""The PostgreSQL machine: one client connection, one server connection, and what waits in between.

Some things differ from what the owners first agreed on. `allow_writes` answers whether it would take
effect, since a transaction that began read-only and has read can't be made writable any more. And a
client that has sent a whole is not read further until that whole is answered: so the transaction
status that a whole is judged in is the true one, and a preview sees what the whole would see. A
transaction that the owner began by `run` round a released whole is the owner's to end; one that it left
open when it refuses (or releases without `hold`) is rolled back first.
What must not live here: bytes of single messages (framing), the order of work (conductor).

Law: nothing of a whole reaches the server before `release`; CopyData alone streams. Buffers hold one
whole, one incomplete message and one kept reply, each up to `cap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from safeshell.model.errors import ProtocolError
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.backend import Backend, Copying
from safeshell.protocols.postgres.batches import SOFT, Batch, Gathering
from safeshell.protocols.postgres.conductor import Conductor, Stage
from safeshell.protocols.postgres.decoding import error_message
from safeshell.protocols.postgres.encodings import codec, encode
from safeshell.protocols.postgres.inbox import Inbox
from safeshell.protocols.postgres.jobs import Chunks, GuardJob
from safeshell.protocols.postgres.lane import Lane
from safeshell.protocols.postgres.names import Names
from safeshell.protocols.postgres.opening import Opening
from safeshell.protocols.postgres.transactions import MODES, OPTIONS, PINNED, Transactions
from safeshell.protocols.wire import Broken, Closed, Event, Parameter, ServerError, Submitted

READ_ONLY = "-c default_transaction_read_only=on"
CAP = 64 * 1024 * 1024
REFUSED = "42501"


class PostgresMachine:
    """Sans I/O. `nonce`: the session's random letters and digits, for names of our own on the server.

    `options` are appended last to the start-up's ("": none). `mode`: "options" (the server's default
    is read-only by them), "pinned" (BEGIN READ ONLY round each unit), "off" (nothing is enforced).
    `replication`: let replication connections through unjudged. `cap`: bytes of one held whole, of
    one answer to `run`, of one kept reply.
    """

    def __init__(
        self, nonce: str, *, options: str = READ_ONLY, mode: str = OPTIONS, replication: bool = False, cap: int = CAP
    ) -> None:
        if mode not in MODES or not nonce.isalnum() or not nonce.isascii():
            raise ValueError("mode is one of options, pinned, off; the nonce is made of letters and digits")
        self.parameters: dict[str, str] = {}
        self.closed = False
        self.broken = False
        self.cap = cap
        self._events: list[Event] = []
        self._client: Chunks = []
        self._server: Chunks = []
        self._early_client, self._early_server = bytearray(), bytearray()
        secret = f"safeshell_{nonce}".lower()
        names = Names()
        self._law = Transactions(secret, mode)
        self._gathering = Gathering(names, cap, secret)
        self._backend = Backend(self._client, self._server, names, self._told, cap)
        self._conductor = Conductor(
            self._backend, names, self._gathering, self._law, self._client, self._events_append, cap
        )
        self._inbox = Inbox(self._backend, self._gathering, self._busy, self._message, self._oversize)
        self.lane = Lane(self._backend, self._conductor, self._gathering, self._inbox, self._law, names)
        self._opening = Opening(
            self._client, self._server, self._events_append, self._told, options, replication, self.parameters
        )

    # State

    @property
    def started(self) -> bool:
        """The server is ready and the client authenticated."""
        return self._opening.done

    @property
    def state(self) -> str:
        """The transaction status that the client last saw: I, T, E; "" before the start."""
        return self._conductor.status

    @property
    def mode(self) -> str:
        """How read-only is enforced now: options, pinned, off."""
        return self._law.mode

    @property
    def outstanding(self) -> int:
        """Messages sent whose answer has not come."""
        return len(self._backend.queue) + (len(self.lane.letters) if self.lane.sent else 0)

    @property
    def held(self) -> bool:
        """A whole waits for its release or refusal, or a kept reply for its end."""
        return self._conductor.current is not None and self._conductor.stage is not Stage.SENT

    @property
    def hungry(self) -> bool:
        """False: stop reading from this client for a while."""
        return self._conductor.current is None or self._inbox.waiting < SOFT or self._backend.copying is not Copying.NO

    @property
    def buffered(self) -> int:
        """Bytes kept that belong to incomplete or held messages."""
        current = self._conductor.current
        held = current.size if current else 0
        early = len(self._early_client) + len(self._early_server)
        held += len(self.lane.sent)
        return early + self._inbox.waiting + held + self.cap - self._gathering.room + self._backend.buffered

    # Bytes

    def receive_from_client(self, data: bytes) -> None:
        """Take bytes of the client, in any cut."""
        if self.closed or not data:
            return
        self.lane.settle()
        if not self._opening.done:
            self._early_client += data
        else:
            self._inbox.add(data)
        self._guarded(self._pump)

    def receive_from_server(self, data: bytes) -> None:
        """Take bytes of the server, in any cut."""
        if self.closed or not data:
            return
        self.lane.settle()
        self._guarded(partial(self._take_server, data))

    def _take_server(self, data: bytes) -> None:
        if self._opening.done and not self._opening.tunnel:
            self._backend.feed(data)
        elif self._opening.tunnel and self._opening.done:
            self._client.append(data)
        else:
            self._early_server += data
            self._opening.take_server(self._early_server)
            if not self._opening.done:
                return
            self._begin_session()
        self._go()

    def _begin_session(self) -> None:
        self._law.started = True
        self._conductor.status = self._backend.status = "I"
        self._inbox.add(bytes(self._early_client))
        self._early_client.clear()
        rest, self._early_server = bytes(self._early_server), bytearray()
        if rest:
            self._take_server(rest)

    def _go(self) -> None:
        self._conductor.start()
        self._pump()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ProtocolError as error:
            self._break(error.fault, str(error))

    def _break(self, side: str, problem: str) -> None:
        self._server.clear()
        self._say_last(
            "08P01", f"safeshell: the {side} broke the PostgreSQL protocol: {problem}; the connection is closed"
        )
        self.broken = True
        self._end()
        self._events.append(Broken(side, problem))

    def _say_last(self, code: str, sentence: str) -> None:
        """A last word to the client, unless it is in the middle of a row or has had one."""
        if not (self._backend.fatal or self._opening.fatal or self._backend.mid_row):
            self._client.append(error_message(ServerError("FATAL", code, sentence), self._backend.codec))

    def _end(self) -> None:
        self.closed = True
        self.lane.close()
        self._conductor.work.clear()
        self._conductor.current = None
        self._gathering.drop()
        self._backend.queue.clear()
        self._inbox.clear()
        self._early_client, self._early_server = bytearray(), bytearray()

    def client_closed(self) -> None:
        """The client is gone: what is held will never run."""
        if self.closed:
            return
        self.lane.settle()
        if self._opening.done and not self._backend.queue:
            self._server.append(framing.TERMINATE)
        self._end()
        self._events.append(Closed("client"))

    def server_closed(self) -> None:
        """The server is gone; the client is told, unless the server did so itself."""
        if self.closed:
            return
        self.lane.settle()
        self._opening.give_up()
        if self._opening.sent:
            stage = self._conductor.stage if self._conductor.current else None
            fate = {Stage.SENT: "; whether the last statement was carried out is not known", None: ""}
            lost = fate.get(stage, "; what was held has not run")
            self._say_last("08006", f"safeshell: the server closed the connection{lost}")
        self._end()
        self._events.append(Closed("server"))

    def events(self) -> Sequence[Event]:
        """What happened since the last call."""
        if not self._events:
            return ()
        found = self._events[:]
        self._events.clear()
        return found

    def _events_append(self, event: Event) -> None:
        self._events.append(event)

    def data_to_client(self) -> bytes:
        """Bytes to send to the client."""
        return _taken(self._client)

    def data_to_server(self) -> bytes:
        """Bytes to send to the server."""
        return _taken(self._server)

    def _told(self, name: str, value: str) -> None:
        self.parameters[name] = value
        self._law.told(name, value)
        if name == "client_encoding":
            self._backend.codec = self._gathering.codec = codec(value)
            self.lane.forget()
        if self._opening.done:
            self._events.append(Parameter(name, value))

    # The client's messages

    def _pump(self) -> None:
        """Read the client's messages as far as that is allowed now."""
        if not self._opening.done:
            self._opening.take_client(self._early_client)
            if self._opening.over:
                self._end()
            elif len(self._early_client) > SOFT:
                raise ProtocolError("it sends without waiting for the start", fault="client")
            return
        if self._opening.tunnel:
            self._server.append(self._inbox.rest())
            return
        while not self.closed and self._inbox.pump():
            pass
        if self._inbox.waiting > self.cap + SOFT:
            raise ProtocolError("it sends on although nothing can be taken", fault="client")

    def _busy(self) -> bool:
        return self._conductor.current is not None

    def _oversize(self, kind: str) -> None:
        batch = None if self._backend.skipping else self._gathering.add_oversize(kind)
        if batch is not None:
            self._complete(batch)

    def _message(self, kind: str, raw: bytes) -> None:
        if kind == "X":
            self._server.append(framing.TERMINATE)
            self._end()
            self._events.append(Closed("client"))
        elif not self._backend.skipping:
            batch = self._gathering.add(kind, raw)
            if batch is not None:
                self._complete(batch)
        elif kind == "S":
            self._complete(Batch("", end="sync", expects=[("Y", None)]))

    def _complete(self, batch: Batch) -> None:
        conductor = self._conductor
        conductor.take(batch)
        if batch.problem:
            conductor.refuse(batch, ServerError("ERROR", REFUSED, batch.problem), keep=False)
        elif not batch.units:
            conductor.release(batch, hold=False)
        else:
            status = conductor.status
            self._events.append(
                Submitted(batch.id, batch.text, tuple(batch.units), status != "I", status == "E", batch.pipeline)
            )

    # Verdicts

    def learn(self, id: str) -> None:
        """The owner knows the text of this held whole: `lane` may offer it when it comes again."""
        batch = self._conductor.waiting(id, Stage.HELD)
        if batch is not None:
            self.lane.learn(batch)

    def release(self, id: str, *, hold: bool = False) -> None:
        """Let it run; with `hold` its reply waits (event Replied) for `finish` or `fail`."""
        batch = self._conductor.waiting(id, Stage.HELD)
        if batch is not None:
            self._guarded(partial(self._released, batch, hold=hold))

    def _released(self, batch: Batch, *, hold: bool) -> None:
        self._conductor.release(batch, hold=hold)
        self._pump()

    def refuse(  # noqa: PLR0913 - what an ErrorResponse may say
        self,
        id: str,
        reason: str,
        *,
        detail: str = "",
        hint: str = "",
        code: str = REFUSED,
        keep_transaction: bool = False,
    ) -> None:
        """The server fails for real; the client reads `reason` (first line the message, further lines the detail).

        `keep_transaction`: round a savepoint of the guard's, for a person's simple query in a transaction.
        """
        batch = self._conductor.waiting(id, Stage.HELD)
        if batch is not None:
            error = _refusal(reason, detail, hint, code)
            self._conductor.refuse(batch, error, keep=keep_transaction)
            self._guarded(self._go)

    def finish(self, id: str, status: str | None = None) -> None:  # noqa: ARG002 - agreed on; the truth is used
        """Pass the kept reply on. Its ReadyForQuery says what the server said last, after COMMIT: I.

        `status` is what the owner believes that to be; a wrong belief must not reach the client.
        """
        if self._conductor.waiting(id, Stage.REPLIED):
            self._conductor.add(self._conductor.finish)
            self._guarded(self._go)

    def fail(self, id: str, reason: str, *, detail: str = "", hint: str = "", code: str = REFUSED) -> None:
        """Throw the kept reply away; the server fails for real, the client reads `reason`."""
        if self._conductor.waiting(id, Stage.REPLIED):
            self._conductor.add(partial(self._conductor.fail, _refusal(reason, detail, hint, code)))
            self._guarded(self._go)

    def again(self, id: str) -> bool:
        """Its kept reply is an error: hold the whole once more. False: it names what is there by now; `finish` or `fail` it."""
        return self._conductor.waiting(id, Stage.REPLIED) is not None and self._conductor.again()

    # The guard's own statements

    def run(self, id: str, sql: str, *, stream: bool = False) -> None:
        """The guard's own simple query, when nothing is outstanding -> Ran (with `stream`: Copied, ..., Ran).

        Right after Started, while something is held, or while a kept reply waits; runs queue up. Not
        inside a pipeline: Submitted.pipeline says so, and Ran then has an error.
        """
        self._ask(partial(self._conductor.query, id, sql, stream=stream))

    def run_extended(
        self,
        id: str,
        sql: str,
        *,
        parameters: tuple[bytes | None, ...] = (),
        formats: tuple[int, ...] = (),
        types: tuple[int, ...] = (),
    ) -> None:
        """The same for one statement with parameters, under names of its own -> Ran. In a pipeline without Sync.

        An error inside a pipeline has ended it: the whole that waits can then only be refused.
        """
        name = self._law.secret.encode()
        data = [
            framing.parse(name, encode(sql, self._backend.codec), types),
            framing.bind(name, name, formats, parameters),
            framing.describe(b"P", name),
            framing.execute(name),
            framing.close(b"P", name),
            framing.close(b"S", name),
        ]
        letters = "PBRECC"
        self._ask(partial(self._conductor.extended, id, data, [(one, None) for one in letters], GuardJob.ran))

    def describe(self, id: str, sql: str, *, types: tuple[int, ...] = ()) -> None:
        """Ask the server for the parameter types and columns of a text -> Described. Pipelines as with run_extended."""
        name = self._law.secret.encode()
        data = [
            framing.parse(name, encode(sql, self._backend.codec), types),
            framing.describe(b"S", name),
            framing.close(b"S", name),
        ]
        self._ask(partial(self._conductor.extended, id, data, [(one, None) for one in "PDC"], GuardJob.described))

    def _ask(self, work: Callable[[], None]) -> None:
        if not self.closed and self._opening.done:
            self.lane.settle()
            self._conductor.add(work)
            self._guarded(self._go)

    # Read-only

    def allow_writes(self, id: str, *, block: bool = True) -> bool:
        """This held whole may write; call it before the first `run` for it. `block`: it can run in a transaction block.

        False: it can't be made so (its transaction began read-only, or it is part of a pipeline);
        nothing was changed. What the server does round it is undone before the next whole.
        """
        batch = self._conductor.waiting(id, Stage.HELD)
        return batch is not None and self._conductor.allow(batch, block=block)

    def unlock(self, on: bool) -> None:  # noqa: FBT001 - the whole call reads unlock(True)
        """All wholes may write until `unlock(False)`; takes effect before the next one."""
        self.lane.settle()
        self._law.unlocked = on

    def pin(self) -> None:
        """The server's default can't be made read-only (a pooler): go on in mode "pinned"."""
        self.lane.settle()
        self._law.mode = PINNED

    def restart(self, options: str = "") -> None:
        """After StartRefused: the same start-up with other options, for a new server connection; mode "pinned"."""
        self._early_server.clear()
        self.pin()
        self._opening.restart(options)

    def give_up(self) -> None:
        """After StartRefused: pass the server's error on to the client."""
        self._opening.give_up()


def _taken(chunks: Chunks) -> bytes:
    if not chunks:
        return b""
    data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    chunks.clear()
    return data


def _refusal(reason: str, detail: str, hint: str, code: str) -> ServerError:
    first, _, rest = reason.partition("\n")
    return ServerError("ERROR", code, first, "\n".join(part for part in (rest, detail) if part), hint)
