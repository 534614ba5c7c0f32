"""Which program has the terminal: is it a shell that no hook watches?

What must not live here: what is done about it. Reads /proc; where there is none, nothing is known.
"""

from __future__ import annotations

import os

from safeshell.shells import REMOTE_NAMES, SHELL_NAMES

_DEPTH = 8


def unhooked_shell(pgrp: int, hooked: set[int]) -> str:
    """The name of an interactive shell below the process group `pgrp` that is not in `hooked`, else "".

    The caller knows that the terminal is in a line editor's modes. The youngest descendants count:
    `sudo -i` runs root's shell in a terminal of its own.
    """
    pid = pgrp
    for _ in range(_DEPTH):
        if pid in hooked:
            return ""
        name = _name(pid)
        if name in SHELL_NAMES or name in REMOTE_NAMES:
            return name
        children = _children(pid)
        if not children:
            return ""
        pid = children[-1]
    return ""


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is not loaded in a session without need
            return file.read().strip()
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:  # noqa: PTH123 - the same
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def same_owner(pid: int) -> bool:
    """True when this process runs and is ours."""
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.geteuid()  # noqa: PTH116 - the same
    except OSError:
        return False
