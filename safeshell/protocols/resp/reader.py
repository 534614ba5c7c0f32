"""The client's side of RESP: bytes -> commands, exactly as a server would cut them.

Law: a command is given out once, whole, with its raw bytes; the bytes of all commands together are the bytes that
came in. Strictness: what a server would not take, or would take otherwise than it is written (a bulk string that does
not end in CRLF), is a Violation, after which nothing more is read. Memory: at most MOST_HELD bytes and MOST_WORDS
words of one command are kept; a longer one is drained. What must not live here: what a command means, events.
"""

from __future__ import annotations

from safeshell.model.values import dataclass, field
from safeshell.protocols.resp.inline import split

MOST_HELD = 8 * 1024 * 1024
"""Bytes of a command that waits; a longer one cannot be judged and is refused."""
MOST_WORDS = 200_000
MOST_LINE = 64 * 1024
"""The longest header or inline line that servers take."""
_MOST_BULK = 1 << 40
_LONGEST_NUMBER = 14
_STAR, _DOLLAR = b"*$"


class Violation(Exception):  # noqa: N818 - the protocol's own word
    """The client broke the protocol; `echo` are bytes that make a server say what it would have said."""

    def __init__(self, problem: str, echo: bytes) -> None:
        self.echo = echo
        super().__init__(problem)


@dataclass(slots=True)
class Command:
    """One command. `words` is empty for a line that does nothing; `drained` that only some words were kept."""

    words: tuple[bytes, ...]
    raw: bytes
    drained: bool = False


