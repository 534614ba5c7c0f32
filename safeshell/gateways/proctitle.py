"""Takes a secret out of our own command line, where every process list shows it.

Linux only: the kernel shows the memory in which a process got its arguments, so what is overwritten there
is gone from `ps`. What must not live here: what is secret.
"""

from __future__ import annotations

import ctypes
import os

_ARG_START, _ARG_END = 45, 46
"""Fields 48 and 49 of /proc/PID/stat, counted from the one behind the name (proc(5))."""


def forget_argument(text: str) -> bool:
    """Overwrite an argument of this process; False where it is not to be found."""
    secret = os.fsencode(text)
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
        shown = _own_arguments()
    except (OSError, ValueError, IndexError):
        return False
    at = b"\0".join((b"", shown)).find(b"\0" + secret + b"\0")
    if not secret or at < 0 or at + len(secret) > end - start:
        return False
    ctypes.memset(start + at, ord("*"), len(secret))
    return True


def _own_arguments() -> bytes:
    """Our arguments as a process list shows them. Raises OSError."""
    with open("/proc/self/cmdline", "rb") as file:
        return file.read()
