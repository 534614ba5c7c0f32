"""What a server says of a command that no table here has: a module's, a newer one, a renamed one.

The answer to a COMMAND question is one line, `name;flag flag ...` as COMMAND INFO gives them, or None where the
server has no such command: then it may be sent, since nothing comes of it but the server's own error.
What must not live here: asking (gateways).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.effects import Effect

ABSENT = (Effect.READS, "is no command of this server, which says so itself")


def described(name: str, flags: Sequence[str]) -> str:
    """The answer to a COMMAND question."""
    return f"{name};{' '.join(sorted(flags))}"


def original(answer: str) -> str:
    """The name that a renamed command has in every other server, in capitals."""
    return answer.partition(";")[0].upper()


def meaning(answer: str) -> tuple[Effect, str]:
    """Effect and reason of a command by its flags alone; doubt keeps the worse."""
    flags = frozenset(answer.partition(";")[2].split())
    if "module" in flags:
        return _of_module(flags)
    if "admin" in flags or "dangerous" in flags:
        return Effect.NOT_UNDERSTOOD, "is a command for administrators that is not known here"
    if "write" in flags:
        return Effect.DESTROYS_ROWS, "writes, and may overwrite or remove keys"
    if "readonly" in flags:
        return Effect.READS, "reads"
    return Effect.WRITES, "is not known here, and may write"


def _of_module(flags: frozenset[str]) -> tuple[Effect, str]:
    if "readonly" in flags and not flags & {"write", "admin", "dangerous"}:
        return Effect.RUNS_OPAQUE_CODE, "is a module's command, which says that it reads"
    return Effect.NOT_UNDERSTOOD, "is a module's command that is not known here"
