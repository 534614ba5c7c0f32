"""Reading the rows that are about to go, inside the transaction in which they go.

Everything hangs on one savepoint: a fault takes back what was asked, and nothing of the client's. Values
are read as any session of any language would read them again (dates, intervals, floats, bytes). What must
not live here: which rows (kit), files.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Answer, Link
from safeshell.previews.postgres.values import Bound, ask_bound, literal

_SAVEPOINT = "safeshell_kit"
_CURSOR = "safeshell_kit_rows"
_PORTABLE = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
"""Settings under which text says the value exactly; pg_dump sets the like."""
_FIRST_FETCH = 10
_FETCH_BYTES = 2 << 20
"""About how many bytes of rows one answer may bring."""
_FETCH_MOST = 5_000
_SPECIAL = re.compile("[\b\f\n\r\v]").search
_ESCAPES = {ord(char): f"\\{letter}" for char, letter in zip("\\\b\f\n\r\t\v", "\\bfnrtv", strict=True)}


class TooLargeError(Exception):
    """The rows are more than an undo kit may hold."""


class Keeper(Desk):
    """A desk whose questions may lock rows and leave no timeout behind."""

    def __init__(self, link: Link, until: float) -> None:
        super().__init__(link, max(until - time.monotonic(), 0.0))
        self._changed: dict[str, str] = {}

    def open(self) -> None:
        """Set the savepoint, and the settings under which values are read."""
        self._must(f"SAVEPOINT {_SAVEPOINT}")
        try:
            names = ", ".join(f"pg_catalog.current_setting({literal(name)})" for name in _PORTABLE)
            now = self._must(f"SELECT {names}").rows[0]
            for (name, wanted), is_set in zip(_PORTABLE.items(), now, strict=True):
                if is_set != wanted and not (name == "extra_float_digits" and int(is_set or 0) > 0):
                    self._first.append(f"SET LOCAL {name} = {literal(wanted)}")
                    self._changed[name] = is_set or ""
        except Refused:
            self.abandon()
            raise

    def close(self) -> None:
        """Put the settings back; what was locked stays locked."""
        self._first += [f"SET LOCAL {name} = {literal(before)}" for name, before in self._changed.items()]
        self._must(f"RELEASE SAVEPOINT {_SAVEPOINT}")

    def abandon(self) -> None:
        """Undo everything."""
        self._first.clear()
        self._must(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}; RELEASE SAVEPOINT {_SAVEPOINT}")

    def ask(
        self,
        sql: str,
        *,
        within: float = 1.0,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
    ) -> Answer:
        """One question, until the kit's deadline; it may wait for locks, as the statement itself would."""
        del within
        if not parameters:
            return self._simple(sql, self.left())
        self._flush()
        return self._send(sql, parameters, formats, types, self.left())

    def rows(self, select: str, bound: Bound, lock: str) -> Iterator[Answer]:
        """The rows of a SELECT, some at a time; locked by `lock` (FOR UPDATE OF ...) where that is legal."""
        self._declare(select, bound, lock)
        step = _FIRST_FETCH
        while True:
            answer = self.ask(f"FETCH FORWARD {step} FROM {_CURSOR}")
            yield answer
            if len(answer.rows) < step:
                break
            weight = sum(len(value or "") for row in answer.rows for value in row)
            step = max(min(int(_FETCH_BYTES / max(weight / step, 1.0)), _FETCH_MOST), 1)
        self._must(f"CLOSE {_CURSOR}")

    def _declare(self, select: str, bound: Bound, lock: str) -> None:
        """A cursor; without the lock where the statement's shape or the user's rights forbid it."""
        opening = f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {select}"
        if lock:
            try:
                with self.retried():
                    ask_bound(self, f"{opening} {lock}", bound)
            except Refused as fault:
                if fault.timed_out:
                    raise
            else:
                return
        ask_bound(self, opening, bound)


def copied(row: Sequence[str | None]) -> bytes:
    """One row as COPY's text format has it."""
    plain = "\t".join(["\\N" if value is None else value for value in row])
    if plain.count("\t") == len(row) - 1 and plain.count("\\") == row.count(None) and not _SPECIAL(plain):
        return (plain + "\n").encode("utf-8", "surrogateescape")
    cells = ("\\N" if value is None else value.translate(_ESCAPES) for value in row)
    return ("\t".join(cells) + "\n").encode("utf-8", "surrogateescape")


def as_csv(data: bytes) -> bytes:
    """COPY's text format as CSV for a spreadsheet: NULL is nothing, an empty text is `""`."""
    return b"".join(_csv_row(line) for line in data.split(b"\n")[:-1])


def _csv_row(line: bytes) -> bytes:
    return b",".join(_csv_cell(cell) for cell in line.split(b"\t")) + b"\r\n"


def csv_header(columns: Sequence[str]) -> bytes:
    """The names of the columns, as the first line."""
    return b",".join(_quoted(name.encode("utf-8", "surrogateescape")) for name in columns) + b"\r\n"


_UNESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _csv_cell(cell: bytes) -> bytes:
    if cell == b"\\N":
        return b""
    first, *rest = cell.split(b"\\")
    value, skip = first, False
    for part in rest:  # each part follows a backslash; an empty one stands between two of them
        if skip:
            value, skip = value + part, False
        elif part:
            value += _UNESCAPES.get(part[:1], part[:1]) + part[1:]
        else:
            value, skip = value + b"\\", True
    return _quoted(value)


def _quoted(value: bytes) -> bytes:
    if value and not any(mark in value for mark in (b",", b'"', b"\n", b"\r")):
        return value
    return b'"' + value.replace(b'"', b'""') + b'"'
