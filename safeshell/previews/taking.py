"""Taking a preview: every look in a thread of its own, until all are done or time is up.

A look may hang for good on a dead disk: nobody waits for it longer than the deadline, and what it had
counted by then is used. What must not live here: any look.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from safeshell.model.judgement import Assessment, Exactness, Preview
from safeshell.model.values import replace
from safeshell.previews.merging import merge
from safeshell.previews.subject import NO_MATCHES, Look, Subject, subjects

DEADLINE = 2.0
"""Seconds."""

_LOOKS_MOST = 6
_NEWS = 0.1
"""Seconds between two lines of progress."""

_MODULES = ("files", "host", "processes", "service", "users", "git", "crontab", "network", "packages")
"""Preview names of the packs; each is a module here with a function `look`."""

_ON_A_CONNECTION = "postgres."
"""Previews that are taken on the connection of the statement (previews.postgres), not from outside."""
_UNCONNECTED = "what it hits is counted on its own connection: safe-psql shows it"


def take(
    assessment: Assessment,
    *,
    cwd: str,
    deadline: float = DEADLINE,
    progress: Callable[[str], None] | None = None,
    matches: Mapping[str, Sequence[str]] = NO_MATCHES,
) -> Preview:
    """Look at what the findings with a preview would hit, for at most `deadline` seconds.

    `progress` is called from this thread with one line, about ten times a second. `matches` is what the
    shell says that patterns stand for, by the texts of their targets. Never raises but
    what `progress` itself raises: a failure is a Preview with a caveat and unknown exactness.
    """
    begun = time.monotonic()
    wanted = subjects(assessment, cwd, begun + deadline, matches)
    looking = [_Looking(subject) for subject in wanted[:_LOOKS_MOST]]
    try:
        for one in looking:
            one.start()
        _wait(looking, begun + deadline, progress)
    finally:
        for one in looking:
            one.given_up = True
    seen = [one.result(deadline) for one in looking]
    if len(wanted) > _LOOKS_MOST:
        seen.append(_nothing(f"{len(wanted) - _LOOKS_MOST} more commands of this line were not looked at"))
    return replace(merge(seen), took=time.monotonic() - begun)


def _wait(looking: list[_Looking], until: float, progress: Callable[[str], None] | None) -> None:
    while (left := until - time.monotonic()) > 0:
        busy = next((one for one in looking if not one.finished.is_set()), None)
        if busy is None:
            return
        busy.finished.wait(min(left, _NEWS))
        if progress is not None and not busy.finished.is_set():
            progress(busy.news())


class _Looking:
    """One look in its daemon thread."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.finished = threading.Event()
        self.given_up = False
        self._latest: Preview | None = None
        self._fault = ""

    def start(self) -> None:
        """Begin; raises nothing, a thread that cannot be started is a fault like any other."""
        try:
            threading.Thread(target=self._run, name=f"safeshell-preview-{self.subject.name}", daemon=True).start()
        except RuntimeError as fault:
            self._fault = str(fault)
            self.finished.set()

    def _run(self) -> None:
        try:
            for preview in look_for(self.subject)(self.subject):
                self._latest = preview
                if self.given_up:
                    return
        except Exception as fault:  # noqa: BLE001 - any fault of a look becomes a caveat
            self._fault = f"{type(fault).__name__}: {fault}"
        self.finished.set()

    def news(self) -> str:
        """One line on how far it is."""
        return f"{self._latest.summary} so far" if self._latest and self._latest.summary else "looking at the damage"

    def result(self, deadline: float) -> Preview:
        """The last preview it gave, honest about how it ended."""
        latest = self._latest or Preview("")
        if self._fault:
            said = f"the preview of {self.subject.name} failed ({self._fault})"
            return replace(latest, exactness=Exactness.UNKNOWN, caveats=(*latest.caveats, said))
        if self.finished.is_set():
            return latest
        if self._latest is None:
            return _nothing(f"nothing could be counted within {deadline:g} seconds")
        exactness = Exactness.AT_LEAST if latest.exactness is Exactness.EXACT else latest.exactness
        return replace(latest, exactness=exactness, caveats=(*latest.caveats, f"stopped after {deadline:g} seconds"))


def look_for(subject: Subject) -> Look:
    """The function that looks; for another machine, and for a name without a module, one that says so."""
    if subject.far:
        return lambda _subject: iter(
            (_nothing(f"it happens on {subject.far}, where nothing can be looked at from here"),)
        )
    if subject.name.startswith(_ON_A_CONNECTION):
        return lambda _subject: iter((Preview("", exactness=Exactness.ESTIMATE, caveats=(_UNCONNECTED,)),))
    if subject.name not in _MODULES:
        return lambda _subject: iter((_nothing(f"there is no preview called {subject.name}"),))
    look: Look = import_module(f"safeshell.previews.{subject.name}").look
    return look


def _nothing(caveat: str) -> Preview:
    return Preview("", exactness=Exactness.UNKNOWN, caveats=(caveat,))
