"""Small private files that are replaced whole: made aside, then renamed over the old one.

What must not live here: what stands in them.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING

from safeshell.model.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
LARGEST = 16 * 1024 * 1024
"""No file of ours is larger, in bytes; a larger one is not read."""

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def locked(directory: str, *, patience: float = 2.0) -> Iterator[None]:
    """Hold the directory's lock, after seeing to it that the directory is ours alone.

    Raises:
        RecordError: it is not, or cannot be used, or another process holds the lock for `patience` seconds.
    """
    try:
        _own_directory(directory)
        descriptor = os.open(f"{directory}/lock", os.O_RDWR | os.O_CREAT | _SAFE, FILE_MODE)
    except OSError as error:
        raise RecordError(f"{directory} cannot be used: {error.strerror or error}") from error
    try:
        _wait(descriptor, directory, patience)
        yield
    except OSError as error:
        raise RecordError(f"{directory} cannot be used: {error.strerror or error}") from error
    finally:
        os.close(descriptor)


def read(path: str) -> bytes | None:
    """The content of one of our files; None if there is none, or it is a link, too large, or somebody else's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFE)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size > LARGEST:
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as source:
            return source.read(LARGEST)
    finally:
        os.close(descriptor)


def replace(path: str, content: bytes) -> None:
    """Put this content in the place of the file at once; it is on the disk before this returns.

    Raises:
        OSError: it could not be written; the old content stands.
    """
    aside = f"{path}.{os.getpid()}.new"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        os.rename(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


def _own_directory(path: str) -> None:
    os.makedirs(path, DIRECTORY_MODE, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise RecordError(f"{path} is not a directory of user {os.geteuid()}: move it away, safeshell makes its own")
    if stat.S_IMODE(found.st_mode) & ~DIRECTORY_MODE:
        os.chmod(path, DIRECTORY_MODE)


def _wait(descriptor: int, directory: str, patience: float) -> None:
    deadline = monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                raise RecordError(f"{directory} has been locked by another process for {patience:g} s") from None
        sleep(0.005)
