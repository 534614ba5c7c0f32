"""Where the bash parser is. What must not live here: running it; imports, since the first prompt asks.

Without it only lines of plain words can be judged, so a session says so in its prompt.
"""

from __future__ import annotations

import os
import sys


def find_shfmt() -> str | None:
    """The shfmt that was installed with safeshell (beside the interpreter), else the one of PATH."""
    places = [os.path.dirname(sys.executable), *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    return find(places, "shfmt")


def find(places: list[str], name: str) -> str | None:
    """The first file of this name that can be run; places that are no absolute paths don't count."""
    candidates = (f"{place}/{name}" for place in places if place.startswith("/"))
    return next((path for path in candidates if os.access(path, os.X_OK) and not os.path.isdir(path)), None)
