"""Programs that a person had remembered on this host: path and sha256, for a number of days.

What must not live here: hashing (facts), asking (dialogs).
"""

from __future__ import annotations

import os

from safeshell.state.files import private_directory, read_private, write_private

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LIMIT = 2000
"""Programs that are kept; the oldest go first."""
_DAY = 86400.0


class Remembered:
    """The list of one person on one host.

    `host` keeps a home shared between hosts from carrying a program to another one. Under sudo
    nothing is known and nothing is kept: the person's word was given for the person's own rights.
    """

    def __init__(self, state: str, host: str, days: int, environ: Mapping[str, str]) -> None:
        self._directory = state
        self._path = f"{state}/programs.json"
        self._host = host
        self._seconds = days * _DAY
        self._sudo = under_sudo(environ)

    def knows(self, path: str, sha256: str, now: float) -> bool:
        """True when this very file was remembered here and its time is not over. `now` in epoch seconds."""
        if self._sudo:
            return False
        entry = self._entries().get(self._key(path))
        if not isinstance(entry, dict) or entry.get("sha256") != sha256:
            return False
        at = entry.get("at")
        return isinstance(at, (int, float)) and now - self._seconds < at <= now + _DAY

    def remember(self, path: str, sha256: str, now: float) -> bool:
        """Keep a program; False under sudo, where remembering is off, or when it could not be written."""
        if self._sudo or not self._seconds or not private_directory(self._directory):
            return False
        entries = self._entries() | {self._key(path): {"sha256": sha256, "at": now}}
        newest = sorted(entries.items(), key=_age)[-LIMIT:]
        return self._write(dict(newest))

    def forget(self, path: str) -> bool:
        """Take a program off the list; False when it was not on it."""
        entries = self._entries()
        return entries.pop(self._key(path), None) is not None and self._write(entries)

    def _key(self, path: str) -> str:
        return f"{self._host}:{path}"

    def _entries(self) -> dict[str, Any]:
        import json  # noqa: PLC0415 - only met with the first unknown program

        data = read_private(self._path)
        try:
            found = json.loads(data) if data else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, entries: Mapping[str, Any]) -> bool:
        import json  # noqa: PLC0415 - see above

        return write_private(self._path, json.dumps(entries, indent=1).encode())


def under_sudo(environ: Mapping[str, str]) -> bool:
    """True where somebody else's rights are borrowed."""
    return any(environ.get(name) for name in ("SUDO_USER", "SUDO_UID", "DOAS_USER")) or os.geteuid() != os.getuid()


def _age(item: tuple[str, Any]) -> float:
    at = item[1].get("at") if isinstance(item[1], dict) else 0
    return float(at) if isinstance(at, (int, float)) else 0.0
