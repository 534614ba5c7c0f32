"""What is known of a path: where it leads, whether it exists, below which roots it lies.

Roots count only when the path lies below them both as written and with symbolic links followed.
What must not live here: what is scratch by effect (policy.scratch), reading contents.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from safeshell.model.facts import PathFact
from safeshell.model.values import dataclass

SCRATCH = ("/tmp", "/var/tmp")  # noqa: S108 - names only, nothing is created there
REGENERABLE = frozenset({"node_modules", "build", "target", "dist", "__pycache__", ".venv"})
"""Directories that a build makes again."""
GLOB_CHARACTERS = frozenset("*?[")
_SYSTEM = frozenset({"/", "/etc", "/usr", "/var", "/boot", "/bin", "/sbin", "/lib", "/dev", "/proc", "/sys", "/run"})
"""No home and no work tree, whatever passwd or a .git there says (etckeeper keeps /etc in git)."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Directories that decide whose loss a path would be.

    `home` is what `~` means. `homes` and `scratch` are (as written, resolved).
    """

    home: str
    homes: tuple[tuple[str, str], ...]
    scratch: tuple[tuple[str, str], ...]


def roots_of(home: str, environ: Mapping[str, str], further_homes: Sequence[str] = ()) -> Roots:
    """The roots of a person. `environ` is that of the guard's start, `further_homes` e.g. the demo's directory."""
    homes = [path for path in (home, _passwd_home(), *further_homes) if path.startswith("/")]
    scratch = [*SCRATCH, *_tmpdir(environ.get("TMPDIR", ""))]
    scratch += [f"{path}/.cache" for path in homes]
    return Roots(home, _pairs(homes), _pairs(scratch))


def _home_of(user: str) -> str:
    """Another user's home; "" where there is no such user, and `~user` is then an ordinary name."""
    import pwd

    try:
        return pwd.getpwnam(user).pw_dir
    except (KeyError, ValueError):
        return ""


def _passwd_home() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def _tmpdir(path: str) -> list[str]:
    """$TMPDIR where it lies below the places that temporary files belong to."""
    allowed = (*SCRATCH, "/run/user")
    real = os.path.realpath(path) if path.startswith("/") else ""
    fits = any(below(os.path.normpath(path), root) and below(real, os.path.realpath(root)) for root in allowed)
    return [path] if real and fits else []


def _pairs(paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = {(normal(path), os.path.realpath(path)) for path in paths}
    return tuple(sorted(pair for pair in found if not _SYSTEM.intersection(pair)))


def normal(path: str) -> str:
    """The path without `.`, `..` and doubled slashes, by its spelling alone."""
    return "/" + os.path.normpath(path).lstrip("/")


def below(path: str, root: str) -> bool:
    """True when the path lies strictly below the root; both normal."""
    return path.startswith(root.rstrip("/") + "/") and path != root


def absolute(subject: str, cwd: str, home: str) -> str | None:
    """The path from the root, None where the current directory or a home is not known."""
    if not subject or not _nameable(subject):
        return None
    if subject.startswith("~"):
        name, _, rest = subject[1:].partition("/")
        found = _home_of(name) if name else home
        if found or not name:
            return f"{found}/{rest}" if found else None
    if subject.startswith("/"):
        return subject
    return f"{cwd}/{subject}" if cwd.startswith("/") else None


def _nameable(subject: str) -> bool:
    """False for what no file can be called: a NUL, characters that have no bytes."""
    try:
        return b"\0" not in os.fsencode(subject)
    except UnicodeEncodeError:
        return False


def path_fact(subject: str, cwd: str, roots: Roots) -> PathFact | None:
    """Look at one path; None where it cannot be told which path is meant."""
    written = absolute(subject, cwd, roots.home)
    if written is None:
        return None
    globbed = bool(GLOB_CHARACTERS.intersection(subject)) and not os.path.lexists(written)
    path, resolved = (normal(written), os.path.realpath(written)) if not globbed else _globbed(written)
    exists, kind, looked = _look(written if not globbed else glob_prefix(written))
    return PathFact(
        path=path,
        resolved=resolved,
        exists=exists,
        kind="" if globbed else kind,
        home=_holding(path, resolved, roots.homes),
        work_tree=work_tree(path, resolved),
        scratch_root=_scratch_root(path, resolved, roots),
        cwd_below=bool(cwd) and below(path, normal(cwd)) and below(resolved, os.path.realpath(cwd)),
        looked=looked,
    )


def glob_prefix(written: str) -> str:
    """The directory up to the first component that holds pattern characters."""
    parts = written.split("/")
    first = next(index for index, part in enumerate(parts) if GLOB_CHARACTERS.intersection(part))
    return "/".join(parts[:first]) or "/"


def _globbed(written: str) -> tuple[str, str]:
    """A pattern's path and resolved path: links are followed up to its first pattern character."""
    prefix = glob_prefix(written)
    rest = written[len(prefix) :].lstrip("/")
    if ".." in rest.split("/"):
        # A way back up from names that nobody has seen: no root may be claimed for it.
        return "/", "/"
    return normal(f"{prefix}/{rest}"), normal(f"{os.path.realpath(prefix)}/{rest}")


def _look(written: str) -> tuple[bool, str, bool]:
    """Exists, kind, and whether that could be looked at."""
    try:
        mode = os.stat(written).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False, "", True
    except (OSError, ValueError):
        return True, "", False
    if stat.S_ISREG(mode):
        return True, "file", True
    if stat.S_ISDIR(mode):
        return True, "directory", True
    return True, ("device" if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) else "other"), True


