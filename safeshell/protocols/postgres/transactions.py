"""Read-only, enforced by the server: what the guard says before and after each of the client's wholes.

Three modes. "options": the start-up made the server's default read-only, so an autocommit unit needs
nothing. "pinned" (poolers, where a session-level SET would hit strangers): `BEGIN READ ONLY; SELECT 1`
round each autocommit unit. "off": nothing is enforced.

A transaction that is read-only by its own words (pg_dump's) stays as it is; a SELECT settles that. Inside
any other transaction of the client's the recipe is the same in both: before its first statement that is
not SET TRANSACTION the transaction is made read-write, then `SAVEPOINT g; SET LOCAL
transaction_read_only = on`. A write that was allowed is preceded by RELEASE g, which restores
read-write and lets cursors live; g is set again before the next whole. g stays innermost: it is
released before the client's own SAVEPOINT, RELEASE and ROLLBACK TO. Each g has a new name with the
session's secret in it. What must not live here: sending, judging.

Law: a whole that was not allowed to write runs read-only, or in a transaction whose g the server itself
is about to refuse. Whatever the lock's state became (errors, ROLLBACK TO, unlocks, a SET behind our
back), it is put right before the next whole, not after the last.
"""

from __future__ import annotations

from itertools import pairwise

from safeshell.model.values import dataclass, field
from safeshell.protocols.postgres.batches import Batch
from safeshell.protocols.postgres.control import Control, classify, surely_read_only
from safeshell.protocols.postgres.names import Change

OPTIONS, PINNED, OFF = "options", "pinned", "off"
MODES = frozenset({OPTIONS, PINNED, OFF})
_REPORTED_FROM = 140000
"""The server reports default_transaction_read_only from version 14 on."""
_BEGINS = ("COMMIT", "BEGIN", "START TRANSACTION", "PREPARE TRANSACTION")
_DISTURBS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
_READ_WRITE = "SET TRANSACTION READ WRITE"
_READ_ONLY = "SET LOCAL transaction_read_only = on"


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the guard's, and what is true once the server took it. None: no change.

    `default`: default_transaction_read_only; `savepoint`: the name of g, "" for none; `writable`: below g.
    """

    sql: str
    default: str | None = None
    savepoint: str | None = None
    writable: bool | None = None


LOCK = Step("SET default_transaction_read_only = on", default="on")
UNLOCK = Step("SET default_transaction_read_only = off", default="off")
PIN = Step("BEGIN READ ONLY; SELECT 1")
OPEN = Step("BEGIN READ WRITE")
SETTLE = Step("SELECT 1")
"""After any query the server lets nobody make a read-only transaction read-write."""
REWRITE = Step(_READ_WRITE, writable=True)


@dataclass(slots=True)
class Transaction:
    """The client's open transaction. `writable`: read-write below g, or perhaps so. `fresh`: only `opening` ran in it.

    `closed`: it began read-only and has read, so that no allowance can make it writable.
    """

    writable: bool
    fresh: bool = False
    closed: bool = False
    savepoint: str = ""
    opening: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands round one whole. `before` runs first, all of it must succeed; then, when that left a transaction, COMMIT.

    `arms`: `before` makes a fresh transaction writable; a server that won't is asked for the same one again.
    `keep`: the reply waits until COMMIT has succeeded. `relock`: the default is set back behind it.
    """

    before: tuple[Step, ...] = ()
    commit: bool = False
    keep: bool = False
    arms: bool = False
    relock: bool = False


NOTHING = Frame()


def _text(change: Change | None) -> str:
    return change.portal.unit.text if change and change.portal else ""


