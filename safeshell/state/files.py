"""Private files: written at once or not at all, read only when they are ours alone.

What must not live here: what stands in them.
"""

from __future__ import annotations

import os
import stat

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
READ_LIMIT = 64 << 20
"""Bytes of the longest private file that is read."""
_OTHERS = 0o077


def private_directory(path: str) -> bool:
    """Make the directory 0700 if it is missing; False when it is not ours, or cannot be made."""
    try:
        os.makedirs(path, DIRECTORY_MODE, exist_ok=True)
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        if stat.S_IMODE(found.st_mode) & _OTHERS:
            os.chmod(path, DIRECTORY_MODE)
    except OSError:
        return False
    return True


def read_private(path: str) -> bytes | None:
    """The bytes of a regular file that belongs to us and that nobody else may touch, else None."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if not ours or found.st_mode & _OTHERS or found.st_size > READ_LIMIT:
            return None
        try:
            return file.read()
        except OSError:
            return None


def write_private(path: str, data: bytes, *, sync: bool = False) -> bool:
    """Replace a file in one step, mode 0600; False when it could not be written.

    `sync` puts contents and name on the disk before returning.
    """
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(handle)
        os.replace(temporary, path)
        if sync:
            _sync_directory(os.path.dirname(path))
    except OSError:
        _remove(temporary)
        return False
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _sync_directory(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
