"""One audit line: how it is written down, hashed, linked to the line before, and read back. Pure.

A line is one JSON object in ASCII with the fields of `FIELDS` in that order, no spaces, keys inside
`detail` sorted. Its `hash`
is the SHA-256, in hex, of the canonical JSON of the object without `hash`: keys sorted, separators
`,` and `:`, everything beyond ASCII escaped. `previous_hash` is the hash of the line before, across
files; the very first line carries GENESIS. What must not live here: files, locks, clocks.
"""

from __future__ import annotations

import json
from time import gmtime
from typing import TYPE_CHECKING, Any

from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

GENESIS = "0" * 64
FIELDS = ("seq", "at", "session", "action", "kind", "detail", "previous_hash", "hash")

_STRINGS = ("at", "session", "action", "kind", "previous_hash")

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Line:
    """One audit line as read back; `detail` is plain JSON data."""

    seq: int
    at: str
    session: str
    action: str
    kind: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str

    def as_json(self) -> dict[str, Any]:
        """The line as the object that stands in the file."""
        return {name: getattr(self, name) for name in FIELDS}


class LineError(Exception):
    """These bytes are no audit line; `str()` says why. Never leaves `records`."""


def timestamp(at: float) -> str:
    """ISO 8601 in UTC with milliseconds, cut off and not rounded: `2026-11-22T10:15:00.123Z`."""
    milliseconds = int(at * 1000)
    moment = gmtime(milliseconds // 1000)
    return (
        f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}"
        f"T{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}.{milliseconds % 1000:03}Z"
    )


def compose(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bytes of a line, newline included, and its hash. `fields` are all of FIELDS but `hash`.

    Both spellings are put together by hand out of one encoding of the detail, which is most of a line.
    """
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL: milliseconds that the first prompt need not wait for

    seq, detail = int(fields["seq"]), _encode(fields["detail"])
    at, session, action, kind, previous = map(_encode, (fields[name] for name in _STRINGS))
    canonical = (
        f'{{"action":{action},"at":{at},"detail":{detail},"kind":{kind},'
        f'"previous_hash":{previous},"seq":{seq},"session":{session}}}'
    )
    digest = sha256(canonical.encode("ascii")).hexdigest()
    line = (
        f'{{"seq":{seq},"at":{at},"session":{session},"action":{action},"kind":{kind},'
        f'"detail":{detail},"previous_hash":{previous},"hash":"{digest}"}}\n'
    )
    return line.encode("ascii"), digest


def parse(raw: bytes) -> Line:
    """Read one line (with or without its newline) and check that its own hash fits.

    The line must be byte for byte what `compose` would write, so that doubled keys or other
    spellings of the same JSON do not pass.

    Raises:
        LineError: it is no such line, or it was changed.
    """
    raw = raw.removesuffix(b"\n")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise LineError("this is not JSON") from error
    if not isinstance(found, dict) or tuple(found) != FIELDS or not _typed(found):
        raise LineError("this is JSON, but not an audit line")
    claimed = found.pop("hash")
    try:
        written, digest = compose(found)
    except (ValueError, RecursionError) as error:
        raise LineError("this line cannot be written as JSON again") from error
    if digest != claimed:
        raise LineError("the line was changed after it was written: its hash does not fit its content")
    if written[:-1] != raw:
        raise LineError("the line was changed after it was written: it is spelled differently")
    return Line(**found, hash=claimed)


def stored_hash(raw: bytes) -> str:
    """The `hash` that a line claims, be it true or not; "" if there is none. For going on after a broken line."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    claimed = found.get("hash") if isinstance(found, dict) else None
    return claimed if isinstance(claimed, str) else ""


def _typed(found: Mapping[str, object]) -> bool:
    words = all(isinstance(found[name], str) for name in FIELDS if name not in ("seq", "detail"))
    return words and type(found["seq"]) is int and isinstance(found["detail"], dict)
