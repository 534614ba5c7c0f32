"""The wire between the hook inside a shell and the guard: frames in, answers out. Sans I/O.

The shell is the client; there is no server behind it, since the shell itself runs what is released,
so `data_to_server()` is always empty. One machine serves one channel; asks of several processes may
follow each other on it, and each carries its own process id and request id.

A frame is a run of NUL-ended fields. The first is `<nonce> <kind>`; the kind says how many follow:

    H pid version                                        the hook is loaded
    L pid id cwd continued text                          a line, before the shell parses it
    B pid id cwd unseen text                             one command, from the backstop
    A pid id count value...                              what was asked by `ask`: `+value`, `-`, or `?`
    D pid id                                             the backstop's answer has been read
    P pid id cwd last status missing aliases functions trap keys traits
                                                         a prompt is due; names stand one a line

An answer is 16 ASCII characters, `<id:8><verdict><flags><length:6>`, and `length` bytes of payload.
A hook that can't count bytes ends the version of its H frame with ` ended`: then a NUL stands behind
every answer.
What must not live here: sockets, clocks, what a verdict is made of.

Law: nothing that a frame holds is released unless `release` is called with its id. After a frame that
breaks the rules (`Broken`) the machine is deaf and mute; its owner closes the channel, and the hook
takes the end of file for a no. No frame may be longer than MAX_FRAME.
"""

from __future__ import annotations

from enum import IntFlag

from safeshell.model.values import dataclass, field

MAX_FRAME = 4 * 1024 * 1024
MAX_PAYLOAD = 999_999
_LONGEST_NUMBER, _ID_LENGTH = 10, 8
_KEYS = (rb'"\C-j": "\C-x\C-_1', rb'"\C-m": "\C-x\C-_1', rb'"\C-o": "\C-x\C-_1')
_WHOLE = frozenset({b"L", b"B", b"D"})
_FIELDS = {b"H": 2, b"L": 5, b"B": 5, b"D": 2, b"P": 11, b"A": 3}


class Flags(IntFlag):
    """What the hook shall do beside obeying. One hexadecimal digit on the wire.

    BACKSTOP: ask for every command of the line. LEAVES: the line may start a shell, which shall find
    the hook. LINES: the text has more than one line, each of which may start a command. TRAP: a second answer brings the text of the person's own DEBUG trap.
    """

    NONE = 0
    BACKSTOP = 1
    LEAVES = 2
    LINES = 4
    TRAP = 8


