"""The ports of judging on a wire: what a database's session hands to the guard, and what it gets back.

The composition root (cli.wirecourt) implements `Judge`; a database's adapter uses it. Methods of a
judge may be called from the loop's thread and from workers at the same time. What must not live here:
any I/O, any database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from safeshell.gateways.links import Held, Link
from safeshell.gateways.travel import Doors
from safeshell.guard.requests import Road
from safeshell.model.audit import EventKind
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Conclusion
from safeshell.model.places import Environment, Place
from safeshell.model.statements import Context
from safeshell.model.tiers import Mode
from safeshell.model.values import dataclass, field


class Withdrawal:
    """Taken back by whoever asked: a cancel, a client that is gone. Whatever waits for an answer stops.

    `why` is a phrase for the refusal, "" as long as nothing was withdrawn.
    """

    def __init__(self) -> None:
        self.why = ""
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []

    def withdraw(self, why: str) -> None:
        """Stop everything that waits; the first reason counts."""
        with self._lock:
            self.why = self.why or why
            stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    def attach(self, stop: Callable[[], None]) -> None:
        """Have `stop` called when it is withdrawn; at once if it was already."""
        with self._lock:
            if not self.why:
                self._stops.append(stop)
                return
        stop()


@dataclass(frozen=True, slots=True)
class Case:
    """One held whole, ready to be judged.

    `bound` is the text that a request is bound to: the statement's, with what distinguishes its
    parameters. `server` is what the reader may know of the server, `gather` answers those questions
    that only the server can.
    """

    id: str
    session: str
    text: str
    bound: str
    context: Context
    environment: Environment
    units: Sequence[Held]
    link: Link
    server: Mapping[str, str] = field(default_factory=dict)
    gather: Callable[[tuple[Question, ...]], Facts] = lambda _questions: {}
    withdrawal: Withdrawal = field(default_factory=Withdrawal)


@dataclass(slots=True)
class Cell:
    """A text that reads and nothing else: its verb, and how often it passed since the last summary."""

    verb: str
    count: int = 0


class Judge(Protocol):
    """The guard of every connection of one proxy.

    `epoch` changes whenever a mode may have changed by hand: unlock, lock.
    """

    epoch: int

    def environment(self, place: Place, marker: str) -> Environment:
        """Where a connection leads; `marker` is the tier word found inside, "" for none. May take a moment."""

    def mode(self, environment: Environment) -> Mode:
        """Its mode now."""

    def writable_until(self, environment: Environment) -> float:
        """When an unlock ends (seconds since the epoch); 0 where none counts."""

    def known(self, key: str) -> dict[str, Cell]:
        """The texts that are known to be harmless under `key` (server settings that change what texts mean)."""

    def clears(self, key: str, text: str, server: Mapping[str, str]) -> bool:
        """True for a text that reads and nothing else, told by the text alone: the road's shortest end.

        It is counted, and remembered under `key`.
        """

    def road(self, case: Case) -> Road[Conclusion]:
        """The road of one case."""

    def doors(self, case: Case) -> Doors:
        """Its doors. They block: workers only, except for `record` of an event that is not durable."""

    def keep(self, key: str, case: Case, end: Conclusion, *, asked: bool) -> None:
        """Remember a text that only read, so that it is not judged again; `asked`: it took answers to know."""

    def settle(self, case: Case, end: Conclusion, /) -> Conclusion:
        """Right before the release: spend a request, grant an unlock, say a notice. May turn into a refusal."""

    def outcome(self, case: Case, detail: Mapping[str, Any]) -> None:
        """What came of a released case whose intent was recorded."""

    def note(self, kind: EventKind, detail: Mapping[str, Any]) -> None:
        """Something for the record."""

    def tell(self, text: str) -> None:
        """One line for the person, on standard error."""

    def verification(self, case: Case, end: Conclusion) -> Verification | None:
        """How the release of this case is verified; None where it is simply released."""

    def patience(self, case: Case, end: Conclusion) -> Patience | None:
        """How often this case is tried while its locks are not free; None where it is simply released."""


class Patience(Protocol):
    """How a definition is tried until its locks are free. Called in a worker; `wait` is in seconds."""

    wait: float
    tries: int

    def pause(self, tried: int) -> float | None:
        """Seconds until the next attempt, after so many; None when there is none any more."""

    def in_the_way(self, link: Link) -> str:
        """Whom it would wait for now, in words; "" for nobody, or where that cannot be seen. Never raises."""


class Verification(Protocol):
    """What accompanies the run of a confirmed row statement: the undo kit, and the number that was confirmed.

    Called in a worker, inside the transaction in which the statement will run.
    """

    @property
    def confirmed(self) -> int | None:
        """Rows that were confirmed; None where nothing was counted."""

    def prepare(self, link: Link, deadline: float) -> None:
        """Take the undo kit over the link. Raises PreviewError when it could not be taken although it should."""

    def exceeds(self, affected: int) -> bool:
        """True when more was hit than the person agreed to."""

    def keep(self, affected: int) -> str:
        """It ran and was committed: keep the kit; a notice for the person, "" for none."""

    def drop(self) -> None:
        """It did not run: throw the kit away."""
