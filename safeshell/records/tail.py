"""Where a log really ends, after a crash or a knife: found in its bytes, and told as a note. Pure.

The notes are audit lines like any other, so what was found at one time stays on record when the
head has moved on. What must not live here: reading and writing files.
"""

from __future__ import annotations

from collections.abc import Mapping

from safeshell.model.audit import EventKind
from safeshell.model.values import dataclass, replace
from safeshell.records.chain import GENESIS, Line, LineError, parse
from safeshell.records.head import Head

NOTE_KEY = "audit"
"""A line of no session and no action whose detail has this key is a note of the audit on itself."""

TORN, LOST, CUT, CHANGED, HEAD_LOST = "torn", "lost", "cut", "changed", "head_lost"

EXPLAINED: Mapping[str, str] = {
    TORN: "a writer was stopped in the middle of the line above",
    LOST: "lines that had not yet been put on the disk were lost when the machine stopped",
    CUT: "lines at the end had been removed when this was written",
    CHANGED: "the last line had been replaced when this was written",
    HEAD_LOST: "the head file was missing or unreadable when this was written, so removed lines could not be noticed",
}
HARMLESS_NOTES = frozenset({TORN, LOST})

Note = tuple[EventKind, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of one log: its last good line (None if it has none), the torn bytes behind it.

    `anchor` is the hash of the line numbered as asked, "" if this log does not hold it.
    """

    last: Line | None
    torn: int
    anchor: str


def read_tail(data: bytes, anchor_seq: int) -> Tail:
    """Find the last good line of a log, looking from its end, and the line `anchor_seq` at or before it."""
    whole, newline, rest = data.rpartition(b"\n")
    last: Line | None = None
    for raw in reversed(whole.split(b"\n") if newline else []):
        try:
            line = parse(raw)
        except LineError:
            continue
        last = last or line
        if line.seq <= anchor_seq:
            return Tail(last, len(rest), line.hash if line.seq == anchor_seq else "")
    return Tail(last, len(rest), "")


def reconcile(head: Head | None, tail: Tail, *, file: str, size: int, boot: str) -> tuple[Head, list[Note]]:
    """The head that fits what is really there, and the notes about what did not fit."""
    seq, digest = (tail.last.seq, tail.last.hash) if tail.last else (0, GENESIS)
    true = Head(file, size, seq, digest, boot=boot)
    notes: list[Note] = []
    if tail.torn:
        notes.append((EventKind.NOTE, {NOTE_KEY: TORN, "bytes": tail.torn}))
    if head is None and tail.last is None:
        return true, notes  # the very first writer failed before its first line
    if head is None:
        return true, [*notes, (EventKind.TAMPERING, {NOTE_KEY: HEAD_LOST, "found_seq": seq})]
    if head.durable_seq <= seq:
        true = replace(true, durable_seq=head.durable_seq, durable_hash=head.durable_hash)
    verdict = compare(head, seq, tail.anchor, boot)
    if verdict:
        kind = EventKind.NOTE if verdict in HARMLESS_NOTES else EventKind.TAMPERING
        detail = {NOTE_KEY: verdict, "found_seq": seq, "expected_seq": head.seq, "expected_hash": head.hash}
        notes.append((kind, detail))
    return true, notes


def compare(head: Head, seq: int, anchor: str, boot: str) -> str:
    """What is wrong between a head and a log that ends at `seq`: CUT, LOST, CHANGED, or "" for nothing.

    `anchor` is the hash of the log's line number `head.seq`. A log that goes on behind the head is
    fine: a writer was stopped between the two.
    """
    if seq < head.seq:
        power_loss = bool(boot) and head.boot not in ("", boot) and head.durable_seq <= seq
        return LOST if power_loss else CUT
    return CHANGED if head.seq and anchor != head.hash else ""
