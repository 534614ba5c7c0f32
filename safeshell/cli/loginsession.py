"""`safeshell login session SHELL [login]`: the guarded session of a person who logged in.

safeshell-login waits for it and opens the real shell where it does not come to stand: SIGUSR1 tells it
that the guard stands, SIGUSR2 that it broke later. What must not live here: the choice of the shell
(safeshell-login), the session itself (gateways).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # typeshed has none; the C half of signal saves 3 ms before the fork
import os

from safeshell.shells import SHELLS

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from safeshell.cli.sessionguard import SessionGuard
    from safeshell.gateways.ports import Doors, GuardFactory

UNGUARDABLE = 64
"""Exit status for a shell that no session can guard."""
BROKEN = 70
_NOT_STARTED = (126, 127)
"""What a shell ends with that never came up; where its own files said so, the real shell reads them again."""
_STUB = "SAFESHELL_LOGIN_STUB"
_MESSAGES = 3


def main(words: list[str]) -> int:
    """The session's exit status, 64 for a shell that cannot be guarded, 70 when the guard broke."""
    program, login = words[0], words[1:2] == ["login"]
    stub = os.environ.pop(_STUB, "")
    tell = Teller(int(stub) if stub.isdigit() else 0)
    name = program.rpartition("/")[2]
    if name not in SHELLS:
        return UNGUARDABLE
    guards: list[SessionGuard] = []
    try:
        from safeshell.gateways.session import run_session

        status = run_session(_factory(tell, guards), shell=name, login=login, program=program)
    except Exception as fault:  # noqa: BLE001 - whatever breaks, safeshell-login opens the real shell
        if tell.stood:
            _say(f"safeshell: the guard broke ({type(fault).__name__}: {fault})")
            tell(_signal.SIGUSR2)
        return BROKEN
    if status in _NOT_STARTED and guards and not guards[0].prompted:
        tell(_signal.SIGUSR2)
        return BROKEN
    return status


class Teller:
    """Sends signals to safeshell-login, and to nobody else who may be our parent."""

    def __init__(self, stub: int) -> None:
        self.stub = stub
        self.stood = False

    def __call__(self, number: int) -> None:
        """Tell it; from the first time on the guard has stood."""
        self.stood = True
        if self.stub and os.getppid() == self.stub:
            os.kill(self.stub, number)


def _factory(tell: Teller, guards: list[SessionGuard]) -> GuardFactory:
    """Makes the session's guard once the shell was forked, puts it into `guards` and says that it stands."""

    def factory(doors: Doors) -> SessionGuard:
        from safeshell.cli.sessionguard import SessionGuard
        from safeshell.cli.setting import load_setting

        guard = SessionGuard(doors, load_setting(login_shell=True))
        guards.append(guard)
        tell(_signal.SIGUSR1)
        return guard

    return factory


def _say(line: str) -> None:
    try:
        os.write(_MESSAGES, f"{line}\r\n".encode("utf-8", "replace"))
    except OSError:
        return
