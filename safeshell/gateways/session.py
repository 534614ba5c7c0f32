"""The guarded session: one pty, one shell, one guard.

`run_session` forks the shell first and imports the rest while the shell reads its start files. The
Session is a poll loop that forwards bytes, answers the hook and lends the terminal to dialogs; the
ports are told in `gateways.ports`. What must not live here: judging, what bytes mean (protocols.hook,
gateways.screen), how a dialog looks.
"""

from __future__ import annotations

import os

from safeshell.gateways.launch import launch

TYPE_CHECKING = False  # typing.TYPE_CHECKING without its module, which costs 10 ms before the fork
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.gateways.ports import GuardFactory


def run_session(
    guard_factory: GuardFactory,
    shell: str = "bash",
    *,
    login: bool = False,
    program: str = "",
    extra: Mapping[str, str] | None = None,
) -> int:
    """Run a guarded shell on this terminal; its exit status, 128+n after a death by signal n.

    `program` and `extra` are told at `launch`. Without a terminal nothing starts: 2; where the
    kernel refuses a terminal, a process or a file: 1.
    """
    if not os.isatty(0) or not os.isatty(1):
        os.write(2, b"safeshell: a guarded shell needs a terminal; use `safeshell check` in scripts\n")
        return 2
    try:
        child = launch(shell, login=login, program=program, extra=extra)
    except OSError as fault:
        said = (
            f"safeshell: a guarded {shell} cannot be started here ({fault.strerror or fault}); see ulimit -a and df\n"
        )
        os.write(2, said.encode())
        return 1
    from safeshell.gateways.loop import Session

    return Session(child, guard_factory).run()
