"""The client's bytes cut into messages, as far as the session may go on now.

Only whole messages are handed over; what is longer than may be kept is dropped while it comes and told
once at its end; CopyData streams while the server copies in. What must not live here: what a message
means (batches), the start-up (opening).

Law: no byte of a message goes on before the message is whole and judged, CopyData excepted.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.model.errors import ProtocolError
from safeshell.model.values import dataclass
from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.backend import Backend, Copying
from safeshell.protocols.postgres.batches import KINDS, SOFT, Gathering

_COPY_DATA = ord("d")
_LATE = frozenset("dcf")
_KINDS = KINDS | _LATE | {"X"}


@dataclass(slots=True)
class Inbox:
    """The client's bytes after the start. `message` takes a whole one, `oversize` the kind of one that was dropped.

    `busy` says that no further message may be taken now.
    """

    backend: Backend
    gathering: Gathering
    busy: Callable[[], bool]
    message: Callable[[str, bytes], None]
    oversize: Callable[[str], None]
    _data: bytes | bytearray = b""
    _at: int = 0
    _skip: int = 0
    _copy_left: int = 0
    _dropped: str = ""

    @property
    def waiting(self) -> int:
        """Bytes that have come and were not taken."""
        return len(self._data) - self._at

    @property
    def partial(self) -> bool:
        """A message has begun to come, or to be passed or dropped."""
        return bool(self.waiting or self._skip or self._copy_left)

    def add(self, data: bytes) -> None:
        """More bytes."""
        if self._at == len(self._data):
            self._data, self._at = data, 0
            return
        if self._at or isinstance(self._data, bytes):
            self._data, self._at = bytearray(self._data[self._at :]), 0
        self._data += data

    def clear(self) -> None:
        """Forget everything."""
        self._data, self._at, self._skip, self._copy_left = b"", 0, 0, 0

    def rest(self) -> bytes:
        """All that waits, taken."""
        return self._take(self.waiting)

    def pump(self) -> bool:
        """Take one message, or a piece of a copy or of an oversize one; False when there is none to take."""
        if self._skip or self._copy_left:
            return self._piece()
        copying = self.backend.copying
        if self.waiting < framing.HEAD or (copying is Copying.NO and self.busy()):
            return False
        kind, length = chr(self._data[self._at]), framing.length_at(self._data, self._at + 1)[0]
        if kind not in _KINDS or length < framing.HEAD - 1:
            raise ProtocolError(f"an unexpected message {kind!r} of {length} bytes", fault="client")
        if copying is not Copying.NO:
            return self._copy(kind, length + 1)
        if kind in _LATE:  # behind a copy that has failed: the server would ignore it too
            return self._drop("", length + 1)
        if length > self.gathering.room:
            return self._drop(kind, length + 1)
        if self.waiting <= length:
            return False
        self.message(kind, self._take(length + 1))
        return True

    def _take(self, size: int) -> bytes:
        at, self._at = self._at, self._at + size
        found = self._data[at : self._at]
        return found if isinstance(found, bytes) else bytes(found)

    def _drop(self, kind: str, size: int) -> bool:
        self._dropped, self._skip = kind, size
        return True

    def _piece(self) -> bool:
        """Pass or drop what is there of a message whose end has not come."""
        piece = min(self.waiting, self._skip or self._copy_left)
        if not piece:
            return False
        if self._copy_left:
            self._copy_left -= piece
            self.backend.server.append(self._take(piece))
            return True
        self._skip -= piece
        self._at += piece
        if not self._skip and self._dropped:
            self.oversize(self._dropped)
        return True

    def _copy(self, kind: str, size: int) -> bool:
        """A message while the server copies in, or waits for the Sync behind a copy."""
        backend = self.backend
        if kind == "d" and backend.copying is Copying.DATA:
            self._copy_run(size)
            return True
        if kind in "dH":
            return self._drop("", size)
        if size > SOFT or kind not in "cfSX":
            raise ProtocolError(f"an unexpected message {kind!r} inside a COPY", fault="client")
        if self.waiting < size:
            return False
        raw = self._take(size)
        if kind == "X":
            self.message(kind, raw)
        elif kind in "cf" and backend.copying is Copying.DATA:
            backend.server.append(raw)
            backend.copied()
        elif kind == "S" and backend.copying is Copying.SYNC:
            backend.server.append(raw)
            backend.copying = Copying.NO
        return True

    def _copy_run(self, size: int) -> None:
        """Pass as many CopyData messages as came together, in one piece."""
        at, end = self._at, len(self._data)
        stop = at + size
        while stop + framing.HEAD <= end and self._data[stop] == _COPY_DATA:
            length = framing.length_at(self._data, stop + 1)[0]
            if length < framing.HEAD - 1:
                break
            stop += 1 + length
        self._copy_left = stop - at