def _holding(path: str, resolved: str, roots: Sequence[tuple[str, str]]) -> str | None:
    """The nearest root that holds the path both as written and resolved."""
    held = [pair for pair in roots if _within(path, pair) and below(resolved, pair[1])]
    return max(held, key=lambda pair: len(pair[1]))[0] if held else None


def _within(path: str, pair: tuple[str, str]) -> bool:
    return below(path, pair[0]) or below(path, pair[1])


def work_tree(path: str, resolved: str) -> str | None:
    """The git work tree that holds the path, both as written and resolved."""
    real = _tree_above(resolved)
    if real is None:
        return None
    written = real if below(path, real) else _tree_above(path)
    return written if written is not None and os.path.realpath(written) == real else None


def _tree_above(path: str) -> str | None:
    folder = os.path.dirname(path)
    while folder not in _SYSTEM:
        if _is_tree(folder):
            return folder
        folder = os.path.dirname(folder)
    return None


def _is_tree(folder: str) -> bool:
    """True for a directory with a repository, or with the file that points to one."""
    mark = f"{folder}/.git"
    return os.path.isfile(mark) or os.path.isfile(f"{mark}/HEAD")


def _scratch_root(path: str, resolved: str, roots: Roots) -> str | None:
    """The nearest root when it is a scratch one, None when it is a home, or a home goes with the path."""
    if any(_covers(path, home) or _covers(resolved, real) for home, real in roots.homes):
        return None
    regenerable = _regenerable(path, resolved, roots)
    if regenerable is not None:
        return regenerable
    scratch = _holding(path, resolved, roots.scratch)
    home = _holding(path, resolved, roots.homes)
    if scratch is None or (home is not None and len(os.path.realpath(home)) > len(os.path.realpath(scratch))):
        return None
    return scratch


def _covers(path: str, home: str) -> bool:
    """True when a home is this path, lies below it, or may be one of a pattern's matches."""
    parts, own = path.split("/"), home.split("/")
    return len(parts) <= len(own) and all(fnmatchcase(*pair) for pair in zip(own, parts, strict=False))


def _regenerable(path: str, resolved: str, roots: Roots) -> str | None:
    """The regenerable directory that the path is or lies in, inside a work tree or scratch."""
    inside = work_tree(path, resolved) or _holding(path, resolved, roots.scratch)
    if inside is None or ".git" in resolved.split("/"):
        return None
    lexical = _named_part(path, inside)
    real = _named_part(resolved, os.path.realpath(inside))
    return lexical if lexical is not None and real is not None else None


def _named_part(path: str, inside: str) -> str | None:
    if not below(path, inside):
        return None
    parts = path[len(inside) :].strip("/").split("/")
    first = next((index for index, part in enumerate(parts) if part in REGENERABLE), None)
    return None if first is None else "/".join([inside.rstrip("/"), *parts[: first + 1]])
