"""Private directories and files of the records: owned by us, closed to others, never a symbolic link.

What must not live here: what is written into them.
"""

from __future__ import annotations

import os
import stat

from safeshell.model.errors import RecordError

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


def state_directory(environ: Mapping[str, str]) -> str:
    """$SAFESHELL_STATE_DIR, else $XDG_STATE_HOME/safeshell, else ~/.local/state/safeshell.

    A relative XDG_STATE_HOME is ignored, as the base directory specification asks.
    """
    if own := environ.get("SAFESHELL_STATE_DIR", ""):
        return os.path.abspath(own)
    base = environ.get("XDG_STATE_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(environ.get("HOME", "") or os.path.expanduser("~"), ".local", "state")
    return f"{base}/safeshell"


def private_directory(path: str) -> None:
    """Make `path` (and its parents) if it is missing, and see to it that it is ours alone.

    Raises:
        RecordError: it is a symbolic link, no directory, somebody else's, or cannot be made.
    """
    try:
        os.makedirs(path, DIRECTORY_MODE, exist_ok=True)
        found = os.lstat(path)
        _check_kind(path, found, stat.S_ISDIR, "a directory")
        if stat.S_IMODE(found.st_mode) & ~DIRECTORY_MODE:
            os.chmod(path, DIRECTORY_MODE)
    except OSError as error:
        raise RecordError(f"{path} cannot be used to keep records: {error.strerror or error}") from error


def unusable(path: str) -> str:
    """Why nothing could be written into this directory, which is made if it is missing; "" where it could.

    A quick look for the start of a session. What only shows when it is tried (quotas) the first event tells.
    """
    try:
        private_directory(path)
        if not os.access(path, os.W_OK | os.X_OK):
            return f"{path} cannot be used to keep records: it may not be written to"
        if not os.statvfs(path).f_bavail:
            return f"{path} cannot be used to keep records: no space left on device"
    except RecordError as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be used to keep records: {error.strerror or error}"
    return ""


def open_private(path: str, flags: int) -> int:
    """Open a regular file that belongs to us and to nobody else; the descriptor is closed on exec.

    O_NOFOLLOW and O_NONBLOCK are added, so that neither a link nor a waiting FIFO can catch us;
    group and other permissions that somebody added are taken away again.

    Raises:
        RecordError: the path is a link, no regular file, or belongs to somebody else.
        OSError: whatever else open(2) says (missing, no permission, disk full).
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        if os.path.islink(path):
            raise RecordError(f"{path} is a symbolic link: records are never written through one. Remove it") from error
        raise
    try:
        found = os.fstat(descriptor)
        _check_kind(path, found, stat.S_ISREG, "a regular file")
        if stat.S_IMODE(found.st_mode) & ~FILE_MODE:
            os.fchmod(descriptor, FILE_MODE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sync_directory(path: str) -> None:
    """Put the directory's entries on the disk, so that a new file's name survives a power loss."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_kind(path: str, found: os.stat_result, is_kind: object, kind: str) -> None:
    if not callable(is_kind) or not is_kind(found.st_mode):
        raise RecordError(f"{path} is not {kind}: move it away, safeshell then makes its own")
    if found.st_uid != os.geteuid():
        raise RecordError(
            f"{path} belongs to user {found.st_uid}, not to user {os.geteuid()}: records are kept in one's own files only"
        )
