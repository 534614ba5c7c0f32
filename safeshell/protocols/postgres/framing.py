"""Frontend messages as bytes, and back: lengths, strings, arrays. Nothing else lives here; it must not know a session.

A message is one byte of kind and an Int32 length that counts itself (protocol 3, "Message Formats").
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from struct import Struct

from safeshell.model.errors import ProtocolError

HEAD = 5
length_at = Struct("!I").unpack_from
_int16 = Struct("!h")
_count = Struct("!H")
_oid = Struct("!I")
_size = Struct("!i")
_NULL = -1


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message of either side."""
    return kind + (len(body) + 4).to_bytes(4, "big") + body


SYNC = message(b"S")
FLUSH = message(b"H")
TERMINATE = message(b"X")


def query(sql: bytes) -> bytes:
    """A simple Query."""
    return message(b"Q", sql + b"\0")


def parse(name: bytes, sql: bytes, types: Sequence[int] = ()) -> bytes:
    """Parse; type 0 lets the server find out."""
    oids = b"".join(_oid.pack(one) for one in types)
    return message(b"P", name + b"\0" + sql + b"\0" + _count.pack(len(types)) + oids)


def bind(portal: bytes, statement: bytes, formats: Sequence[int], values: Sequence[bytes | None]) -> bytes:
    """Bind; all results come as text."""
    parts = [portal, b"\0", statement, b"\0", _count.pack(len(formats)), *(_int16.pack(one) for one in formats)]
    parts.append(_count.pack(len(values)))
    for value in values:
        parts += [_size.pack(_NULL)] if value is None else [_size.pack(len(value)), value]
    return message(b"B", b"".join((*parts, _count.pack(0))))


def describe(what: bytes, name: bytes) -> bytes:
    """Describe a statement (`S`) or portal (`P`)."""
    return message(b"D", what + name + b"\0")


def execute(portal: bytes) -> bytes:
    """Execute without a limit of rows."""
    return message(b"E", portal + b"\0" + _oid.pack(0))


def close(what: bytes, name: bytes) -> bytes:
    """Close a statement (`S`) or portal (`P`)."""
    return message(b"C", what + name + b"\0")


def _wrong(kind: str) -> ProtocolError:
    return ProtocolError(f"a {kind} message has not the form that its kind promises", fault="client")


def read_string(body: bytes, at: int, kind: str) -> tuple[bytes, int]:
    """A NUL-ended string and where the next field begins."""
    end = body.find(0, at)
    if end < 0:
        raise _wrong(kind)
    return body[at:end], end + 1


def read_query(body: bytes) -> bytes:
    """The text of a Query; it ends with its only NUL, or the server would see less than we do."""
    text, end = read_string(body, 0, "Query")
    if end != len(body):
        raise _wrong("Query")
    return text


def read_parse(body: bytes) -> tuple[bytes, bytes, tuple[int, ...]]:
    """Name, text and parameter types of a Parse."""
    name, at = read_string(body, 0, "Parse")
    sql, at = read_string(body, at, "Parse")
    try:
        (count,) = _count.unpack_from(body, at)
        types = tuple(_oid.unpack_from(body, at + 2 + 4 * n)[0] for n in range(count))
    except struct.error:
        raise _wrong("Parse") from None
    if at + 2 + 4 * count != len(body):
        raise _wrong("Parse")
    return name, sql, types


def read_bind(body: bytes) -> tuple[bytes, bytes, tuple[int, ...], tuple[bytes | None, ...]]:
    """Portal, statement, one format a value, and the values of a Bind."""
    portal, at = read_string(body, 0, "Bind")
    statement, at = read_string(body, at, "Bind")
    try:
        formats, at = _read_formats(body, at)
        values, at = _read_values(body, at)
        results, at = _read_formats(body, at)
    except struct.error:
        raise _wrong("Bind") from None
    if at != len(body) or len(formats) not in (0, 1, len(values)):
        raise _wrong("Bind")
    del results
    if len(formats) != len(values):
        formats = (formats or (0,)) * len(values)
    return portal, statement, formats[: len(values)], values


def _read_formats(body: bytes, at: int) -> tuple[tuple[int, ...], int]:
    (count,) = _count.unpack_from(body, at)
    return tuple(_int16.unpack_from(body, at + 2 + 2 * n)[0] for n in range(count)), at + 2 + 2 * count


def _read_values(body: bytes, at: int) -> tuple[tuple[bytes | None, ...], int]:
    (count,) = _count.unpack_from(body, at)
    at += 2
    values: list[bytes | None] = []
    for _ in range(count):
        (size,) = _size.unpack_from(body, at)
        at += 4
        if size == _NULL:
            values.append(None)
            continue
        if size < 0 or at + size > len(body):
            raise _wrong("Bind")
        values.append(body[at : at + size])
        at += size
    return tuple(values), at


def read_execute(body: bytes) -> tuple[bytes, int]:
    """Portal and limit of rows of an Execute."""
    portal, at = read_string(body, 0, "Execute")
    if at + 4 != len(body):
        raise _wrong("Execute")
    return portal, _oid.unpack_from(body, at)[0]


def read_target(body: bytes, kind: str) -> tuple[bytes, bytes]:
    """What a Describe or Close speaks of: `S` or `P`, and its name."""
    name, at = read_string(body, 1, kind)
    if at != len(body) or body[:1] not in (b"S", b"P"):
        raise _wrong(kind)
    return body[:1], name
