"""The server as previews see it, and what INFO says of it.

What must not live here: sockets, what one command would do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from safeshell.model.values import dataclass, field
from safeshell.previews.telling import count
from safeshell.protocols.resp.values import ReplyError, Value

_BETWEEN = 0.4
"""Seconds between two looks at the counters of reads."""
_FEW_READS = 20


class Server(Protocol):
    """A connection for looking, in the database of the command. Calls raise PreviewError when time is up."""

    def left(self) -> float:
        """Seconds until the deadline."""

    def call(self, *words: bytes) -> Value:
        """One command; an error of the server is an answer."""

    def many(self, commands: Sequence[Sequence[bytes]]) -> list[Value]:
        """Commands in one go."""

    def select(self, database: int) -> None:
        """Look at another database from now on."""


@dataclass(frozen=True, slots=True)
class Keyspace:
    """One database: how many keys, how many of them with an expiry, their average time to live in seconds."""

    keys: int
    expires: int
    ttl: float


@dataclass(frozen=True, slots=True)
class Info:
    """INFO, taken apart: `fields` by name, `databases` by number."""

    fields: Mapping[str, str] = field(default_factory=dict)
    databases: Mapping[int, Keyspace] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """A number, 0 where it is not told."""
        text = self.fields.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else 0

    @property
    def others(self) -> int:
        """Clients beside the one that asks and this look."""
        return max(self.number("connected_clients") - 2, 0)

    @property
    def company(self) -> str:
        """Who else is connected, in words."""
        return f"{count(self.others, 'other client')} connected" if self.others else "nobody else is connected"

    @property
    def keys(self) -> int:
        """Keys of all databases."""
        return sum(space.keys for space in self.databases.values())


def info_of(value: Value) -> Info:
    """INFO's text, taken apart; empty for an error."""
    if not isinstance(value, bytes):
        return Info()
    fields: dict[str, str] = {}
    databases: dict[int, Keyspace] = {}
    for line in value.decode("utf-8", "replace").splitlines():
        name, colon, text = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        fields[name] = text
        if name.startswith("db") and name[2:].isdigit():
            databases[int(name[2:])] = _keyspace(text)
    return Info(fields, databases)


def _keyspace(text: str) -> Keyspace:
    parts = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    return Keyspace(_whole(parts.get("keys")), _whole(parts.get("expires")), _whole(parts.get("avg_ttl")) / 1000)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Reads a second now, and the share of them that found their key (0 to 1, None where too few were seen)."""

    reads: float
    hits: float | None


def traffic(before: Info, after: Info, seconds: float) -> Traffic:
    """What happened between two looks."""
    hits = after.number("keyspace_hits") - before.number("keyspace_hits")
    misses = after.number("keyspace_misses") - before.number("keyspace_misses")
    reads = hits + misses
    share = hits / reads if reads >= _FEW_READS else _since_start(after)
    return Traffic(max(reads, 0) / seconds if seconds > 0 else 0.0, share)


def _since_start(info: Info) -> float | None:
    hits, misses = info.number("keyspace_hits"), info.number("keyspace_misses")
    return hits / (hits + misses) if hits + misses >= _FEW_READS else None


def look_twice(server: Server) -> tuple[Info, Traffic]:
    """INFO now, and the traffic of a moment; one look where no time is left for two."""
    before, at = info_of(server.call(b"INFO")), time.monotonic()
    if not before.fields or server.left() < 2 * _BETWEEN:
        return before, Traffic(0.0, _since_start(before))
    time.sleep(_BETWEEN)
    after = info_of(server.call(b"INFO", b"stats"))
    return before, traffic(before, after, time.monotonic() - at)


def error_of(value: Value) -> str:
    """The server's error, "" for none."""
    return value.text if isinstance(value, ReplyError) else ""


def text_of(value: Value) -> str:
    """An answer as text for a line, "" for none."""
    if value is None or isinstance(value, ReplyError):
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def number_of(value: Value) -> int | None:
    """A whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