@dataclass(slots=True)
class CommandReader:
    """What has come in and not been given out. `draining`: the rest of the current command is not kept."""

    draining: bool = False
    _buffer: bytes = b""
    _chunks: list[bytes] = field(default_factory=list)
    _waiting: int = 0
    _wanted: int = 0
    _start: int = 0
    _at: int = 0
    _left: int = -1
    _words: list[bytes] = field(default_factory=list)
    _skip: int = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return len(self._buffer) - self._start + self._waiting

    @property
    def idle(self) -> bool:
        """True when nothing is kept and no command has begun."""
        return not self._waiting and self._start == len(self._buffer) and self._left < 0 and not self.draining

    @property
    def begun(self) -> tuple[bytes, ...]:
        """The words of the current command so far, at most two."""
        return tuple(self._words[:2])

    @property
    def word_count(self) -> int:
        """Words of the current command that are kept."""
        return len(self._words)

    @property
    def between(self) -> bool:
        """True at the beginning of a command, or before one."""
        return self._left < 0 and not self.draining

    def feed(self, data: bytes) -> None:
        """Take bytes; they are only put together once enough have come for the next step."""
        self._chunks.append(data)
        self._waiting += len(data)

    def _gather(self) -> None:
        """All bytes in one object. Called when a step needs more than there is, with enough waiting."""
        if self._chunks:
            rest = self._buffer[self._start :]
            self._buffer = b"".join((rest, *self._chunks))
            self._chunks.clear()
            self._waiting = 0
            self._at -= self._start
            self._start = self._wanted = 0

    def take_buffer(self) -> bytes:
        """Everything that has come in and was not given out, between commands; it is fed back by `give_back`."""
        if len(self._chunks) == 1 and self._start == len(self._buffer):
            data = self._chunks.pop()
            self._waiting = 0
            self._buffer, self._start, self._at = b"", 0, 0
            return data
        self._gather()
        data = self._buffer[self._start :]
        self._buffer, self._start, self._at = b"", 0, 0
        return data

    def give_back(self, data: bytes) -> None:
        """What was left of `take_buffer`."""
        self._buffer, self._start, self._at, self._wanted = data, 0, 0, 0

    def drain(self) -> bytes:
        """Keep nothing more of the current command; gives back what was kept so far."""
        self._gather()
        kept = self._buffer[self._start : self._at]
        self._start = self._at
        self.draining = True
        return kept

    def drained(self) -> bytes:
        """What came of a draining command since the last call."""
        kept = self._buffer[self._start : self._at]
        self._start = self._at
        return kept

    def next(self) -> Command | None:
        """The next whole command, None when more bytes are needed. Raises Violation."""
        if self._waiting and len(self._buffer) + self._waiting >= self._wanted:
            self._gather()
        if self._left < 0 and not self._begin():
            return None
        while self._left > 0:
            if not self._word():
                return None
        return self._done()

    def _done(self) -> Command:
        raw = self._buffer[self._start : self._at]
        command = Command(tuple(self._words), raw, drained=self.draining)
        self._start, self._left, self._wanted, self.draining = self._at, -1, 0, False
        self._words.clear()
        return command

    def _line(self) -> bytes | None:
        """The line at `_at` without its CRLF; None when its end has not come."""
        end = self._buffer.find(b"\r\n", self._at, self._at + MOST_LINE + 2)
        if end >= 0:
            return self._buffer[self._at : end]
        if len(self._buffer) - self._at > MOST_LINE:
            raise Violation("a header without an end", b"*" + b"1" * (MOST_LINE + 1))
        self._wanted = 0
        return None

    def _begin(self) -> bool:
        """Read the header of an array, or a whole inline command (`_left` is 0 then). False: more bytes are needed."""
        if self._at >= len(self._buffer):
            return False
        if self._buffer[self._at] != _STAR:
            return self._inline()
        line = self._line()
        if line is None:
            return False
        count = _number(line[1:], "invalid multibulk length", b"*x\r\n")
        self._at += len(line) + 2
        self._left = max(count, 0)
        return True

    def _inline(self) -> bool:
        end = self._buffer.find(b"\n", self._at, self._at + MOST_LINE + 1)
        if end < 0:
            if len(self._buffer) - self._at > MOST_LINE:
                raise Violation("too big inline request", b"a" * (MOST_LINE + 1))
            self._wanted = 0
            return False
        words = split(self._buffer[self._at : end].removesuffix(b"\r"))
        if words is None:
            raise Violation("unbalanced quotes in request", b'"\r\n')
        self._words.extend(words)
        self._at, self._left = end + 1, 0
        return True

    def _word(self) -> bool:
        """Read one bulk string. False when more bytes are needed."""
        if self.draining and self._skip:
            return self._skipped()
        if self._at >= len(self._buffer):
            self._wanted = 0
            return False
        if self._buffer[self._at] != _DOLLAR:
            got = self._buffer[self._at : self._at + 1]
            raise Violation("expected '$'", b"*1\r\n" + got + b"\r\n")
        line = self._line()
        if line is None:
            return False
        size = _number(line[1:], "invalid bulk length", b"*1\r\n$x\r\n")
        if size < 0:
            raise Violation("invalid bulk length", b"*1\r\n$x\r\n")
        begin = self._at + len(line) + 2
        if self.draining:
            self._at, self._skip = begin, size + 2
            return self._skipped()
        end = begin + size
        if end + 2 > len(self._buffer):
            self._wanted = end + 2
            return False
        if self._buffer[end : end + 2] != b"\r\n":
            raise Violation("a bulk string that does not end in CRLF", b"*1\r\n$x\r\n")
        self._words.append(self._buffer[begin:end])
        self._at, self._left = end + 2, self._left - 1
        return True

    def _skipped(self) -> bool:
        """Go over a bulk string that is not kept, and over the two bytes after it as servers do."""
        step = min(self._skip, len(self._buffer) - self._at)
        self._at += step
        self._skip -= step
        if self._skip:
            self._wanted = 0
            return False
        self._left -= 1
        return True


def _number(digits: bytes, problem: str, echo: bytes) -> int:
    """A number as servers take it: no blanks, no sign but a minus, no zero before others."""
    bare = digits.removeprefix(b"-")
    canonical = bare.isdigit() and len(bare) <= _LONGEST_NUMBER and (bare == b"0" or not bare.startswith(b"0"))
    if not canonical or digits == b"-0" or int(bare) > _MOST_BULK:
        raise Violation(problem, echo)
    return int(digits)
