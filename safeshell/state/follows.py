"""Which remote hosts a person lets safe-ssh follow into: one answer a host, kept until it is asked anew.

What must not live here: asking.
"""

from __future__ import annotations

import json

from safeshell.state.files import read_private, write_private

_MOST = 2000


class Follows:
    """The answers of one person, by `user@host:port`."""

    def __init__(self, state: str) -> None:
        self._path = f"{state}/follow.json"

    def answer(self, key: str) -> bool | None:
        """What was answered for a host, None where nobody asked."""
        return self._read().get(key)

    def keep(self, key: str, yes: bool) -> bool:  # noqa: FBT001 - the answer itself
        """Remember an answer; False where it cannot be written (then it is asked again)."""
        known = {**self._read(), key: yes}
        kept = dict(list(known.items())[-_MOST:])
        return write_private(self._path, json.dumps(kept).encode())

    def _read(self) -> dict[str, bool]:
        try:
            found = json.loads(read_private(self._path) or b"{}")
        except ValueError:
            return {}
        return (
            {key: value for key, value in found.items() if isinstance(value, bool)} if isinstance(found, dict) else {}
        )
