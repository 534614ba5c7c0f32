"""The undo kit of a Redis command: DUMP and expiry of the exact keys, as commands that put them back.

What must not live here: files, sockets, which command has a kit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from safeshell.model.errors import PreviewError
from safeshell.model.values import dataclass
from safeshell.previews.redis.server import Server, error_of, number_of
from safeshell.protocols.resp.values import Value, encode

_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Kit:
    """`data` are RESP commands; run in the same database they put `keys` keys back, and take away `new` ones."""

    data: bytes
    keys: int
    new: int


def take_kit(server: Server, names: Sequence[bytes], limit: int) -> Kit:
    """Keep these keys as they are now. Raises PreviewError when they are too big or cannot be read."""
    parts: list[bytes] = []
    size = keys = 0
    wanted = list(dict.fromkeys(names))
    for begin in range(0, len(wanted), _TOGETHER):
        for part, exists in _some(server, wanted[begin : begin + _TOGETHER]):
            parts.append(part)
            size += len(part)
            keys += exists
            if size > limit:
                raise PreviewError(f"the keys are larger than an undo kit may be ({limit >> 20} MiB)")
    return Kit(b"".join(parts), keys, len(wanted) - keys)


def _some(server: Server, names: Sequence[bytes]) -> list[tuple[bytes, bool]]:
    """For each key the command that makes it what it is now, and whether it exists."""
    *answers, clock = server.many(
        [*(words for name in names for words in ((b"DUMP", name), (b"PTTL", name))), (b"TIME",)]
    )
    now = _milliseconds(clock)
    found = []
    for index, name in enumerate(names):
        dump, left = answers[2 * index], number_of(answers[2 * index + 1])
        if error_of(dump):
            raise PreviewError(f"a key cannot be read for the undo kit: {error_of(dump)}")
        if not isinstance(dump, bytes):
            found.append((encode([b"DEL", name]), False))
        elif left is not None and left >= 0:
            until = b"%d" % (now + left)
            found.append((encode([b"RESTORE", name, until, dump, b"REPLACE", b"ABSTTL"]), True))
        else:
            found.append((encode([b"RESTORE", name, b"0", dump, b"REPLACE"]), True))
    return found


def _milliseconds(clock: Value) -> int:
    """The server's own clock, by which keys expire; this host's, where the user may not ask for it."""
    parts = clock if isinstance(clock, list) else []
    told = [int(part) for part in parts if isinstance(part, bytes) and part.isdigit()]
    return told[0] * 1000 + told[1] // 1000 if len(told) == 2 else int(time.time() * 1000)  # noqa: PLR2004 - TIME
