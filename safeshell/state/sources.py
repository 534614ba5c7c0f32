"""Which configuration files there are, what each may do, and their texts.

What must not live here: YAML, layering, caching.
"""

from __future__ import annotations

import os
import stat

from safeshell.model.values import dataclass
from safeshell.state.paths import SYSTEM_CONFIG, builtin_config_dir, home_of, user_config

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_LIMIT = 2 << 20
"""Bytes of the longest configuration or pack file that is read."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Configuration files in the order in which they are heeded.

    `floor` may replace built-in defaults, `upper` may only tighten. `looked_at` are all paths whose
    coming or changing makes a difference, those that do not exist among them. `notices` say what
    was demoted and why. Packs in `adding_packs` may add rules to known commands and describe none.
    """

    floor: tuple[str, ...]
    upper: tuple[str, ...]
    packs: tuple[str, ...]
    looked_at: tuple[str, ...]
    notices: tuple[str, ...] = ()
    adding_packs: tuple[str, ...] = ()


def find_sources(environ: Mapping[str, str], config: str = "", system: str = SYSTEM_CONFIG) -> Sources:
    """The files of this person on this host; `config` is --config, `system` the administrator's directory."""
    main, parts = f"{system}/config.yaml", f"{system}/conf.d"
    user = f"{user_config(environ)}/config.yaml"
    system_files = [path for path in (main, *_yaml_files(parts)) if os.path.lexists(path)]
    user_files = [user] if os.path.lexists(user) else []
    named = [_expanded(path, environ) for path in (environ.get("SAFESHELL_CONFIG", ""), config) if path]
    floor, upper = (system_files, [*user_files, *named]) if system_files else (user_files, named)
    demoted = {path: why for path in floor if (why := _mistrusted(path))}
    packs = [path for folder in (f"{builtin_config_dir()}/packs", f"{system}/packs") for path in _yaml_files(folder)]
    own_packs = _yaml_files(f"{user_config(environ)}/packs")
    return Sources(
        floor=tuple(path for path in floor if path not in demoted),
        upper=(*demoted, *dict.fromkeys(upper)),
        packs=(*packs, *own_packs),
        looked_at=tuple(dict.fromkeys((main, parts, user, *system_files, *named))),
        notices=tuple(f"{path} {why}: it can only tighten" for path, why in demoted.items()),
        adding_packs=tuple(own_packs) if system_files else (),
    )


def _expanded(path: str, environ: Mapping[str, str]) -> str:
    if path.startswith("~/"):
        return home_of(environ) + path[1:]
    return os.path.abspath(path)


def _yaml_files(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [f"{folder}/{name}" for name in sorted(names) if name.endswith(".yaml") and not name.startswith(".")]


def _mistrusted(path: str) -> str:
    """Why a file may not loosen anything: somebody else could have written it."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    if found.st_uid not in {0, os.geteuid()}:
        return "belongs to somebody else"
    return "can be written by anybody" if found.st_mode & stat.S_IWOTH else ""


def read_source(path: str) -> str:
    """The text of a configuration file. Raises OSError, or ValueError where it is no UTF-8 text."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no regular file")
        data = file.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise ValueError("it is too long")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        byte = data[error.start]
        where = f"at line {line}, column {column} stands the byte {byte:#04x}"
        raise ValueError(f"{where}, which is no UTF-8; expected UTF-8 text") from None
