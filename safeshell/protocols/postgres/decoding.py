"""Bodies of backend messages: errors, columns, rows, tags; and the ErrorResponse that a refusal makes.

What must not live here: who is answered, and in what order (expected).
"""

from __future__ import annotations

import struct
from struct import Struct

from safeshell.model.errors import ProtocolError
from safeshell.protocols.postgres.encodings import decode, encode
from safeshell.protocols.postgres.framing import message
from safeshell.protocols.wire import ServerError

_count = Struct("!H")
_size = Struct("!i")
_oid = Struct("!I")
_COLUMN_TAIL = 18
GUARD = "guard"
"""The code of errors that the machine reports itself."""


def _wrong(what: str) -> ProtocolError:
    return ProtocolError(f"a {what} message has not the form that its kind promises", fault="server")


def read_error(body: bytes, codec: str) -> ServerError:
    """The fields of an ErrorResponse or NoticeResponse. The severity is the untranslated one where the server tells it."""
    fields: dict[int, str] = {}
    for part in body.split(b"\0"):
        if part:
            fields.setdefault(part[0], decode(part[1:], codec))
    return ServerError(
        severity=fields.get(86, fields.get(83, "")),
        code=fields.get(67, ""),
        message=fields.get(77, ""),
        detail=fields.get(68, ""),
        hint=fields.get(72, ""),
    )


def error_message(error: ServerError, codec: str) -> bytes:
    """A whole ErrorResponse."""
    fields = (
        ("S", error.severity),
        ("V", error.severity),
        ("C", error.code),
        ("M", error.message),
        ("D", error.detail),
        ("H", error.hint),
    )
    parts = [kind.encode() + encode(text.replace("\0", ""), codec) + b"\0" for kind, text in fields if text]
    return message(b"E", b"".join(parts) + b"\0")


def ready_message(status: str) -> bytes:
    """A whole ReadyForQuery."""
    return message(b"Z", status.encode())


def read_columns(body: bytes, codec: str) -> tuple[str, ...]:
    """The names in a RowDescription."""
    names: list[str] = []
    try:
        (count,) = _count.unpack_from(body)
    except struct.error:
        raise _wrong("RowDescription") from None
    at = 2
    for _ in range(count):
        end = body.find(0, at)
        if end < 0 or end + 1 + _COLUMN_TAIL > len(body):
            raise _wrong("RowDescription")
        names.append(decode(body[at:end], codec))
        at = end + 1 + _COLUMN_TAIL
    return tuple(names)


def read_row(body: bytes, codec: str) -> tuple[str | None, ...]:
    """The values of a DataRow in text format; None is NULL."""
    values: list[str | None] = []
    try:
        (count,) = _count.unpack_from(body)
        at = 2
        for _ in range(count):
            (size,) = _size.unpack_from(body, at)
            at += 4
            if at + max(size, 0) > len(body):
                raise _wrong("DataRow")
            values.append(None if size < 0 else decode(body[at : at + size], codec))
            at += max(size, 0)
    except struct.error:
        raise _wrong("DataRow") from None
    return tuple(values)


def read_types(body: bytes) -> tuple[int, ...]:
    """The OIDs in a ParameterDescription."""
    try:
        (count,) = _count.unpack_from(body)
        return tuple(_oid.unpack_from(body, 2 + 4 * n)[0] for n in range(count))
    except struct.error:
        raise _wrong("ParameterDescription") from None


def read_tag(body: bytes) -> str:
    """A command tag such as `DELETE 3`."""
    return body.rstrip(b"\0").decode("ascii", "replace")


def read_pair(body: bytes, codec: str) -> tuple[str, str]:
    """Name and value of a ParameterStatus."""
    name, end, rest = body.partition(b"\0")
    if not end or not rest.endswith(b"\0"):
        raise _wrong("ParameterStatus")
    return decode(name, codec), decode(rest[:-1], codec)


def read_status(body: bytes) -> str:
    """The letter of a ReadyForQuery."""
    if body not in (b"I", b"T", b"E"):
        raise _wrong("ReadyForQuery")
    return body.decode()
