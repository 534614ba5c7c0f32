"""Which program has the terminal: is it a shell that no hook watches?

What must not live here: what is done about it. Reads /proc; where there is none, nothing is known.
"""

from __future__ import annotations

import os

from safeshell.shells import REMOTE_NAMES, SHELL_NAMES

_DEPTH = 12


def unhooked_shell(pgrp: int, hooked: set[int], *, line_editor: bool) -> str:
    """The name of an interactive shell below the process group `pgrp` that is not in `hooked`, else "".

    `line_editor` says that the terminal is in a line editor's modes; otherwise only a shell counts that
    has no script and reads its commands from the terminal, as dash does. The youngest descendants
    count: `sudo -i` runs root's shell in a terminal of its own.
    """
    pid, found = pgrp, ""
    for _ in range(_DEPTH):
        if pid in hooked:
            return ""  # what stands above it only waits for it, as the shell by which su starts another
        name = _name(pid)
        if found or (line_editor and (name in SHELL_NAMES or name in REMOTE_NAMES)):
            found = found or name
        elif name in SHELL_NAMES and _reads_terminal(pid) and not _is_subshell(pid, hooked):
            found = name
        children = _children(pid)
        if not children:
            break
        pid = children[-1]
    return found


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _reads_terminal(pid: int) -> bool:
    """True when it was started without a script or text, and its standard input is a terminal."""
    try:
        if any(word[:1] not in (b"-", b"+") or b"c" in word for word in _words(pid)[1:]):
            return False
        return _is_terminal(os.readlink(f"/proc/{pid}/fd/0"))
    except OSError:
        return False


def _is_subshell(pid: int, hooked: set[int]) -> bool:
    """True for a fork of a hooked shell, which still bears its words."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
        return parent in hooked and _words(parent) == _words(pid)
    except (OSError, ValueError, IndexError):
        return False


def _words(pid: int) -> list[bytes]:
    """The words that a process was started with. Raises OSError."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().split(b"\0")[:-1]


def _is_terminal(path: str) -> bool:
    return path.startswith(("/dev/pts/", "/dev/tty"))


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def same_owner(pid: int) -> bool:
    """True when this process runs and is ours."""
    try:
        return os.stat(f"/proc/{pid}").st_uid == os.geteuid()
    except OSError:
        return False
