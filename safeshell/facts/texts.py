"""Texts of files that an action would run, and programs with their fingerprints.

What must not live here: reading the texts as a language, remembering programs (state.remembered).
"""

from __future__ import annotations

import os
import stat

TEXT_LIMIT = 1 << 20
"""Bytes of the longest file that is read as a program text."""
PROGRAM_LIMIT = 256 << 20
"""Bytes of the longest program that is fingerprinted."""
_CHUNK = 1 << 20


def open_regular(path: str) -> int | None:
    """A descriptor of a readable regular file, None for anything else; never blocks on a FIFO."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    return None


def file_text(path: str) -> str | None:
    """The text of a file of at most 1 MiB; None when it is not one, or may not be read."""
    handle = open_regular(path)
    if handle is None:
        return None
    try:
        data = _read(handle, TEXT_LIMIT + 1)
    except OSError:
        return None
    finally:
        os.close(handle)
    if len(data) > TEXT_LIMIT or b"\0" in data:
        return None
    return data.decode("utf-8", "replace")


def _read(handle: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(handle, min(limit, _CHUNK))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def find_program(word: str, cwd: str, search: str) -> str | None:
    """The file that a command word names: a path, or the first match in `search` ($PATH)."""
    if "/" in word:
        path = word if word.startswith("/") else f"{cwd}/{word}" if cwd else ""
        return os.path.realpath(path) if path and _runnable(path) else None
    for folder in search.split(":"):
        path = f"{folder or cwd or '.'}/{word}"
        if _runnable(path):
            return os.path.realpath(path)
    return None


def _runnable(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def fingerprint(path: str) -> str | None:
    """The sha256 of a program in hexadecimal; None when it may not be read or is too big."""
    from hashlib import sha256

    handle = open_regular(path)
    if handle is None:
        return None
    try:
        if os.fstat(handle).st_size > PROGRAM_LIMIT:
            return None
        digest = sha256()
        while part := os.read(handle, _CHUNK):
            digest.update(part)
        return digest.hexdigest()
    except OSError:
        return None
    finally:
        os.close(handle)
