"""The ports of judging on a Redis wire: what a session hands to the guard, and what it gets back.

The composition root (cli.rediscourt) implements `RedisCourt`. Its methods are called from the loop's thread and from
workers. What must not live here: any I/O, bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from safeshell.guard.requests import AskOperator, Road
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import Effect
from safeshell.model.judgement import Conclusion, Confirmation, Preview
from safeshell.model.places import Environment
from safeshell.model.values import dataclass, field
from safeshell.protocols.resp.values import Value


class Withdrawn:
    """Whoever asked is gone: what waits for an answer stops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self.gone = False

    def withdraw(self) -> None:
        """Stop everything that waits."""
        with self._lock:
            self.gone = True
            stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    def attach(self, stop: Callable[[], None]) -> None:
        """Have `stop` called then; at once if it has happened."""
        with self._lock:
            if not self.gone:
                self._stops.append(stop)
                return
        stop()


@dataclass(frozen=True, slots=True)
class RedisCase:
    """One held command. `name` is `GET` or `CONFIG|SET`; `number` is unique in the connection."""

    number: str
    text: str
    name: str
    words: tuple[bytes, ...]
    database: int
    user: str
    in_multi: bool
    environment: Environment
    withdrawn: Withdrawn = field(default_factory=Withdrawn)


class Looking(Protocol):
    """The server as kits see it, in the database of the command and with a deadline of its own."""

    database: int

    def left(self) -> float:
        """Seconds until the deadline."""

    def call(self, *words: bytes) -> Value:
        """One command and its answer. Raises PreviewError."""

    def select(self, database: int) -> None:
        """Look at another database until the next deadline is set."""

    def many(self, commands: list[tuple[bytes, ...]]) -> list[Value]:
        """Commands in one go."""

    def extend(self, seconds: float) -> None:
        """A new deadline from now."""


class RedisCourt(Protocol):
    """The guard of every connection to one server.

    `deadline` is how long a preview may take, `undo_bytes` how much a kit may hold. `loop_writes` single writes at
    `loop_rate` a second pause a loop.
    """

    deadline: float
    undo_bytes: int
    loop_writes: int
    loop_rate: float
    commands: dict[str, str | None]

    def environment(self, database: int) -> Environment:
        """One database of the server."""

    def road(self, case: RedisCase) -> Road[Conclusion]:
        """The road of one case."""

    def ask(self, case: RedisCase, question: AskOperator) -> Confirmation:
        """Put the question; blocks."""

    def ask_loop(self, case: RedisCase, preview: Preview) -> bool:
        """May this loop go on? Blocks."""

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""

    def settle(self, case: RedisCase, end: Conclusion) -> Conclusion:
        """Right before the release, in a worker: spend a request, grant an unlock."""

    def prepare(self, case: RedisCase, end: Conclusion, server: Looking) -> str:
        """The undo kit of a confirmed command, or the save that was offered. Why it may not run then, "" for go on."""

    def released(self, case: RedisCase, end: Conclusion) -> None:
        """It ran, or is on its way where nobody tells: watch what comes of it."""

    def outcome(self, case: RedisCase, error: str, answer: str) -> None:
        """What the server answered to a command that was asked about; an error means that it did not run."""

    def passes(self, effect: Effect, environment: Environment) -> bool:
        """True where this effect asks for nothing right now."""

    def note(self, kind: EventKind, detail: Mapping[str, Any]) -> None:
        """Something for the record."""

    def tell(self, text: str) -> None:
        """One line for the person."""
