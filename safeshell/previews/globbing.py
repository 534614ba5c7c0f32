"""Path patterns of a shell line, expanded as bash would with its default options.

Dotfiles match only a pattern that starts with a dot, `**` is `*`, a pattern without a match stays as
it is (bash manual, section 3.5.8). What must not live here: looking into what was found.
"""

from __future__ import annotations

import glob
import os

_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:xdigit:]": "0-9a-fA-F",
    "[:word:]": "a-zA-Z0-9_",
    "[:blank:]": " \t",
    "[:space:]": " \t\n\r\f\v",
}


def expand(pattern: str) -> list[str]:
    """The absolute pattern's matches in order; the pattern itself where nothing matches."""
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    found = sorted(glob.iglob(pattern.replace("[^", "[!")))
    return found or [pattern]


def shorter(path: str, cwd: str | None) -> str:
    """The path as a person in `cwd` would write it."""
    if cwd and cwd != "/" and path.startswith(cwd.rstrip("/") + "/"):
        return path[len(cwd.rstrip("/")) + 1 :] or "."
    home = os.path.expanduser("~")
    if home != "/" and path.startswith(home + "/"):
        return "~" + path[len(home) :]
    return path
