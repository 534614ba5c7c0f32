"""Paths judged by their spelling alone, for `safeshell check` without --here.

The current directory is taken as one outside any home and work tree; overwriting is taken as
overwriting something. What must not live here: looking at files.
"""

from __future__ import annotations

from safeshell.facts.paths import SCRATCH, below, normal
from safeshell.model.facts import PathFact

BLIND_HOME = "/~home"
BLIND_CWD = "/~cwd"
"""Stand-ins that no real path is spelled like."""


def blind_path(subject: str) -> PathFact:
    """What a path's spelling tells."""
    path = normal(_written(subject))
    home = BLIND_HOME if below(path, BLIND_HOME) else None
    roots = (*SCRATCH, f"{BLIND_HOME}/.cache")
    return PathFact(
        path=path,
        resolved=path,
        exists=True,
        home=home,
        scratch_root=next((root for root in roots if below(path, root)), None),
        cwd_below=below(path, BLIND_CWD),
        looked=False,
    )


def _written(subject: str) -> str:
    if subject == "~" or subject.startswith("~/"):
        return BLIND_HOME + subject[1:]
    if subject.startswith("~"):
        return f"/{subject}"
    return subject if subject.startswith("/") else f"{BLIND_CWD}/{subject}"