@dataclass(frozen=True, slots=True)
class Hello:
    """The hook is loaded in process `pid`; `version` is the shell's own, `shell` its name."""

    pid: int
    version: str
    shell: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """Something is about to run and waits for `release(id)` or `refuse(id)`.

    `backstop`: one command, told by the trap, else a whole line. `continued`: `text` begins with
    lines that were released before as the beginning of this construct. `unseen`: the line that this
    command belongs to never met the line hook. `id` is unique within the channel.
    """

    id: str
    pid: int
    cwd: str
    text: str
    backstop: bool = False
    continued: bool = False
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The shell's answers to `ask(id, ...)`, in the order of the questions; None: there is none.

    `untold` are the numbers of the questions that have an answer which is no single text (an array).
    """

    id: str
    values: tuple[str | None, ...]
    untold: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Done:
    """The backstop's answer with this id was read; the next process may ask."""

    id: str


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt is due and waits for `prompt(id, ...)`.

    `last` is the id of the line that ended ("" when none ran), `status` its exit status. `missing`
    names what was taken from the hook since the last prompt. `trap` is the DEBUG trap as `trap -p`
    prints it when it is the person's own, else None; `keys` says that Enter still asks. `aliases` of
    another kind than the usual begin with it: `-g NAME`, `-s NAME` (zsh). `traits` are the options
    that decide how this shell reads a text.
    """

    id: str
    pid: int
    cwd: str
    last: str
    status: int
    missing: tuple[str, ...]
    aliases: frozenset[str]
    functions: frozenset[str]
    trap: str | None
    keys: bool
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Broken:
    """The peer broke the rules; nothing more is read or answered."""

    problem: str


HookEvent = Hello | Submitted | Answered | Done | Prompted | Broken


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _names(raw: bytes) -> frozenset[str]:
    return frozenset(name for name in _text(raw).split("\n") if name and not name.startswith("__safeshell_"))


@dataclass(slots=True)
class HookMachine:
    """One channel's state. `nonce` is the session's secret of ASCII letters and digits."""

    nonce: str
    broken: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _fields: list[bytes] = field(default_factory=list)
    _size: int = 0
    _wanted: int = 0
    _events: list[HookEvent] = field(default_factory=list)
    _out: bytearray = field(default_factory=bytearray)
    _open: set[str] = field(default_factory=set)
    _end: bytes = b""
    _nonce: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._nonce = self.nonce.encode()

    def receive_from_client(self, data: bytes) -> None:
        """Take bytes from the shell, in any cut."""
        if self.broken or (not self._held and not self._fields and self._take_whole(data)):
            return
        self._held += data
        while not self.broken and (end := self._held.find(0, self._scanned)) >= 0:
            self._take(bytes(self._held[:end]))
            del self._held[: end + 1]
            self._scanned = 0
        self._scanned = len(self._held)
        if not self.broken and self._size + len(self._held) > MAX_FRAME:
            self._break("a frame is too long")

    def _take_whole(self, data: bytes) -> bool:
        """The usual case, quickly: exactly one whole frame, which needs no buffer. False when it is anything else."""
        parts = data.split(b"\0")
        kind = parts[0][-1:]
        if kind not in _WHOLE or len(parts) != _FIELDS[kind] + 2 or parts[-1] or parts[0] != self._nonce + b" " + kind:
            return False
        try:
            event = _READERS[kind](parts[1:-1])
        except ValueError:
            return False
        self._emit(event)
        return True

    def _emit(self, event: HookEvent) -> None:
        if isinstance(event, Submitted | Prompted):
            self._open.add(event.id)
        elif isinstance(event, Hello):
            self._end = b"\0" if event.ended else b""
        self._events.append(event)

    def receive_from_server(self, data: bytes) -> None:
        """There is no server; kept for the common interface."""

    def events(self) -> list[HookEvent]:
        """What happened since the last call."""
        found, self._events = self._events, []
        return found

    def release(self, id: str, flags: Flags = Flags.NONE, payload: str = "") -> None:
        """Let it run. Ignored for an id that doesn't wait (answered before, or never asked)."""
        self._answer(id, "A", flags, payload)

    def refuse(self, id: str, reason: str = "") -> None:  # noqa: ARG002 - the machines' common words
        """Don't let it run. `reason` is for the owner; the hook shows nothing."""
        self._answer(id, "D", Flags.NONE, "")

    def ask(self, id: str, questions: tuple[str, ...]) -> None:
        """Ask the shell, before the verdict, for `variable D`, `alias ls`, `function f`."""
        if id in self._open:
            self._answer(id, "N", Flags.NONE, "\n".join(questions))
            self._open.add(id)

    def prompt(self, id: str, segment: str, trap: str | None = None) -> None:
        """Answer a Prompted with the text to put before the person's own prompt.

        `trap` gives the text of the person's own DEBUG trap back ("" for none), to be kept beside ours.
        """
        if trap is None:
            self._answer(id, "P", Flags.NONE, segment)
        elif id in self._open:
            self._answer(id, "P", Flags.TRAP, segment)
            self._open.add(id)
            self._answer(id, "T", Flags.NONE, trap)

    def data_to_client(self) -> bytes:
        """Bytes for the shell."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def data_to_server(self) -> bytes:
        """Always empty."""
        return b""

    def _answer(self, id: str, verdict: str, flags: Flags, payload: str) -> None:
        if self.broken or id not in self._open:
            return
        self._open.discard(id)
        body = payload.encode("utf-8", "surrogateescape").replace(b"\0", b"")[:MAX_PAYLOAD]
        self._out += f"{id.rpartition(':')[2]}{verdict}{flags.value:x}{len(body):06d}".encode() + body + self._end

    def _break(self, problem: str) -> None:
        self.broken = True
        self._held.clear()
        self._fields.clear()
        self._out.clear()
        self._open.clear()
        self._events.append(Broken(problem))

    def _take(self, part: bytes) -> None:
        """One field is complete."""
        if not self._fields:
            self._begin(part)
            return
        self._fields.append(part)
        self._size += len(part) + 1
        if self._size > MAX_FRAME:
            self._break("a frame is too long")
        elif len(self._fields) > self._wanted:
            self._finish()

    def _begin(self, part: bytes) -> None:
        nonce, _, kind = part.partition(b" ")
        if nonce != self._nonce or kind not in _FIELDS:
            self._break("a frame does not begin as it should")
            return
        self._fields = [kind]
        self._wanted = _FIELDS[kind]
        self._size = len(part) + 1

    def _finish(self) -> None:
        """All fields that the kind promises are there; an A frame then names how many more follow."""
        kind = self._fields[0]
        try:
            if kind == b"A" and len(self._fields) == _FIELDS[b"A"] + 1:
                count = _number(self._fields[3])
                if count:
                    self._wanted += count
                    return
            event = _READERS[kind](self._fields[1:])
        except ValueError as problem:
            self._break(f"a {kind.decode()} frame is wrong: {problem}")
            return
        self._fields = []
        self._size = 0
        self._emit(event)


def _number(raw: bytes) -> int:
    if not raw.isdigit() or len(raw) > _LONGEST_NUMBER:
        raise ValueError("a number was expected")
    return int(raw)


def _id(pid: bytes, request: bytes) -> str:
    if len(request) != _ID_LENGTH or request.strip(b"0123456789abcdef"):
        raise ValueError("a request id was expected")
    return f"{_number(pid)}:{request.decode()}"


def _hello(parts: list[bytes]) -> HookEvent:
    version = _text(parts[1])
    name = version.partition(" ")[0]
    ended = version.endswith(" ended")
    return Hello(_number(parts[0]), version.removesuffix(" ended"), name if name.isalpha() else "bash", ended)


def _line(parts: list[bytes]) -> HookEvent:
    pid, request, cwd, continued, text = parts
    return Submitted(_id(pid, request), _number(pid), _text(cwd), _text(text), continued=continued == b"1")


def _backstop(parts: list[bytes]) -> HookEvent:
    pid, request, cwd, unseen, text = parts
    return Submitted(_id(pid, request), _number(pid), _text(cwd), _text(text), backstop=True, unseen=unseen == b"1")


def _answered(parts: list[bytes]) -> HookEvent:
    values = [_text(value[1:]) if value.startswith(b"+") else None for value in parts[3:]]
    untold = frozenset(number for number, value in enumerate(parts[3:]) if value == b"?")
    return Answered(_id(parts[0], parts[1]), tuple(values), untold)


def _done(parts: list[bytes]) -> HookEvent:
    return Done(_id(parts[0], parts[1]))


def _prompted(parts: list[bytes]) -> HookEvent:
    pid, request, cwd, last, status, missing, aliases, functions, trap, keys, traits = parts
    return Prompted(
        id=_id(pid, request),
        pid=_number(pid),
        cwd=_text(cwd),
        last="" if last == b"0" else _id(pid, last),
        status=_number(status),
        missing=tuple(_text(missing).split()),
        aliases=_names(aliases),
        functions=_names(functions),
        trap=None if b"__safeshell_" in trap or keys == b"1" else _text(trap).rstrip("\n"),
        keys=keys == b"1" or all(key in keys for key in _KEYS),
        traits=frozenset(_text(traits).split()),
    )


_READERS = {b"H": _hello, b"L": _line, b"B": _backstop, b"A": _answered, b"D": _done, b"P": _prompted}
