"""Which lines of a crontab would go.

What must not live here: what the jobs themselves would do.
"""

from __future__ import annotations

import getopt
from collections.abc import Iterator
from pathlib import Path

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews import crontabs
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count

_SAMPLE_MOST = 15


def look(subject: Subject) -> Iterator[Preview]:
    """The present crontab against what would stand there afterwards."""
    if None in subject.words or not subject.words:
        yield _lost("what becomes of the crontab is only known when it runs")
        return
    try:
        options, rest = getopt.gnu_getopt([word or "" for word in subject.words[1:]], "u:lersnT:ix:")
    except getopt.GetoptError as fault:
        yield _lost(f"crontab would not take these options: {fault}")
        return
    given = dict(options)
    user = given.get("-u")
    before = crontabs.of_user(user, subject)
    if before is None:
        yield _lost("the present crontab could not be read")
        return
    yield _compared(before, _after(rest, subject) if "-r" not in given else [], user)


def _after(rest: list[str], subject: Subject) -> list[str] | None:
    """The lines of the file that would be installed; None when only running tells (standard input)."""
    path = subject.beside(rest[0]) if rest and rest[0] != "-" else None
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None


def _compared(before: list[str], after: list[str] | None, user: str | None) -> Preview:
    whose = f"{user}'s crontab" if user else "your crontab"
    jobs = crontabs.jobs(before)
    if after is None:
        summary, gone = f"{whose} has {count(len(jobs), 'job')} that would be replaced", jobs
    else:
        kept = set(crontabs.jobs(after))
        gone = [job for job in jobs if job not in kept]
        summary = f"{count(len(gone), 'job')} of {len(jobs)} would go from {whose}" if jobs else f"{whose} has no job"
    caveats = ("what would replace them is only known when it runs",) if after is None else ()
    return Preview(
        summary=summary,
        affected=len(gone),
        unit="jobs",
        exactness=Exactness.EXACT if after is not None else Exactness.AT_MOST,
        sample=tuple(gone[:_SAMPLE_MOST]),
        reversibility=Reversibility.IRREVERSIBLE if gone else Reversibility.REVERSIBLE,
        caveats=caveats,
    )


def _lost(caveat: str) -> Preview:
    return Preview("", unit="jobs", exactness=Exactness.UNKNOWN, caveats=(caveat,))