@dataclass(slots=True)
class Transactions:
    """The lock of one session. `default`: what the server's default is as far as we know ("on", "off")."""

    secret: str
    mode: str = OPTIONS
    unlocked: bool = False
    default: str = "on"
    version: int = 0
    open: Transaction | None = None
    armable: bool = True
    started: bool = False
    _count: int = 0
    _capped: bool = False
    _plain: bool = False

    def told(self, name: str, value: str) -> None:
        """A ParameterStatus. A server that starts with another default than we asked for is no direct connection."""
        if name == "default_transaction_read_only":
            self.default = value
            if not self.started and self.mode == OPTIONS and value == "off":
                self.mode = PINNED
        elif name == "server_version":
            major = value.split(".", maxsplit=1)[0].split(" ", maxsplit=1)[0]
            self.version = int(major) * 10000 if major.isdecimal() and major.isascii() else 0
        elif name == "in_hot_standby":
            self.armable = value != "on"

    def can_write(self, batch: Batch, status: str) -> bool:
        """An allowance for this whole would take effect."""
        if self.mode == OFF or self.unlocked:
            return True
        if batch.pipeline or not batch.ends_in_ready:
            return False
        if status == "T" and self.open is not None:
            return (
                self.armable
                and not self.open.closed
                and (self.open.writable or (self.open.fresh and self._arms(self.open)))
            )
        return status == "I"

    def frame(self, batch: Batch, status: str, *, allowed: bool, block: bool) -> Frame:
        """What to say round this whole, when the client's status is `status`."""
        self._plain = not (allowed or self.unlocked)
        if self.mode == OFF or status == "E" or batch.pipeline or not batch.looks:
            return NOTHING
        if status == "T":
            return self._inside(batch, self.open, writes=allowed or self.unlocked) if self.open else NOTHING
        if not batch.runs:
            return NOTHING
        if self.mode == PINNED:
            return NOTHING if allowed or self.unlocked else self._pinned(batch)
        return self._autocommit(allowed=allowed, block=block)

    def rests(self, status: str) -> bool:
        """Nothing is said round one statement that only reads and controls no transaction, and `ended` learns nothing from it."""
        if self._capped or self.unlocked or self.mode == PINNED or status not in ("I", "T"):
            return False
        if status == "I":
            sure = self.default == "on" and self.version >= _REPORTED_FROM
            return self.open is None and (self.mode == OFF or sure)
        if self.open is None or self.open.fresh:
            return False
        return self.mode == OFF or bool(self.open.savepoint) or not self.open.writable

    def cap(self, batch: Batch) -> tuple[str, ...]:
        """What to say before a part of a pipeline that has begun, where a transaction may have begun unseen."""
        if self.mode == OFF or self.unlocked or not (batch.pipeline and batch.runs):
            return ()
        if self.open is not None and self.open.savepoint:
            return ()
        self._capped = True
        return (_READ_ONLY,)

    def inserts(self, batch: Batch, status: str) -> list[tuple[int, tuple[str, ...]]]:
        """What to say inside of a batch that was not allowed to write: behind how many of its messages, and what.

        Any statement of it may have loosened or begun a transaction unseen: the next one is made read-only
        again, unless it is the same text. Drivers that begin a transaction with its first statement (JDBC)
        send both in one batch; there the recipe comes between them, or nothing could ever be allowed in it.
        """
        if self.mode == OFF or self.unlocked or len(batch.units) < 2:  # noqa: PLR2004 - nothing comes behind a single one
            return []
        executes = [(at, _text(change)) for at, (letter, change) in enumerate(batch.expects) if letter in "EQ"]
        found: list[tuple[int, tuple[str, ...]]] = []
        for (at, text), (_, following) in pairwise(executes):
            if not found and at == executes[0][0] and status == "I" and self._arms_inside(batch, text):
                found.append((at + 1, self._arming()))
            elif text != following or not text:
                self._capped = True
                found.append((at + 1, (_READ_ONLY,)))
        return found

    def _arms_inside(self, batch: Batch, text: str) -> bool:
        sure = self.armable and self.version >= _REPORTED_FROM and self.default == self._ours
        known = classify(text) is Control.BEGIN and not surely_read_only([text])
        return sure and known and batch.end == "sync" and not batch.pipeline

    @property
    def _ours(self) -> str:
        return "on" if self.mode == OPTIONS else "off"

    def _arming(self) -> tuple[str, ...]:
        """The recipe in single statements, for a pipeline, in which nothing may be sent as a simple query."""
        self._count += 1
        return _READ_WRITE, f"SAVEPOINT {self.secret}_{self._count}", _READ_ONLY

    def armed(self, tags: list[str]) -> None:
        """The recipe inside of a batch succeeded, and the batch answered with these tags."""
        if self.open is not None and not any(tag.startswith((*_BEGINS, *_DISTURBS)) for tag in tags[1:]):
            self.open = Transaction(writable=True, savepoint=f"{self.secret}_{self._count}")

    def _autocommit(self, *, allowed: bool, block: bool) -> Frame:
        if self.unlocked:
            return Frame((UNLOCK,)) if self.default != "off" else NOTHING
        if allowed:
            return Frame((OPEN,), commit=True, keep=True) if block else Frame((UNLOCK,), relock=True)
        sure = self.default == "on" and self.version >= _REPORTED_FROM
        return NOTHING if sure else Frame((LOCK,))

    def _pinned(self, batch: Batch) -> Frame:
        if classify(batch.text) in (Control.BEGIN, Control.DISCARD):
            return NOTHING
        if len(batch.units) > 1 and self._arms_inside(batch, batch.units[0].text):
            return NOTHING
        return Frame((PIN,), commit=True)

    def _inside(self, batch: Batch, transaction: Transaction, *, writes: bool) -> Frame:
        kind = classify(batch.text)
        if transaction.fresh and kind is Control.MODES:
            return NOTHING
        arms = transaction.fresh and self._arms(transaction)
        settled = not transaction.fresh or arms or transaction.writable
        if writes:
            steps = self.opening()
            transaction.writable = transaction.writable or not settled  # what it runs may loosen it itself
            return Frame(steps, arms=arms)
        if not settled:
            return Frame((SETTLE,))
        if kind is Control.SAVEPOINTS and batch.ends_in_ready:
            return Frame(self.opening(), arms=arms)
        if transaction.savepoint or not (arms or transaction.writable):
            return NOTHING
        return Frame((self._locking(rewrite=arms and not transaction.writable),), arms=arms)

    def before_ours(self) -> Frame:
        """What to say before a query of the guard's own: in a fresh transaction it would take the client's only chance."""
        fresh = self.open is not None and self.open.fresh and not self.open.savepoint
        if self.open is None or not fresh or self.mode == OFF or self.unlocked or not self._arms(self.open):
            return NOTHING
        return Frame((self._locking(rewrite=not self.open.writable),), arms=True)

    def _arms(self, transaction: Transaction) -> bool:
        return self.armable and not surely_read_only(transaction.opening)

    def opening(self) -> tuple[Step, ...]:
        """What makes the open transaction read-write now."""
        transaction = self.open
        if transaction is None or self.mode == OFF:
            return ()
        if transaction.savepoint:
            return (Step(f"RELEASE {transaction.savepoint}", savepoint=""),)
        if transaction.fresh and not transaction.writable and self._arms(transaction):
            return (REWRITE,)
        return ()

    def _locking(self, *, rewrite: bool) -> Step:
        self._count += 1
        name = f"{self.secret}_{self._count}"
        sql = f"SAVEPOINT {name}; {_READ_ONLY}"
        return Step(f"{_READ_WRITE}; {sql}" if rewrite else sql, savepoint=name, writable=rewrite or None)

    def said(self, step: Step) -> None:
        """The server has taken it."""
        if step.default is not None:
            self.default = step.default
        if self.open is not None:
            if step.savepoint is not None:
                self.open.savepoint = step.savepoint
            if step.writable is not None:
                self.open.writable = step.writable

    def unarmed(self) -> tuple[Step, ...]:
        """The server won't make the fresh transaction writable (a standby): it is begun again as the client did, and locked.

        ROLLBACK AND CHAIN would not do: an aborted transaction has forgotten its characteristics.
        """
        self.armable = False
        again = (self.open.opening if self.open else None) or ["BEGIN"]
        steps = [Step("ROLLBACK", savepoint="", writable=True), *(Step(text) for text in again)]
        return (*steps, self._locking(rewrite=False))

    def ended(self, batch: Batch, tags: list[str], status: str) -> None:
        """A whole of the client has been answered; its status is `status` now ("" without ReadyForQuery)."""
        if status == "I":
            self.open, self._capped = None, False
        elif self.open is None:
            if status:
                self._begun(batch, tags)
        elif self._is_another(batch, tags):
            if status:
                self._begun(batch, tags)
            else:  # inside a pipeline nothing tells whether one is open now
                self.open = Transaction(writable=True)
        elif self.open.fresh and classify(batch.text) is Control.MODES:
            self.open.opening.append(batch.text)
            loosens = "WRITE" in batch.text.upper()
            self.open.writable = (self.open.writable or loosens) and not surely_read_only(self.open.opening)
        elif batch.looks:
            self.open.fresh = False
            if status == "E" or any(tag.startswith(_DISTURBS) for tag in tags):
                self.open.savepoint = ""
        if self.open is not None and self._capped and not self.open.savepoint:
            self.open.closed = True

    def _is_another(self, batch: Batch, tags: list[str]) -> bool:
        """By its tags the open transaction may be another one: a chained one, or one begun behind an end."""
        if len(tags) > 1:
            return any(tag.startswith(_BEGINS) for tag in tags)
        return tags == ["COMMIT"] or (tags == ["ROLLBACK"] and classify(batch.text) is not Control.SAVEPOINTS)

    def _begun(self, batch: Batch, tags: list[str]) -> None:
        """A transaction has begun. What is not surely known of it counts as writable: then it gets its lock."""
        kind = classify(batch.text)
        if kind is Control.BEGIN and len(tags) == 1:
            plain = "WRITE" not in batch.text.upper() and self.mode == OPTIONS and self.default == "on"
            writable = not plain and not surely_read_only([batch.text])
            self.open = Transaction(writable, fresh=True, opening=[batch.text])
        elif tags == ["COMMIT"]:
            self.open = Transaction(writable=False, fresh=True)
        else:
            plain = self._plain and "WRITE" not in batch.text.upper() and self.default == self._ours
            self.open = Transaction(writable=True, closed=plain and (self.mode == OPTIONS or kind is Control.OTHER))
