"""Who is logged in here, and how this session came in; from psutil and the ssh variables.

What must not live here: sentences about one command.
"""

from __future__ import annotations

import os
import time

from safeshell.model.values import dataclass
from safeshell.previews.telling import span


@dataclass(frozen=True, slots=True)
class Login:
    """One login: who, on which terminal, from where ("" for the console), since when (epoch seconds)."""

    user: str
    terminal: str
    origin: str
    since: float

    def line(self) -> str:
        """Ready for a screen."""
        origin = f"from {self.origin}" if self.origin else "on the console"
        mine = "  (this terminal)" if self.terminal and self.terminal == own_terminal() else ""
        return f"{self.user:<10} {self.terminal:<8} {origin}, for {span(time.time() - self.since)}{mine}"


def logins() -> list[Login]:
    """Everybody who is logged in, as utmp tells."""
    import psutil

    return [
        Login(user.name, user.terminal or "", (user.host or "").strip(), user.started)
        for user in psutil.users()
        if user.name
    ]


def own_terminal() -> str:
    """`pts/3`, or "" without one."""
    for number in (0, 1, 2):
        try:
            return os.ttyname(number).removeprefix("/dev/")
        except OSError:
            continue
    return ""


def own_ssh() -> tuple[str, str] | None:
    """(their address, our address) of the ssh connection that this session came in over."""
    fields = os.environ.get("SSH_CONNECTION", "").split()
    return (fields[0], fields[2]) if len(fields) == 4 else None  # noqa: PLR2004 - ssh(1): client, port, server, port
