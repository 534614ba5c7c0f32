"""Taking the preview of one Redis command: which look fits, and what becomes of a look that fails.

What must not live here: any look.
"""

from __future__ import annotations

import time

from safeshell.languages.redis.keyspecs import SHAPES
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.values import dataclass, replace
from safeshell.previews.redis import administration, flush, heavy, keys
from safeshell.previews.redis.server import Server

_FLUSHES = frozenset({"FLUSHALL", "FLUSHDB", "SWAPDB"})
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "FCALL"})
"""Their keys are named, and nobody knows what becomes of them."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One command to look at: its name (`GET`, `CONFIG|SET`), its raw words, the database it goes to.

    `reads`: it only reads or watches, and what counts is how long the others wait. Up to `undo_bytes` its keys
    can be kept before they change.
    """

    name: str
    words: tuple[bytes, ...]
    database: int = 0
    reads: bool = False
    undo_bytes: int = 0


def take(server: Server, inquiry: Inquiry) -> Preview:
    """What the command would hit. Never raises: a failure is a caveat, and the question is asked harder."""
    begun = time.monotonic()
    try:
        found = _look(server, inquiry)
    except PreviewError as fault:
        found = Preview("", exactness=Exactness.UNKNOWN, caveats=(str(fault),))
    except (ValueError, TypeError, KeyError, IndexError) as fault:  # an answer that no server of ours gives
        found = Preview("", exactness=Exactness.UNKNOWN, caveats=(f"the server's answers make no sense ({fault})",))
    return replace(found, took=time.monotonic() - begun)


def _look(server: Server, inquiry: Inquiry) -> Preview:
    name, words = inquiry.name, inquiry.words
    if name in _FLUSHES:
        return flush.look(server, name, words, inquiry.database)
    if inquiry.reads:
        return heavy.look(server, name, words)
    if name in SHAPES and name not in _SCRIPTS:
        return keys.look(server, name, words, inquiry.undo_bytes, inquiry.database)
    return administration.look(server, name, words)
