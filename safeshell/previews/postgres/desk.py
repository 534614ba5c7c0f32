"""Asking questions on somebody else's connection without leaving a trace: read-only, bounded, undone.

Outside a transaction the questions get a READ ONLY one of their own, inside one a savepoint; each asks for
a deadline of its own, and a question that fails takes back only itself. What prepares a question and what
takes back the last one travels in the same message, so that a distant server is asked once. Law: whatever happens, `close`
leaves the connection as it was found. What must not live here: what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from safeshell.model.errors import PreviewError
from safeshell.previews.postgres.link import Answer, Link

TIMED_OUT = "57014"
"""SQLSTATE of a statement that ran into its timeout."""
LOCKED = "55P03"
"""SQLSTATE of a statement that waited too long for a lock."""

_NAME = "safeshell_preview"
_ASIDE = "safeshell_question"
_LOCK_WAIT = 300
"""Milliseconds that a question waits for a lock of somebody else's."""
_CLOSING = 5.0
"""Seconds that the way back may take: it waits for nothing but the server's breath."""
_LEAST = 0.02
_SLACK = 0.15
"""Seconds that the server gets to end a question by itself before nobody waits for it any more."""


class Refused(PreviewError):  # noqa: N818 - what happened is that the server refused
    """The server did not answer a question. `timed_out` says that its time was over."""

    def __init__(self, message: str, sqlstate: str = "") -> None:
        self.sqlstate = sqlstate
        self.timed_out = sqlstate == TIMED_OUT
        super().__init__(message)


class Desk:
    """Asks on a link between `open` and `close`; nothing is asked any more after the deadline.

    `inside` says that the client has a transaction open; `lock_timeout` is the client's own (`0` for none).
    """

    def __init__(self, link: Link, deadline: float) -> None:
        self.link = link
        self._until = time.monotonic() + deadline
        self.inside = link.state == "T"
        self.lock_timeout = ""
        self._first: list[str] = []
        """What has to be sent before the next question."""

    @property
    def version(self) -> int:
        """The server's version number, 0 where it is not known: 150004."""
        told = self.link.server.get("server_version_num", "")
        return int(told) if told.isdigit() else 0

    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(self._until - time.monotonic(), 0.0)

    def open(self) -> None:
        """Begin. Raises Refused where the connection cannot be asked."""
        if self.link.state not in ("I", "T"):
            raise Refused("the transaction has failed already, so nothing can be asked in it")
        if self.link.pipeline:
            raise Refused("inside a pipeline nothing can be asked without ending it")
        self._must(f"SAVEPOINT {_NAME}" if self.inside else "BEGIN READ ONLY")
        try:
            if self.inside:
                self._first.append("SET LOCAL transaction_read_only = on")
            self.lock_timeout = self._must("SHOW lock_timeout").rows[0][0] or ""
        except Refused:
            self.close()
            raise
        self._first.append(f"SET LOCAL lock_timeout = {_LOCK_WAIT}")

    def close(self) -> None:
        """Undo. Raises Refused when the connection did not come back: then it must not be used any more."""
        self._first.clear()
        if self.inside:
            self._must(f"ROLLBACK TO SAVEPOINT {_NAME}; RELEASE SAVEPOINT {_NAME}")
        else:
            self._must("ROLLBACK")

    def ask(
        self,
        sql: str,
        *,
        within: float = 1.0,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
    ) -> Answer:
        """The answer to one question, within a share (0 to 1) of what is left. Raises Refused; undoes nothing."""
        seconds = self.left() * within
        if seconds < _LEAST:
            raise Refused("there was no time left", TIMED_OUT)
        self._first.append(f"SET LOCAL statement_timeout = {max(int(seconds * 1000), 1)}")
        if not parameters:
            return self._simple(sql, seconds + _SLACK)
        self._flush()
        return self._send(sql, parameters, formats, types, seconds + _SLACK)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Questions of which one may fail: whatever they left behind is undone, and the rest goes on."""
        self._first.append(f"SAVEPOINT {_ASIDE}")
        try:
            yield
        finally:
            self._first += _back()

    @contextmanager
    def retried(self) -> Iterator[None]:
        """A question that stays when it goes well (a cursor), and is undone when it fails."""
        self._first.append(f"SAVEPOINT {_ASIDE}")
        try:
            yield
        except Refused:
            self._first += _back()
            raise
        self._first.append(f"RELEASE SAVEPOINT {_ASIDE}")

    def table(self, sql: str, *, within: float = 1.0) -> list[Sequence[str | None]]:
        """The rows of a query on the catalogue. Raises Refused, and nothing else is lost by it."""
        with self.aside():
            return list(self.ask(sql, within=within).rows)

    def _must(self, sql: str) -> Answer:
        return self._simple(sql, _CLOSING)

    def _simple(self, sql: str, seconds: float) -> Answer:
        """One message: what has to come first, then the question, whose answer comes back."""
        text = "; ".join([*self._first, sql])
        self._first.clear()
        return self._send(text, (), (), (), seconds)

    def _flush(self) -> None:
        """Send what has to come first by itself: a question with parameters is a message of its own."""
        if self._first:
            self._must(self._first.pop())

    def _send(
        self,
        sql: str,
        parameters: Sequence[bytes | None],
        formats: Sequence[int],
        types: Sequence[int],
        seconds: float,
    ) -> Answer:
        until = time.monotonic() + seconds
        try:
            return self.link.query(sql, parameters=parameters, formats=formats, types=types, deadline=until)
        except Refused:
            raise
        except PreviewError as fault:
            late = TIMED_OUT if getattr(fault, "late", False) else ""
            raise Refused(str(fault), late or getattr(fault, "code", "")) from fault
        except OSError as fault:
            raise Refused(str(fault) or "the connection broke") from fault


def _back() -> list[str]:
    return [f"ROLLBACK TO SAVEPOINT {_ASIDE}", f"RELEASE SAVEPOINT {_ASIDE}"]
