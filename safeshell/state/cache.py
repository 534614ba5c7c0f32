"""Compiled values kept between starts: marshal in a private file, valid while every source is the same.

Never pickle: a cache file can then hold data only. What must not live here: what is compiled.
"""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32

import safeshell
from safeshell.state.files import private_directory, read_private, write_private

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

Stamp = tuple[str, int, int, int, int, int]
"""Path, mtime in nanoseconds, size, inode, owner and mode; -1 each where there is no such file."""


def stamp(path: str) -> Stamp:
    """What identifies the present contents of a file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return (path, -1, -1, -1, -1, -1)
    return (path, found.st_mtime_ns, found.st_size, found.st_ino, found.st_uid, found.st_mode)


def cached(
    directory: str, kind: str, sources: Sequence[str], version: int, compile_: Callable[[], tuple[Any, bool]]
) -> Any:
    """A value compiled from files, from the cache when none of them changed.

    `compile_` gives the value and whether it may be kept; it must consist of what marshal takes.
    `version` is that of the value's form. A cache that cannot be read or written is never a fault.
    """
    # Stamped before compiling: a file that changes meanwhile has another stamp next time.
    key = (safeshell.__version__, version, sys.hexversion, os.geteuid(), tuple(stamp(path) for path in sources))
    path = f"{directory}/{kind}-{crc32(chr(0).join(sources).encode('utf-8', 'surrogateescape')):08x}.bin"
    found = _load(path)
    if isinstance(found, tuple) and len(found) == 2 and found[0] == key:  # noqa: PLR2004 - key and value
        return found[1]
    value, keep = compile_()
    if keep and private_directory(directory):
        write_private(path, marshal.dumps((key, value)))
    return value


def _load(path: str) -> Any:
    data = read_private(path)
    if data is None:
        return None
    try:
        return marshal.loads(data)  # noqa: S302 - a private file of our own, checked when it was opened
    except (EOFError, ValueError, TypeError):
        return None
