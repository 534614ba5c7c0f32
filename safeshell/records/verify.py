"""Does the chain hold? Reads audit files and the head, and names each place where it does not.

Broken are: a line that was changed, removed, inserted or moved; an end that was cut off; a note of
the audit that it found such a thing. Told, but not broken: a torn line that a stopped writer left
(the next writer noted it, or it is the very end of the log), and lines that were never on the disk
and were lost with the machine's power. A torn end cannot hide a removed line: the head names it.
What must not live here: repairing, printing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from safeshell.model.audit import EventKind
from safeshell.model.values import dataclass, field
from safeshell.records.audit import boot_id, log_names
from safeshell.records.chain import GENESIS, Line, LineError, parse, stored_hash
from safeshell.records.head import HEAD_NAME, HEAD_SIZE, Head, unpack
from safeshell.records.tail import CHANGED, CUT, EXPLAINED, HARMLESS_NOTES, LOST, NOTE_KEY, TORN, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to tell. `line` starts at 1, 0 means the file as a whole; `broken` or only worth knowing."""

    file: str
    line: int
    what: str
    broken: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


@dataclass(slots=True)
class Report:
    """What a verification found; the chain holds when nothing is broken."""

    files: int = 0
    lines: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True when no problem breaks the chain."""
        return not any(problem.broken for problem in self.problems)


def verify_directory(directory: str) -> Report:
    """Verify all of an audit directory, from its first line to the head. A missing directory holds nothing to break.

    Raises:
        OSError: a file cannot be read.
    """
    head = read_head(directory)
    names = log_names(directory)
    walk = _Walk(whole=True, anchor=head.seq if head else 0)
    for name in names:
        walk.file(f"{directory}/{name}")
    if names or head:
        walk.end(f"{directory}/{HEAD_NAME}", head)
    return walk.report


def verify_files(paths: Sequence[str]) -> Report:
    """Verify the given files, in the order of the chain. They may begin in the middle of it.

    If the last one is the one that a head file beside it names, its end is checked, too.

    Raises:
        OSError: a file cannot be read.
    """
    ordered = sorted(paths, key=_first_seq)
    directory, name = os.path.split(ordered[-1])
    head = read_head(directory or ".")
    walk = _Walk(whole=False, anchor=head.seq if head else 0)
    for path in ordered:
        walk.file(path)
    if head and head.file == name:
        walk.end(os.path.join(directory, HEAD_NAME), head)
    else:
        what = "there is no head file for this end of the chain: lines removed from its end cannot be noticed"
        walk.report.problems.append(Problem(walk.path, 0, what, broken=False))
    return walk.report


def read_head(directory: str) -> Head | None:
    """The head of an audit directory, None if it is missing or not readable as one."""
    try:
        with open(f"{directory}/{HEAD_NAME}", "rb") as source:
            return unpack(source.read(HEAD_SIZE + 1))
    except FileNotFoundError:
        return None


class _Walk:
    """One pass over the chain. `previous` is "" where the link cannot be checked any more."""

    def __init__(self, *, whole: bool, anchor: int) -> None:
        self.report = Report()
        self.path = ""
        self._whole = whole
        self._seq = 0
        self._previous = GENESIS if whole else ""
        self._bad: tuple[int, str, bytes] | None = None
        self._anchor = (anchor, "")

    def file(self, path: str) -> None:
        self.path = path
        self.report.files += 1
        for number, raw in enumerate(_raw_lines(path), 1):
            if raw.endswith(b"\n"):
                self._line(number, raw)
            else:
                what = f"the last line is torn ({len(raw)} bytes): a writer was stopped in the middle of it"
                self._flush()
                self._tell(number, what, broken=False)
        self._flush()

    def _line(self, number: int, raw: bytes) -> None:
        self.report.lines += 1
        try:
            line = parse(raw)
        except LineError as error:
            self._flush()
            self._bad = (number, str(error), raw)
            return
        if self._bad and _note(line) == TORN and line.detail.get("bytes") == len(self._bad[2]) - 1:
            self._bad = None
        self._flush()
        self._link(number, line)
        self._own_note(number, line)
        self._seq, self._previous = line.seq, line.hash
        if line.seq == self._anchor[0]:
            self._anchor = (line.seq, line.hash)

    def _flush(self) -> None:
        """Report the bad line that no note explained, and go on behind it."""
        if self._bad:
            number, what, raw = self._bad
            self._tell(number, what)
            self._previous, self._bad = stored_hash(raw), None
            self._seq += bool(self._seq or self._whole)

    def _link(self, number: int, line: Line) -> None:
        numbered = line.seq == self._seq + 1 or not (self._seq or self._whole)
        if not self._previous or (line.previous_hash == self._previous and numbered):
            return
        gap = line.seq - self._seq - 1
        if not self._seq and self._whole:
            what = f"the chain begins at line {line.seq}: what came before is not here (name the files you kept)"
        elif gap > 0:
            what = f"{gap} line{'s' * (gap > 1)} before this one {'are' if gap > 1 else 'is'} missing"
        else:
            what = f"this line (number {line.seq}) does not follow the one before it (number {self._seq})"
        self._tell(number, what)

    def _own_note(self, number: int, line: Line) -> None:
        if explained := EXPLAINED.get(_note(line)):
            self._tell(number, explained, broken=_note(line) not in HARMLESS_NOTES)

    def end(self, head_path: str, head: Head | None) -> None:
        """Compare the end of what was read with the head."""
        if head is None:
            what = "the head file is missing or unreadable: lines removed from the end cannot be noticed"
            self.report.problems.append(Problem(head_path, 0, what))
            return
        verdict = compare(head, self._seq, self._anchor[1], boot_id())
        missing = head.seq - self._seq
        sentences = {
            CUT: f"{missing} line{'s' * (missing != 1)} at the end of the audit removed (line {head.seq} was written)",
            LOST: f"{missing} line{'s' * (missing != 1)} at the end lost with the machine's power; none was durable",
            CHANGED: f"line {head.seq} is not the one that was written",
        }
        if verdict and not (verdict == CHANGED and not self.report.holds):
            self._tell(0, sentences[verdict], broken=verdict not in HARMLESS_NOTES)

    def _tell(self, number: int, what: str, *, broken: bool = True) -> None:
        self.report.problems.append(Problem(self.path, number, what, broken))


def _note(line: Line) -> str:
    """The kind of a note of the audit on itself, "" for any other line."""
    if line.session or line.action or line.kind not in (EventKind.NOTE, EventKind.TAMPERING):
        return ""
    found = line.detail.get(NOTE_KEY)
    return found if isinstance(found, str) else ""


def _raw_lines(path: str) -> Iterator[bytes]:
    with open(path, "rb") as source:
        while raw := source.readline(LONGEST_LINE):
            yield raw


def _first_seq(path: str) -> int:
    """The number of the first good line, for sorting; a file without any comes last."""
    for raw in _raw_lines(path):
        try:
            return parse(raw).seq
        except LineError:
            continue
    return sys.maxsize
