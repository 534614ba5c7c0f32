"""Terminal recordings in asciicast v2 and v3: headers and events as text, and back. Pure.

A v3 file has one header line, then `[seconds since the event before, code, data]`; v2 has `width` and
`height` in the header and absolute times. Codes: o output, i input, r resize ("80x24"), m marker,
x exit status (v3 only). Source: the format pages of asciinema. What must not live here: files, clocks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from safeshell.model.errors import RecordError
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

V2, V3 = 2, 3
CODES = "oirmx"
_MILLION = 1_000_000
_LONGEST = 10**9  # seconds; a later time in a file is damage


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording says of itself. `timestamp` is seconds since the epoch, 0 when not known."""

    version: int = V3
    cols: int = 80
    rows: int = 24
    timestamp: int = 0
    term: str = ""
    command: str = ""
    title: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at` is seconds since the beginning of the recording."""

    at: float
    code: str
    data: str


def header_line(header: Header) -> str:
    """The first line of a file, newline included."""
    found: dict[str, Any] = {"version": header.version}
    if header.version == V3:
        found["term"] = {"cols": header.cols, "rows": header.rows} | ({"type": header.term} if header.term else {})
        env = dict(header.env)
    else:
        found |= {"width": header.cols, "height": header.rows}
        env = dict(header.env) | ({"TERM": header.term} if header.term else {})
    more = {"timestamp": header.timestamp, "command": header.command, "title": header.title, "env": env}
    return json.dumps(found | {name: value for name, value in more.items() if value}) + "\n"


class Writer:
    """Spells events as lines of one version; keeps the time so that rounded intervals do not drift."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._last = 0

    def line(self, event: Event) -> str:
        """The line of an event, newline included; "" for one that the version does not know."""
        if self._version == V2 and event.code == "x":
            return ""
        now = max(round(event.at * _MILLION), self._last)
        shown = now - self._last if self._version == V3 else now
        self._last = now
        return json.dumps([shown / _MILLION, event.code, event.data]) + "\n"


class Reader:
    """Reads a recording, v2 or v3. Damaged lines are passed over and counted in `damaged`."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Reads the header.

        Raises:
            RecordError: there is no header of version 2 or 3.
        """
        self._lines = iter(lines)
        self.header = _header(next(self._lines, ""))
        self.damaged = 0

    def events(self) -> Iterator[Event]:
        """The events in order; times never go back."""
        now = 0.0
        for line in self._lines:
            if not line.strip() or line.startswith("#"):
                continue
            event = _event(line)
            if event is None:
                self.damaged += 1
                continue
            now = now + event.at if self.header.version == V3 else max(now, event.at)
            yield Event(now, event.code, event.data)


def convert(reader: Reader, version: int) -> Iterator[str]:
    """The lines of the same recording in another version."""
    old, writer = reader.header, Writer(version)
    yield header_line(Header(version, old.cols, old.rows, old.timestamp, old.term, old.command, old.title, old.env))
    for event in reader.events():
        if line := writer.line(event):
            yield line


def _header(line: str) -> Header:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    version = found.get("version") if isinstance(found, dict) else None
    if not isinstance(found, dict) or version not in (V2, V3):
        raise RecordError("this is no recording: its first line is not the header of an asciicast version 2 or 3")
    env = {name: text for name, text in _mapping(found, "env").items() if isinstance(text, str)}
    term = _mapping(found, "term")
    if version == V2:
        term = {"cols": found.get("width"), "rows": found.get("height"), "type": env.get("TERM")}
    return Header(
        version,
        _number(term.get("cols"), 80),
        _number(term.get("rows"), 24),
        _number(found.get("timestamp"), 0),
        _text(term.get("type")),
        _text(found.get("command")),
        _text(found.get("title")),
        env,
    )


def _event(line: str) -> Event | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != 3:  # noqa: PLR2004 - time, code, data
        return None
    at, code, data = found
    timed = type(at) in (int, float) and 0 <= at <= _LONGEST
    if not timed or not isinstance(code, str) or code not in tuple(CODES) or not isinstance(data, (str, int)):
        return None
    return Event(float(at), code, str(data))


def _mapping(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _number(value: object, otherwise: int) -> int:
    return int(value) if type(value) in (int, float) and 0 <= value <= _LONGEST else otherwise  # type: ignore[operator, call-overload]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
