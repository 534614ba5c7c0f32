"""What each prepared statement and portal would run, as far as the server has confirmed it.

A name means what the server acknowledged (ParseComplete, BindComplete), never what a client merely
sent: a Parse of a name that exists fails and changes nothing. SQL's own PREPARE and DECLARE share the
server's names; a name unknown here is written as the SQL that would run it, `EXECUTE "n"` or
`FETCH "n"`, for the reader to judge. What must not live here: message layouts, judging.
"""

from __future__ import annotations

from collections.abc import Iterable

from safeshell.model.values import dataclass, field
from safeshell.protocols.wire import Unit

_GONE = frozenset({"DEALLOCATE", "DEALLOCATE ALL", "DISCARD ALL"})


@dataclass(slots=True, eq=False)
class Statement:
    """A prepared statement: its text, and the types as far as anybody told them."""

    sql: str
    types: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Portal:
    """A bound statement. `suspended`: it has begun and stopped at a limit of rows."""

    unit: Unit
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a Parse, Bind or Close does to the names once the server confirms it. None: the name is gone."""

    name: bytes
    statement: Statement | None = None
    portal: Portal | None = None
    closes: bytes = b""

    @property
    def key(self) -> bytes:
        """Statements and portals have names of their own."""
        kind = self.closes or (b"S" if self.statement else b"P")
        return kind + self.name


def _quoted(name: bytes) -> str:
    return '"' + name.decode("utf-8", "surrogateescape").replace('"', '""') + '"'


@dataclass(slots=True)
class Names:
    """The session's names. `sent`: not confirmed yet, in the order of the wire."""

    confirmed: dict[bytes, Statement | Portal] = field(default_factory=dict)
    sent: dict[bytes, Statement | Portal | None] = field(default_factory=dict)
    _doubtful: set[bytes] = field(default_factory=set)

    def find(self, key: bytes, local: dict[bytes, Statement | Portal | None]) -> Statement | Portal | None:
        """What a name means after everything before it in `local` and on its way."""
        for known in (local, self.sent):
            if key in known:
                return known[key]
        return self.confirmed.get(key)

    def portal(
        self,
        name: bytes,
        values: tuple[bytes | None, ...],
        formats: tuple[int, ...],
        local: dict[bytes, Statement | Portal | None],
    ) -> Portal:
        """The portal that a Bind of statement `name` makes."""
        found = self.find(b"S" + name, local)
        if isinstance(found, Statement):
            return Portal(Unit(found.sql, values, formats, found.types))
        return Portal(Unit(f"EXECUTE {_quoted(name)}", values, formats))

    def unit(self, name: bytes, local: dict[bytes, Statement | Portal | None]) -> Unit | None:
        """What an Execute of portal `name` runs; None when it only goes on with what has begun."""
        found = self.find(b"P" + name, local)
        if isinstance(found, Portal):
            return None if found.suspended else found.unit
        return Unit(f"FETCH {_quoted(name)}")

    def send(self, changes: Iterable[Change | None]) -> None:
        """These are on their way to the server."""
        for change in changes:
            if change is not None:
                self.sent[change.key] = change.statement or change.portal

    def confirm(self, change: Change) -> None:
        """The server has done it."""
        made = change.statement or change.portal
        self._doubtful.discard(change.key)
        if made is None:
            self.confirmed.pop(change.key, None)
        else:
            self.confirmed[change.key] = made
        if self.sent.get(change.key, change) is made:
            del self.sent[change.key]

    def forget_unnamed(self) -> None:
        """The unnamed statement and portal are gone."""
        self.confirmed.pop(b"S", None)
        self.confirmed.pop(b"P", None)

    def forget_sent(self) -> None:
        """An error: the server skips what is on its way."""
        self.sent.clear()

    def heard(self, tag: str) -> None:
        """A command's tag tells of SQL that changes statements behind the protocol's back."""
        if tag in _GONE:
            self._doubtful.update(key for key in self.confirmed if key[:1] == b"S")
        elif tag == "PREPARE":
            for key in self._doubtful:
                self.confirmed.pop(key, None)
            self._doubtful.clear()
