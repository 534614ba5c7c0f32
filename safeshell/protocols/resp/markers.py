"""The server's side: finding the answers to what the guard itself sent, and leaving everything else as it is.

A refused command is replaced by an unknown command whose name is a secret: the server answers with exactly one error
in the right place, and only that line is looked for and rewritten. What the guard runs on its own stands between two
such markers. So no reply of the client's commands is ever parsed. A tail that might be the beginning of a marker's
line is kept back while a marker is due. What must not live here: the client's side, sockets.
"""

from __future__ import annotations

from collections import deque

from safeshell.model.values import dataclass, field

_WINDOW = 256
"""No answer to an unknown command is longer up to its name."""
MOST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer to the guard's own command that are kept."""

MOST_COPIED = 4096
"""Bytes of a watched answer that are copied for the record."""


@dataclass(slots=True)
class Marker:
    """What to do with the line that names `token`: `line` replaces it; `opens` and `closes` name a run of the guard.

    `watches` and `watched` stand around a command of the client whose answer goes on, and is copied.
    """

    token: bytes
    line: bytes = b""
    opens: str = ""
    closes: str = ""
    watches: str = ""
    watched: str = ""


@dataclass(slots=True)
class Answers:
    """The stream from the server. `due` are the markers in the order in which they were sent."""

    due: deque[Marker] = field(default_factory=deque)
    finished: list[tuple[str, bytes]] = field(default_factory=list)
    answered: list[tuple[str, bytes]] = field(default_factory=list)
    _carry: bytes = b""
    _copy: bytearray | None = None
    _inside: list[bytes] | None = None
    _inside_size: int = 0

    def feed(self, data: bytes) -> bytes:
        """What of the stream goes on to the client; runs that ended stand in `finished` with their raw answers.

        What was watched stands in `answered`, with the beginning of its answer.
        """
        if not self.due and not self._carry:
            return data
        buffer, out = self._carry + data, bytearray()
        self._carry = b""
        while self.due:
            self._give_up(buffer)
            found = _line_of(self.due[0].token, buffer)
            if found is None:
                break
            begin, end = found
            self._pass(buffer[:begin], out)
            if end < 0:
                self._carry = buffer[begin:]
                return bytes(out)
            self._settle(self.due.popleft(), out)
            buffer = buffer[end:]
        keep = _suspicious(buffer) if self.due else len(buffer)
        self._pass(buffer[:keep], out)
        self._carry = buffer[keep:]
        return bytes(out)

    def _give_up(self, buffer: bytes) -> None:
        """Forget markers that were answered otherwise (`-NOAUTH`, from a proxy): a later one has been answered."""
        first = self.due[0].token
        if len(self.due) == 1 or first in buffer or first.rstrip(b"_0123456789") not in buffer:
            return
        later = next((at for at, marker in enumerate(self.due) if marker.token in buffer), 0)
        for _ in range(later):
            marker = self.due.popleft()
            if marker.closes:
                self.finished.append((marker.closes, b""))
                self._inside = None
            elif marker.watched:
                self.answered.append((marker.watched, b""))
                self._copy = None

    def rest(self) -> bytes:
        """What is still kept back, when the server is gone."""
        kept, self._carry = self._carry, b""
        return kept if self._inside is None else b""

    def _pass(self, data: bytes, out: bytearray) -> None:
        if self._inside is None:
            out += data
            if self._copy is not None and len(self._copy) < MOST_COPIED:
                self._copy += data[:MOST_COPIED]
        elif self._inside_size <= MOST_ANSWER:
            self._inside.append(data)
            self._inside_size += len(data)

    def _settle(self, marker: Marker, out: bytearray) -> None:
        if marker.opens:
            self._inside, self._inside_size = [], 0
        elif marker.closes:
            self.finished.append((marker.closes, b"".join(self._inside or ())))
            self._inside = None
        elif marker.watches:
            self._copy = bytearray()
        elif marker.watched:
            self.answered.append((marker.watched, bytes(self._copy or b"")))
            self._copy = None
        else:
            out += marker.line


def _line_of(token: bytes, buffer: bytes) -> tuple[int, int] | None:
    """Begin and end of the error line that names the token; an end of -1: it has not come. None: no token."""
    at = buffer.find(token)
    if at < 0:
        return None
    begin = buffer.rfind(b"\r\n-", max(0, at - _WINDOW), at)
    begin = begin + 2 if begin >= 0 else max(buffer.rfind(b"-", max(0, at - _WINDOW), at), 0)
    if buffer[:1] == b"-" and b"\r\n" not in buffer[:at]:
        begin = 0
    end = buffer.find(b"\r\n", at)
    return begin, end + 2 if end >= 0 else -1


def _suspicious(buffer: bytes) -> int:
    """Where a line that might be a marker's begins near the end of the buffer; its length when there is none."""
    lines = buffer.rfind(b"\r\n", max(0, len(buffer) - _WINDOW))
    begin = lines + 2 if lines >= 0 else max(0, len(buffer) - _WINDOW)
    dash = buffer.find(b"-", begin)
    return dash if dash >= 0 else len(buffer)
