"""Reading the audit for people: finding lines, and telling an action as one story. Tolerant of damage.

What must not live here: verifying (verify.py), printing, writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.model.audit import EventKind
from safeshell.model.values import dataclass, field
from safeshell.records.audit import log_names
from safeshell.records.chain import Line, LineError, parse
from safeshell.records.tail import NOTE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Search:
    """What lines have to be like; "" and False ask for nothing.

    `since` and `until` are timestamps as they stand in the audit (UTC); `until` is exclusive. `text`
    is looked for in every value of the detail, whatever its case.
    """

    since: str = ""
    until: str = ""
    session: str = ""
    kind: str = ""
    effect: str = ""
    text: str = ""
    refused: bool = False

    def fits(self, line: Line) -> bool:
        """Whether a line is meant."""
        effects = line.detail.get("effects")
        return (
            (not self.since or line.at >= self.since)
            and (not self.until or line.at < self.until)
            and (not self.session or line.session.startswith(self.session))
            and (not self.kind or line.kind == self.kind)
            and (not self.refused or line.kind == EventKind.REFUSED)
            and (not self.effect or (isinstance(effects, list) and self.effect in effects))
            and (not self.text or self.text.lower() in "\n".join(_strings(line.detail)).lower())
        )


@dataclass(slots=True)
class Story:
    """All lines of one action, in order: intent or refusal, unlocks, outcome."""

    action: str
    lines: list[Line] = field(default_factory=list)

    def first(self, *kinds: EventKind) -> Line | None:
        """The first line of one of these kinds."""
        return next((line for line in self.lines if line.kind in kinds), None)


class Log:
    """The lines of some audit files. `damaged` counts those that could not be read, after reading."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = list(paths)
        self.damaged = 0

    @classmethod
    def of(cls, directory: str) -> Log:
        """The whole audit of a directory."""
        return cls(f"{directory}/{name}" for name in log_names(directory))

    def lines(self) -> Iterator[Line]:
        """Every good line, in the order of the chain.

        Raises:
            OSError: a file cannot be read.
        """
        self.damaged = 0
        for path in self._paths:
            with open(path, "rb") as source:
                while raw := source.readline(_LONGEST):
                    try:
                        yield parse(raw)
                    except LineError:
                        self.damaged += 1

    def find(self, search: Search) -> Iterator[Line]:
        """The lines that fit; the audit's notes on itself are told by verify and not found here."""
        return (line for line in self.lines() if search.fits(line) and not _own(line))

    def story(self, action: str) -> Story:
        """The story of one action; empty when there is none."""
        return Story(action, [line for line in self.lines() if line.action and line.action == action])

    def last(self, count: int) -> list[Story]:
        """The last actions, the oldest of them first."""
        stories: dict[str, Story] = {}
        for line in self.lines():
            if line.action:
                stories.setdefault(line.action, Story(line.action)).lines.append(line)
        return list(stories.values())[-count:] if count > 0 else []


def _own(line: Line) -> bool:
    return not line.session and not line.action and NOTE_KEY in line.detail


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif value is not None:
        yield str(value)
