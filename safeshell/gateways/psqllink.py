"""A link of its own to a server, carried by the person's psql: for looking before anything is sent.

psql knows every way to connect and every password; the session is read-only from its first moment. What
must not live here: what is asked (previews).
"""

from __future__ import annotations

import csv
import os
import secrets
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from safeshell.gateways.links import LinkError, Rows

_NULL = "\x01NULL\x01"
_CONNECT = 20.0
"""Seconds until the first answer: a connection may be slow."""
_TIMED_OUT = "57014"
_CHUNK = 1 << 16
_TOLD = ("server_version_num", "TimeZone", "DateStyle", "standard_conforming_strings", "client_encoding")
_ANSWERED = ":ERROR :LAST_ERROR_SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE"


class PsqlLink:
    """A connection of psql's to `dsn`. Raises LinkError when there is none to be had."""

    pipeline = False

    def __init__(self, dsn: str, environ: Mapping[str, str]) -> None:
        options = f"{environ.get('PGOPTIONS', '')} -c default_transaction_read_only=on".strip()
        argv = ["psql", "-X", "-q", "-w", "--csv", "-P", f"null={_NULL}", "-v", "ON_ERROR_STOP=0", "-d", dsn, "-f", "-"]
        try:
            self._psql = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environ, "PGOPTIONS": options, "PGAPPNAME": "safeshell check", "PGCLIENTENCODING": "UTF8"},
                start_new_session=True,
            )
        except OSError as fault:
            raise LinkError(f"psql can't be started: {fault.strerror}", broken=True) from fault
        self._rest = b""
        try:
            self.server: Mapping[str, str] = self._parameters()
        except BaseException:
            self.close()
            raise

    @property
    def state(self) -> str:
        """Nobody but the preview uses this connection, so no transaction is open when it begins."""
        return "I"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End psql, and the connection with it."""
        for stream in (self._psql.stdin, self._psql.stdout, self._psql.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._psql.terminate()
        self._psql.wait()

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
        deadline: float,
    ) -> Rows:
        """One question and its answer, until `deadline` (time.monotonic()). There are no parameters here."""
        del formats, types
        if parameters:
            raise LinkError("the values of parameters are not known before it runs")
        mark = f"\x02{secrets.token_hex(8)}"
        self._send(f"{sql}\n;\n\\echo {mark} {_ANSWERED}\n")
        text, told = self._until(mark, deadline)
        if told is None:  # psql cannot be told to give up and go on
            raise LinkError("the server did not answer in time", late=True, broken=True)
        return _answer(text, told)

    def _parameters(self) -> dict[str, str]:
        asked = ", ".join(f"pg_catalog.current_setting('{name}') AS \"{name}\"" for name in _TOLD)
        found = self.query(f"SELECT {asked}", deadline=time.monotonic() + _CONNECT)
        return dict(zip(found.columns, (value or "" for value in found.rows[0]), strict=True))

    def _send(self, text: str) -> None:
        stream = self._psql.stdin
        try:
            if stream is not None:
                stream.write(text.encode("utf-8", "surrogateescape"))
                stream.flush()
        except OSError as fault:
            raise LinkError(self._last_words(), broken=True) from fault

    def _until(self, mark: str, deadline: float) -> tuple[str, str | None]:
        """What psql printed up to the mark, and what follows it on its line; None when that did not come in time."""
        stream, wanted = self._psql.stdout, mark.encode()
        while stream is not None:
            at = self._rest.find(wanted)
            end = self._rest.find(b"\n", at) if at >= 0 else -1
            if end >= 0:
                text, told = self._rest[:at], self._rest[at + len(wanted) : end]
                self._rest = self._rest[end + 1 :]
                return text.decode("utf-8", "surrogateescape"), told.decode("utf-8", "replace").strip()
            if not select.select([stream], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                return "", None
            data = os.read(stream.fileno(), _CHUNK)
            if not data:
                raise LinkError(self._last_words(), broken=True)
            self._rest += data
        return "", None

    def _last_words(self) -> str:
        """Why psql ended, in its own words."""
        stream = self._psql.stderr
        told = stream.read().decode("utf-8", "replace").strip() if stream is not None else ""
        return told.removeprefix("psql: ").removeprefix("error: ").replace("\n", "; ") or "psql ended"


def _answer(text: str, told: str) -> Rows:
    """Rows out of psql's CSV; `told` is what it says of the question."""
    failed, code, many, message = [*told.split(" ", 3), "", "", ""][:4]
    if failed == "true":
        raise LinkError(message or "the server refused it", code=code, late=code == _TIMED_OUT)
    lines = list(csv.reader(text.splitlines(keepends=True)))
    columns = tuple(lines[0]) if lines else ()
    rows = tuple(tuple(None if cell == _NULL else cell for cell in line) for line in lines[1:])
    return Rows(columns, rows, f"SELECT {many}" if many else "")
