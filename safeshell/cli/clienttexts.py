r"""Where the kernel offers no exec watch: the client's texts are read beforehand for what leaves the guard.

Only the client's own commands (`\!`, `\copy ... program`, `| program`) count here: statements are judged
by the wire. What must not live here: reading a language.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from safeshell.cli.oneshot import OneShot
from safeshell.gateways.clientargs import Arguments
from safeshell.languages.registry import read
from safeshell.model.effects import Effect
from safeshell.model.statements import Language, Statement

_MOST = 4 * 1024 * 1024
_MARK = "postgres.client."


def texts_of(arguments: Arguments, stdin: int = 0) -> Iterator[str]:
    """The texts of -c, -f and of a standard input that is a file; what cannot be read is left to psql."""
    yield from arguments.values("c")
    files = [name for name in arguments.values("f") if name != "-"]
    reads_input = not arguments.has("c", "f", "l") or "-" in arguments.values("f")
    if reads_input and stat.S_ISREG(os.fstat(stdin).st_mode):
        files.append(f"/proc/self/fd/{stdin}")
    for name in files:
        try:
            with open(name, encoding="utf-8", errors="surrogateescape") as file:
                yield file.read(_MOST)
        except OSError:
            continue


def leaving(text: str, shot: OneShot) -> list[Statement]:
    """The client's commands in a psql text that run something here or connect elsewhere."""
    from safeshell.gateways.shfmt import Shfmt

    reading = read(Language.POSTGRES, text, shot.setting.knowledge, {}, shot.parse or Shfmt())
    return [statement for statement in reading.statements if _leaves(statement)]


def _leaves(statement: Statement) -> bool:
    own = any(claim.rule.startswith(_MARK) for claim in statement.claims)
    away = any(claim.effect is Effect.LEAVES_GUARD for claim in statement.claims)
    return own and (away or bool(statement.nested))
