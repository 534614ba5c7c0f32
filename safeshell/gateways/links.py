"""The guard's own questions on a held connection: what previews and facts get to look with.

A `Link` belongs to one held unit and is used in its worker thread. Its queries run on the client's own
connection, so they see its uncommitted rows, temporary tables, search_path and role. What must not live
here: what is asked (previews), sockets, SQL dialects.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from safeshell.model.errors import PreviewError
from safeshell.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """What the server answered. Values are text as the server prints it, None for NULL.

    `copied` holds the data of a COPY TO STDOUT. `tag` is the command tag (`SELECT 3`).
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    tag: str = ""
    copied: bytes = b""


class LinkError(PreviewError):
    """The server refused a question, or did not answer in time.

    `code` is the SQLSTATE (or the like), "" where there is none. `late` says that the deadline was the
    reason. `broken`: the connection cannot be used any more.
    """

    def __init__(self, problem: str, *, code: str = "", late: bool = False, broken: bool = False) -> None:
        self.code = code
        self.late = late
        self.broken = broken
        super().__init__(problem)


class Held(Protocol):
    """One statement's share of what is held: its text and the parameters it came with."""

    @property
    def text(self) -> str:
        """The statement, or the message of statements."""

    @property
    def parameters(self) -> tuple[bytes | None, ...]:
        """The values as they came, None is NULL."""

    @property
    def formats(self) -> tuple[int, ...]:
        """0 text, 1 binary; one for all, one for each, or none."""

    @property
    def types(self) -> tuple[int, ...]:
        """Type oids, 0 where nobody said."""


class Link(Protocol):
    """The door of previews and facts to one held connection. Blocking; worker threads only."""

    @property
    def units(self) -> Sequence[Held]:
        """The statements of the held message, in order."""

    @property
    def server(self) -> Mapping[str, str]:
        """The parameters that the server reported (server_version_num among them)."""

    @property
    def state(self) -> str:
        """I (idle), T (in the client's transaction) or E (that failed: nothing can be asked)."""

    @property
    def pipeline(self) -> bool:
        """True inside a pipeline: there a question that fails kills the batch."""

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
        deadline: float,
    ) -> Rows:
        """Run one query and wait for its answer until `deadline` (time.monotonic()).

        At the deadline the query is cancelled at the server and LinkError(late=True) is raised.
        With `parameters` it goes by the extended protocol and takes one statement; without, by the
        simple one, where several statements give the answer of the last.
        """

    def looking(self, deadline: float) -> AbstractContextManager[None]:
        """Questions inside are read-only and leave the client's transaction as it was."""


class WireLink:
    """A Link over a machine: `submit` starts a question in the loop's thread, `wait` gets its answer.

    The collaborators are what `postgresheld.Held` passes in; see there.
    """

    def __init__(self, ports: LinkPorts, units: Sequence[Held], server: Mapping[str, str]) -> None:
        self._ports = ports
        self.units = units
        self.server = server

    @property
    def state(self) -> str:
        """I, T or E."""
        return self._ports.state()

    @property
    def pipeline(self) -> bool:
        """True inside a pipeline."""
        return self._ports.pipeline()

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
        deadline: float,
    ) -> Rows:
        """One question and its answer."""
        if time.monotonic() >= deadline:
            raise LinkError("there was no time left to look", late=True)
        return self._ports.ask(sql, tuple(parameters), tuple(formats), tuple(types), deadline)

    @contextmanager
    def looking(self, deadline: float) -> Iterator[None]:
        """Bracket questions so that they only read and leave the client's transaction as it was."""
        opening, closing = self._ports.brackets()
        if opening:
            self.query(opening, deadline=deadline)
        try:
            yield
        finally:
            for text in closing:
                self._ports.ask(text, (), (), (), time.monotonic() + _CLOSING)


_CLOSING = 5.0
"""Seconds for putting a transaction back, whatever the preview's own deadline was."""

Ask = Callable[[str, tuple[bytes | None, ...], tuple[int, ...], tuple[int, ...], float], Rows]


@dataclass(frozen=True, slots=True)
class LinkPorts:
    """What a held unit lends to its link.

    `ask` runs one question until a deadline; `brackets` gives the text that begins a look and those
    that end it, by the state of the connection; each text is its own message.
    """

    ask: Ask
    state: Callable[[], str]
    pipeline: Callable[[], bool]
    brackets: Callable[[], tuple[str, tuple[str, ...]]]
