"""The configuration as safeshell-login can read it: lines of a key and a value.

    shell /bin/zsh             the real shell
    automation 1001 deploy     a user that is never guarded; `-` where nobody has that name yet
    source /etc/safeshell/...  a file that this was made of

They are made anew by whoever may write them when a source is newer. What must not live here: reading
them (safeshell-login does), the keys themselves (policy.schema).
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from time import time

from safeshell.model.values import dataclass
from safeshell.policy.config import Layer, examine
from safeshell.state.paths import SYSTEM_CONFIG, state_directory, user_config
from safeshell.state.sources import find_sources, read_source

NAME = "login.settings"
_MODE = 0o644
_SETTLED = 2.0


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """What safeshell-login goes by, of one or several files. `shell` is "" where none is named."""

    shell: str = ""
    automation: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """The lines of the file."""
        if self.shell:
            yield f"shell {self.shell}"
        for name in self.automation:
            yield f"automation {_uid(name)} {name}"
        for path in self.sources:
            yield f"source {path}"


def read_settings(environ: Mapping[str, str], system: str = SYSTEM_CONFIG) -> tuple[LoginSettings, LoginSettings]:
    """The administrator's settings and the person's own; a file that is wrong counts as far as it can be read."""
    sources = find_sources(environ, "", system)
    own = f"{user_config(environ)}/config.yaml"
    files = [path for path in (*sources.floor, *sources.upper) if os.path.exists(path)]
    return _of([path for path in files if _below(path, system)]), _of([path for path in files if path == own])


def effective(administrators: LoginSettings, own: LoginSettings) -> LoginSettings:
    """Under an administrator's floor a person's own file only chooses the shell, and only where the floor does not."""
    if not administrators.sources:
        return own
    return LoginSettings(administrators.shell or own.shell, administrators.automation, administrators.sources)


def write_settings(settings: LoginSettings, path: str) -> bool:
    """Write them where they may be written, as old as their newest source; False where they may not."""
    if not settings.sources:
        return False
    fresh = f"{path}.{os.getpid()}"
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in settings.lines()))
        os.chmod(fresh, _MODE)
        age = _age(settings.sources)
        os.utime(fresh, (age, age))
        os.replace(fresh, path)
    except OSError:
        return False
    return True


def refresh(environ: Mapping[str, str], system: str = SYSTEM_CONFIG) -> LoginSettings:
    """What counts for this person now; the files are made anew where this process may."""
    administrators, own = read_settings(environ, system)
    write_settings(administrators, f"{system}/{NAME}")
    state = state_directory(environ)
    os.makedirs(state, 0o700, exist_ok=True)
    write_settings(own, f"{state}/{NAME}")
    return effective(administrators, own)


def _of(paths: Sequence[str]) -> LoginSettings:
    """Keys without an order belong to the first file that sets them."""
    shell, automation = "", ()
    for path in paths:
        values = _layer(path).values
        shell = shell or str(values.get("login.shell") or "")
        automation = automation or tuple(values.get("login.automation") or ())
    return LoginSettings(os.path.expanduser(shell), automation, tuple(paths))


def _age(sources: Sequence[str]) -> float:
    """The newest source's time, seconds since the epoch.

    safeshell-login asks whether a source is newer, and some shells compare whole seconds: what changed
    just now may change again in the same second, so it stays newer until the next time.
    """
    newest = max(os.stat(source).st_mtime for source in sources)
    return newest if time() - newest > _SETTLED else newest - _SETTLED


def _layer(path: str) -> Layer:
    try:
        return examine(read_source(path), path)[1]
    except (OSError, ValueError):
        return Layer(path)


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _uid(name: str) -> str:
    try:
        return str(pwd.getpwnam(name).pw_uid)
    except KeyError:
        return "-"
