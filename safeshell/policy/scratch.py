"""Which paths are nobody's loss: scratch, and new files of one's own.

Pure rules over PathFact. What must not live here: looking at files (facts.paths).
"""

from __future__ import annotations

from safeshell.languages.words import SCRATCH_ROOTS
from safeshell.model.effects import HARMLESS, Effect
from safeshell.model.facts import PathFact
from safeshell.model.statements import Claim, Target, TargetKind
from safeshell.model.values import replace

_LOCAL_LOSS = frozenset({Effect.WRITES, Effect.DESTROYS_DATA})
_DIRECTORIES = frozenset(
    {"~", ".", "..", "/", "/tmp", "/var/tmp", "/etc", "/home", "/opt", "/root", "/srv", "/usr/local/bin", "/var/log"}  # noqa: S108 - known to be directories, nothing is opened
)
"""Directories on every host, known to be such without a look."""
_PATTERN = frozenset("*?[")


def settle(claim: Claim, target: Target, fact: PathFact | None, *, far: bool) -> tuple[Effect, bool]:
    """The effect of a claim on one path target, and whether that path is literal and local.

    `far` means that the path lies on another machine, where only its spelling is known.
    """
    if claim.effect in HARMLESS or target.value is None or claim.effect not in _LOCAL_LOSS:
        return claim.effect, False
    if far:
        return (Effect.WRITES_SCRATCH if _spelled_scratch(target.value) else claim.effect), False
    if fact is None:
        return claim.effect, False
    if fact.scratch_root is not None:
        return Effect.WRITES_SCRATCH, False
    effect = claim.effect if fact.exists or claim.if_missing is None else claim.if_missing
    own = fact.home is not None or fact.work_tree is not None
    fresh = claim.appends or not fact.exists
    if effect is Effect.WRITES and fresh and own and fact.cwd_below and fact.looked:
        return Effect.WRITES_SCRATCH, False
    local = own and not target.glob and not target.recursive and not claim.recursive
    return effect, local


def _spelled_scratch(value: str) -> bool:
    """Scratch by its name alone: below a scratch root, with no way back up."""
    if ".." in value.split("/"):
        return False
    return any(value.startswith(root) and len(value) > len(root) for root in SCRATCH_ROOTS)


def landings(target: Target) -> tuple[Target, ...]:
    """What would be hit if the target is a directory that something is put into; empty where nothing is."""
    if not target.inside or not target.value or target.kind is not TargetKind.PATH:
        return ()
    value, text = target.value.rstrip("/"), target.text.rstrip("/")
    return tuple(
        replace(
            target,
            text=f"{text}/{name}",
            value=f"{value}/{name}",
            glob=target.glob or not _PATTERN.isdisjoint(name),
            inside=(),
        )
        for name in target.inside
    )


def landed(target: Target, fact: PathFact | None) -> tuple[Target, ...]:
    """The target, or what lies in it where it is a directory: by its spelling, or because somebody looked."""
    inner = landings(target)
    if not inner or target.value is None:
        return (target,)
    spelled = target.value.endswith("/") or target.value in _DIRECTORIES
    return inner if spelled or (fact is not None and fact.kind == "directory") else (target,)
