"""What one preview is about: the findings of one statement, its words, where it runs, until when to look.

What must not live here: looking.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from safeshell.model.effects import HARMLESS
from safeshell.model.judgement import Assessment, Finding, Preview
from safeshell.model.statements import Claim, Statement, Target, TargetKind
from safeshell.model.values import dataclass, field

ELSEWHERE = frozenset({"host", "kubernetes", "container", "cloud", "app"})
"""Kinds of places whose files, processes and users are not the ones that can be looked at from here."""
NO_MATCHES: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Subject:
    """One statement that a preview looks at.

    `name` is the preview, `start` where the action starts (paths of targets are relative to it), `cwd`
    where the statement runs (None: only running tells; its words are relative to it). `until` is the
    moment (time.monotonic) at which nobody waits for an answer any more. `far` is what the place is
    called when it is not here. `matches`: what patterns stand for, by the texts of their targets, where
    the shell itself has told.
    """

    name: str
    findings: tuple[Finding, ...]
    until: float
    start: str
    cwd: str | None = None
    statement: Statement | None = None
    far: str = ""
    matches: Mapping[str, Sequence[str]] = NO_MATCHES

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target of the findings, once."""
        return tuple(dict.fromkeys(target for finding in self.findings for target in finding.targets))

    @property
    def verb(self) -> str:
        """The command with its subcommands, "" when it is not known."""
        return self.statement.verb if self.statement else ""

    @property
    def words(self) -> tuple[str | None, ...]:
        """The words of the command, None for one that only running tells."""
        return self.statement.words if self.statement else ()

    def of_kind(self, *kinds: TargetKind) -> list[Target]:
        """The targets of these kinds."""
        return [target for target in self.targets if target.kind in kinds]

    def recursive(self, target: Target) -> bool:
        """True when everything below this target goes too."""
        return target.recursive or any(f.recursive for f in self.findings if target in f.targets)

    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(self.until - time.monotonic(), 0.0)

    def place(self, path: str) -> str:
        """An absolute path for the value of a target."""
        return _joined(self.start, path)

    def matched(self, target: Target) -> list[str] | None:
        """Absolute paths of what a pattern stands for by the shell's own word; None where it told nothing."""
        names = self.matches.get(target.text)
        return None if names is None else [self.place(name) for name in names]

    def beside(self, path: str) -> str | None:
        """An absolute path for a word of the command; None where its directory is not known."""
        return None if self.cwd is None and not path.startswith(("/", "~")) else _joined(self.cwd or "/", path)


def _joined(folder: str, path: str) -> str:
    path = os.path.expanduser(path)
    return path if path.startswith("/") else f"{folder.rstrip('/')}/{path}"


Look = Callable[[Subject], Iterator[Preview]]
"""Yields ever better previews; the last one stands. What was yielded when time ran out is used."""


@dataclass(slots=True)
class _Claims:
    """The claims of an action in the order in which policy settles them into findings."""

    left: list[tuple[Claim, Statement, str]] = field(default_factory=list)

    def add(self, statement: Statement, far: str) -> None:
        if statement.place is not None and statement.place.kind in ELSEWHERE:
            far = statement.place.name or statement.place.kind
        self.left.extend((claim, statement, far) for claim in statement.claims)
        for inner in statement.nested:
            self.add(inner, far)

    def find(self, finding: Finding) -> tuple[Statement | None, str]:
        """The statement that a finding came of, and the name of its place when that is elsewhere."""
        for index, (claim, statement, far) in enumerate(self.left):
            if claim.rule == finding.rule and set(finding.targets) <= set(claim.targets):
                if not claim.targets:
                    del self.left[index]
                return statement, far
        return None, ""


def subjects(
    assessment: Assessment, cwd: str, until: float, matches: Mapping[str, Sequence[str]] = NO_MATCHES
) -> list[Subject]:
    """What to look at, the riskiest first; findings of one statement and one preview go together."""
    claims = _Claims()
    for statement in assessment.statements:
        claims.add(statement, "")
    found: dict[tuple[str, int], Subject] = {}
    for finding in assessment.findings:
        origin, far = claims.find(finding)
        if not finding.preview or finding.effect in HARMLESS:
            continue
        key = (finding.preview, id(origin))
        before = found[key].findings if key in found else ()
        where = _directory(origin, cwd)
        found[key] = Subject(finding.preview, (*before, finding), until, cwd, where, origin, far, matches)
    return sorted(found.values(), key=lambda subject: -max(finding.risk for finding in subject.findings))


def _directory(statement: Statement | None, cwd: str) -> str | None:
    """Where a statement runs; None after a `cd` that only running tells."""
    places = statement.directory if statement else ("",)
    if len(places) != 1 or places[0] is None:
        return None
    path = os.path.expanduser(places[0])
    return os.path.normpath(os.path.join(cwd, path)) if path else cwd
