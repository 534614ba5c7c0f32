"""Undo kits on disk: what was kept of rows before they changed, one private directory each.

`begin` writes a kit before the statement runs, `keep` marks that it ran, `drop` throws it away. A kit that
was neither kept nor dropped (a kill in between) is listed as one that may have run. What must not live
here: what stands in a kit (previews), putting it back (cli).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from safeshell.model.values import asdict, dataclass, field, fields, replace
from safeshell.state.files import private_directory, read_private, write_private

PENDING, DONE, RESTORED = "pending", "done", "restored"
"""States of a kit: the statement may have run, it ran, it was taken back."""

DEFINITION = "definition"
"""How a part is put back that is no rows: a view, an index, a function, whose text stands in `restore`."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_ID = re.compile(r"(?=[a-z-]*[0-9])[a-z0-9-]{4,64}")
_RECORD = "kit.json"
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class UndoKit:
    """What is known of one kit. `at` is seconds since the epoch, `target` the environment's name for the place.

    `text` is the statement, redacted. `connection` are libpq's words for reaching the server again,
    without secrets. `parts` are (table, rows, how) or (what, 0, DEFINITION), `restore` the one message that puts the rows back,
    "" where none can; its COPYs read the file `restore.data`. `size` is in bytes.
    """

    id: str
    at: float
    language: str
    target: str
    operator: str
    text: str
    rows: int
    size: int
    state: str = PENDING
    connection: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()
    restore: str = ""


class UndoKits:
    """The kits of one person, `undo` below the state directory.

    `days` is how long they are kept; `redact` covers secrets in texts.
    """

    def __init__(self, directory: str, *, days: float, redact: Callable[[str], str]) -> None:
        self.directory = directory
        self._days = days
        self._redact = redact

    def begin(self, kit: UndoKit, files: Iterable[tuple[str, bytes]]) -> UndoKit | None:
        """Write a kit, on disk when this returns; None when it could not be written. It gets its id here."""
        if not private_directory(self.directory):
            return None
        self.sweep(kit.at)
        made = replace(kit, id=self._new_id(), text=self._redact(kit.text))
        folder = self.path(made)
        if not private_directory(folder):
            return None
        written = [write_private(f"{folder}/{name}", data, sync=True) for name, data in files]
        if all(written) and self._store(made):
            return made
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def keep(self, kit: UndoKit) -> bool:
        """The statement ran."""
        return self._store(replace(kit, state=DONE))

    def restored(self, kit: UndoKit) -> bool:
        """Its rows were put back."""
        return self._store(replace(kit, state=RESTORED))

    def drop(self, kit: UndoKit) -> None:
        """The statement did not run, or nobody wants the rows any more."""
        shutil.rmtree(self.path(kit), ignore_errors=True)

    def listing(self) -> list[UndoKit]:
        """All kits, the newest first."""
        try:
            names = os.listdir(self.directory)
        except OSError:
            return []
        found = [kit for name in names if (kit := self.find(name)) is not None]
        return sorted(found, key=lambda kit: (-kit.at, kit.id))

    def find(self, kit_id: str) -> UndoKit | None:
        """The kit of this id, None without one."""
        if not _ID.fullmatch(kit_id):
            return None
        data = read_private(f"{self.directory}/{kit_id}/{_RECORD}")
        kit = _parsed(data) if data else None
        return kit if kit is not None and kit.id == kit_id else None

    def path(self, kit: UndoKit) -> str:
        """The directory with the files of a kit."""
        return f"{self.directory}/{kit.id}"

    def data(self, kit: UndoKit, name: str) -> bytes | None:
        """One file of a kit."""
        return read_private(f"{self.path(kit)}/{name}")

    def sweep(self, now: float) -> None:
        """Remove the kits whose time is over."""
        for kit in self.listing():
            if kit.at < now - self._days * _DAY:
                self.drop(kit)

    def _store(self, kit: UndoKit) -> bool:
        data = json.dumps(asdict(kit), indent=1).encode("ascii")
        return write_private(f"{self.path(kit)}/{_RECORD}", data, sync=True)

    def _new_id(self) -> str:
        """Two groups of four, at least one letter first and one digit, as the ids of requests."""
        while True:
            drawn = [_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(8)]
            word = f"{''.join(drawn[:4])}-{''.join(drawn[4:])}"
            if _ID.fullmatch(word) and word[0].isalpha() and not os.path.lexists(f"{self.directory}/{word}"):
                return word


def undo_directory(state: str) -> str:
    """Where kits lie below the state directory."""
    return f"{state}/undo"


def _parsed(data: bytes) -> UndoKit | None:
    """A kit out of its file; None for anything that is not one."""
    try:
        found: dict[str, Any] = json.loads(data)
        found["parts"] = tuple((str(table), int(rows), str(how)) for table, rows, how in found["parts"])
        found["notes"] = tuple(str(note) for note in found["notes"])
        found["connection"] = {str(key): str(value) for key, value in found["connection"].items()}
        kit = UndoKit(**found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return kit if _typed(kit) else None


def _typed(kit: UndoKit) -> bool:
    numbers = {"at": (int, float), "rows": (int,), "size": (int,)}
    others = {"connection", "parts", "notes"}
    return all(
        type(getattr(kit, one.name)) in numbers.get(one.name, (str,)) for one in fields(kit) if one.name not in others
    )
