"""The damage on the other side of an ssh connection, by read-only looks there: find, who, ss.

What must not live here: connecting (a probe is handed in), local previews.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable

from safeshell.model.effects import Effect
from safeshell.model.judgement import Assessment, Exactness, Preview
from safeshell.model.statements import Target, TargetKind

Probe = Callable[[str, float], str | None]
"""Runs a text of sh on the other side within so many seconds; what it prints, None when it failed."""

MOST_FILES = 200_000
_HOST_EFFECTS = frozenset({Effect.HALTS_HOST, Effect.CUTS_NETWORK, Effect.STOPS_SERVICE})
_GLOBBED = frozenset("*?[]")
_COUNT = (
    "find \"$@\" -xdev -printf '%y %s\\n' 2>/dev/null | head -n {most} | "
    'awk \'{{ n[$1]++; if ($1 != "d") b += $2 }} END {{ printf "%d %d %.0f\\n", n["f"] + n["l"], n["d"], b }}\'; '
    'find "$@" -xdev -type f 2>/dev/null | head -n 5'
)
_HOST = "who | wc -l; ss -Htn state established 2>/dev/null | wc -l; uptime -p 2>/dev/null || uptime"


def remote_preview(assessment: Assessment, cwd: str, probe: Probe, deadline: float) -> Preview:
    """Files that would go are counted, and for what stops a host or cuts it off, who is there."""
    effects = {finding.effect for finding in assessment.findings if finding.preview}
    paths = [target for finding in assessment.findings if finding.preview for target in finding.targets]
    words = [word for target in dict.fromkeys(paths) if (word := word_of(target))]
    if words:
        return _files(words, cwd, probe, deadline)
    if effects & _HOST_EFFECTS:
        return _host(probe, deadline)
    return _unseen("nothing can be looked at there for this")


def word_of(target: Target) -> str:
    """A target as a word of sh: everything quoted but what a glob needs; "" for what is no path or not known."""
    if target.kind is not TargetKind.PATH or not target.value:
        return ""
    home, value = "", target.value
    if value == "~" or value.startswith("~/"):
        home, value = '"$HOME"', value[1:]
    elif not value.startswith("/"):
        home = "./"
    kept = _GLOBBED if target.glob else frozenset()
    return home + "".join(char if char in kept else shlex.quote(char) for char in value)


def _files(words: list[str], cwd: str, probe: Probe, deadline: float) -> Preview:
    place = f"cd {shlex.quote(cwd)} || exit 3; " if cwd else ""
    told = probe(f"{place}set -- {' '.join(words)}; {_COUNT.format(most=MOST_FILES + 1)}", deadline)
    lines = (told or "").splitlines()
    numbers = lines[0].split() if lines else []
    if len(numbers) != 3 or not all(number.isdigit() for number in numbers):  # noqa: PLR2004 - files, directories, bytes
        return _unseen("the files there could not be counted in time")
    files, directories, size = map(int, numbers)
    most = files + directories > MOST_FILES
    summary = f"{files:,} files, {_size(size)}" + (f", {directories:,} directories" if directories else "")
    return Preview(
        f"at least {summary}" if most else summary,
        affected=files,
        unit="files",
        exactness=Exactness.AT_LEAST if most else Exactness.EXACT,
        sample=tuple(lines[1:6]),
    )


def _host(probe: Probe, deadline: float) -> Preview:
    lines = (probe(_HOST, deadline) or "").splitlines()
    if len(lines) < 2 or not (lines[0].isdigit() and lines[1].isdigit()):  # noqa: PLR2004 - people and connections
        return _unseen("the host there could not be looked at in time")
    summary = f"{lines[0]} logged in, {lines[1]} connections open"
    return Preview(summary, exactness=Exactness.EXACT, sample=tuple(lines[2:3]))


def _size(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004 - binary units
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _unseen(why: str) -> Preview:
    return Preview("", exactness=Exactness.UNKNOWN, caveats=(why,))
