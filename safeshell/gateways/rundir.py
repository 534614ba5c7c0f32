"""The session's private directory: the control socket, the door for shells inside, nothing secret.

What must not live here: what is said over the socket. Imported before the fork, so it imports nothing
that Python hasn't loaded.
"""

from __future__ import annotations

import os
import stat

from safeshell.shells import DIRECTORY, START_FILES

PIPES = ("lo", "li", "bo", "bi", "t")
"""A shell's named pipes, by the ends of their names: line out and in, backstop out and in, token."""
_LONGEST = 80
"""A unix socket's path may have 107 bytes; the session's own part is short."""


def make() -> str:
    """A new directory of mode 0700 in a place of ours. Raises OSError."""
    for base in _bases():
        try:
            os.makedirs(base, mode=0o700, exist_ok=True)
            if len(base) <= _LONGEST and _private(base):
                path = f"{base}/{os.getpid():x}-{os.urandom(3).hex()}"
                os.mkdir(path, 0o700)
                os.mkfifo(f"{path}/nest", 0o600)
                for name, file in START_FILES.items():
                    os.symlink(f"{DIRECTORY}/{file}", f"{path}/{name}")
                return path
        except OSError:
            continue
    raise OSError("no private directory for the session: tried " + ", ".join(_bases()))


def open_pipes(base: str, *, make: bool = False) -> list[int]:
    """Our ends of the pipes BASE.lo and so on, made before where `make` says so. Raises OSError."""
    ends: list[int] = []
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        for name in PIPES:
            if make:
                os.mkfifo(f"{base}.{name}", 0o600)
            ends.append(os.open(f"{base}.{name}", flags))
    except OSError:
        for end in ends:
            os.close(end)
        raise
    return ends


def remove(path: str) -> None:
    """Take the directory away again, with what is left in it."""
    try:
        for name in os.listdir(path):
            os.unlink(f"{path}/{name}")
        os.rmdir(path)
    except OSError:
        return


def forget(path: str, beginning: str) -> None:
    """Take the names away that begin so; what is open stays open."""
    try:
        for name in os.listdir(path):
            if name.startswith(beginning):
                os.unlink(f"{path}/{name}")
    except OSError:
        return


def _bases() -> list[str]:
    home = os.environ.get("HOME", "")
    state = (
        os.environ.get("SAFESHELL_STATE_DIR")
        or (os.environ.get("XDG_STATE_HOME") or f"{home}/.local/state") + "/safeshell"
    )
    found = [f"{os.environ['XDG_RUNTIME_DIR']}/safeshell"] if os.environ.get("XDG_RUNTIME_DIR") else []
    return [*found, f"{state}/run", f"/tmp/safeshell-{os.geteuid()}"]  # noqa: S108 - checked for owner and mode


def _private(path: str) -> bool:
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
