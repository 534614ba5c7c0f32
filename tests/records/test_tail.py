"""Reconciling a head with the log it names, by itself and by writers that find what was left behind."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.audit import AuditEvent, EventKind
from safeshell.records import audit as audit_module
from safeshell.records.audit import Audit, log_names
from safeshell.records.chain import GENESIS, compose
from safeshell.records.head import Head
from safeshell.records.tail import EXPLAINED, HARMLESS_NOTES, Tail, compare, read_tail, reconcile
from safeshell.records.verify import verify_directory

NOON = 1_700_000_000.0


def event(text: str = "ls", *, durable: bool = False, at: float = NOON) -> AuditEvent:
    return AuditEvent(at, "s1", "a1", EventKind.INTENT, {"text": text}, durable=durable)


def lines(directory) -> list[dict]:
    return [
        json.loads(raw) for name in log_names(str(directory)) for raw in (directory / name).read_bytes().splitlines()
    ]


def chain(count: int) -> list[bytes]:
    previous, raw = GENESIS, []
    for seq in range(1, count + 1):
        fields = {"seq": seq, "at": "t", "session": "s", "action": "a", "kind": "note", "detail": {}}
        line, previous = compose(fields | {"previous_hash": previous})
        raw.append(line)
    return raw


def test_the_tail_is_the_last_good_line_and_what_is_torn_behind_it():
    """Garbage behind the last good line is passed over, an unended line is measured."""
    raw = chain(3)
    tail = read_tail(b"".join(raw) + b"garbage\n" + b"torn", 2)
    assert tail.last is not None
    assert (tail.last.seq, tail.torn) == (3, 4)
    assert read_tail(b"".join(raw), 2).anchor == read_tail(b"".join(raw[:2]), 2).last.hash  # type: ignore[union-attr]
    assert read_tail(b"", 5) == Tail(None, 0, "")


@given(st.binary(max_size=300), st.integers(-5, 10**6))
def test_random_bytes_have_no_tail_and_crash_nothing(data, anchor):
    """Whatever stands in a log, the next writer can go on."""
    tail = read_tail(data, anchor)
    assert tail.last is None
    true, _ = reconcile(Head("f", 9, 3, "h"), tail, file="f", size=len(data), boot="b")
    assert (true.seq, true.hash, true.size) == (0, GENESIS, len(data))


@pytest.mark.parametrize(
    ("seq", "anchor", "boot", "expected"),
    [
        (5, "h", "boot", ""),
        (7, "h", "boot", ""),
        (7, "x", "boot", "changed"),
        (7, "", "boot", "changed"),
        (4, "", "boot", "cut"),
        (4, "", "other", "lost"),
        (4, "", "", "cut"),
        (2, "", "other", "cut"),
    ],
)
def test_what_is_wrong_between_head_and_log(seq, anchor, boot, expected):
    """Missing lines are a power loss only after another boot, and only behind the last durable line (3)."""
    assert compare(Head("f", 1, 5, "h", 3, "d", "boot"), seq, anchor, boot) == expected


def test_a_first_writer_that_failed_leaves_nothing_to_note():
    """An empty log without a head is how a full disk ends the very first write."""
    assert reconcile(None, Tail(None, 0, ""), file="f", size=0, boot="b")[1] == []


def test_every_note_is_explained_and_only_two_are_harmless():
    """A new kind of note needs its sentence; everything but torn and lost breaks the chain."""
    assert {"torn", "lost"} == HARMLESS_NOTES
    assert set(EXPLAINED) == {"torn", "lost", "cut", "changed", "head_lost"}
    line = read_tail(chain(1)[0], 1).last
    notes = reconcile(Head("f", 1, 5, "h"), Tail(line, 7, ""), file="f", size=1, boot="")[1]
    assert [(kind, detail["audit"]) for kind, detail in notes] == [
        (EventKind.NOTE, "torn"),
        (EventKind.TAMPERING, "cut"),
    ]


def newest(directory):
    return directory / log_names(str(directory))[-1]


def test_a_torn_line_is_ended_noted_and_no_tampering(tmp_path):
    """The next writer begins a line of its own, says so, and the chain holds."""
    directory = tmp_path / "audit"
    Audit(str(directory)).write(event("one"))
    with open(newest(directory), "ab") as log:
        log.write(b'{"seq":2,"at":"2023-')
    report = verify_directory(str(directory))
    assert report.holds
    assert [str(problem).partition(": ")[2] for problem in report.problems] == [
        "the last line is torn (20 bytes): a writer was stopped in the middle of it"
    ]
    Audit(str(directory)).write(event("two"))
    raw = newest(directory).read_bytes().splitlines()
    assert raw[1] == b'{"seq":2,"at":"2023-'
    assert json.loads(raw[2])["detail"] == {"audit": "torn", "bytes": 20}
    report = verify_directory(str(directory))
    assert (report.holds, len(report.problems)) == (True, 1)


def test_a_line_whose_writer_died_before_the_head_is_kept(tmp_path, monkeypatch):
    """Killed between the line and the head: the next writer goes on behind the line."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one"))
    before = (directory / "head").read_bytes()
    audit.write(event("two"))
    (directory / "head").write_bytes(before)
    assert verify_directory(str(directory)).problems == []
    audit.write(event("three"))
    assert [line["seq"] for line in lines(directory)] == [1, 2, 3]
    assert verify_directory(str(directory)).problems == []


def test_a_writer_that_died_between_new_file_and_head_forks_nothing(tmp_path):
    """An old head beside a newer file (a power loss): the newest file counts, so no number comes twice."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one"))
    before = (directory / "head").read_bytes()
    audit.write(event("two", at=NOON + 86400))
    (directory / "head").write_bytes(before)
    Audit(str(directory)).write(event("three"))
    assert [line["seq"] for line in lines(directory)] == [1, 2, 3]
    assert verify_directory(str(directory)).problems == []


def test_a_cut_end_is_noted_by_the_next_writer_and_stays_on_record(tmp_path):
    """Cutting lines off and going on as if nothing had happened does not hide them."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    for text in ("one", "two", "three"):
        audit.write(event(text))
    raw = newest(directory).read_bytes().splitlines(keepends=True)
    newest(directory).write_bytes(raw[0])
    assert not verify_directory(str(directory)).holds
    audit.write(event("four"))
    note = lines(directory)[1]
    assert (note["kind"], note["detail"]["audit"], note["detail"]["expected_seq"]) == ("tampering", "cut", 3)
    report = verify_directory(str(directory))
    assert not report.holds
    assert [problem.line for problem in report.problems] == [2]


def test_lines_lost_with_the_power_are_told_and_are_no_tampering(tmp_path, monkeypatch):
    """After a reboot lines that were never durable may be gone; durable ones may not."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one", durable=True))
    audit.write(event("two"))
    raw = newest(directory).read_bytes().splitlines(keepends=True)
    newest(directory).write_bytes(raw[0])
    monkeypatch.setattr(audit_module, "boot_id", lambda: "another-boot")
    Audit(str(directory)).write(event("three"))
    assert lines(directory)[1]["detail"]["audit"] == "lost"
    assert verify_directory(str(directory)).holds


def test_a_durable_line_that_is_gone_after_a_reboot_is_tampering(tmp_path, monkeypatch):
    """fsync promised it."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one"))
    audit.write(event("two", durable=True))
    raw = newest(directory).read_bytes().splitlines(keepends=True)
    newest(directory).write_bytes(raw[0])
    monkeypatch.setattr(audit_module, "boot_id", lambda: "another-boot")
    Audit(str(directory)).write(event("three"))
    assert lines(directory)[1]["detail"]["audit"] == "cut"
    assert not verify_directory(str(directory)).holds


@pytest.mark.parametrize("what", ["missing", "garbled"])
def test_a_lost_head_is_noted(tmp_path, what):
    """Without the head a cut could not have been noticed, so its loss itself is on record."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one"))
    if what == "missing":
        os.unlink(directory / "head")
    else:
        (directory / "head").write_bytes(b"x" * 512)
    assert not verify_directory(str(directory)).holds
    audit.write(event("two"))
    assert [line["detail"].get("audit") for line in lines(directory)] == [None, "head_lost", None]
    assert not verify_directory(str(directory)).holds


def test_logs_that_were_all_removed_are_noted(tmp_path):
    """The head remembers that there were lines."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event("one"))
    os.unlink(newest(directory))
    assert not verify_directory(str(directory)).holds
    audit.write(event("two"))
    assert lines(directory)[0]["detail"]["audit"] == "cut"


def test_killed_writers_leave_a_chain_that_holds(tmp_path):
    """SIGKILL at any moment: at worst a torn line, never a broken chain."""
    directory = tmp_path / "audit"
    code = (
        "import sys\nfrom safeshell.records.audit import Audit\nfrom safeshell.model.audit import AuditEvent, EventKind\n"
        "a = Audit(sys.argv[1])\nprint('go', flush=True)\n"
        "while True: a.write(AuditEvent(1.7e9, 's', 'a', EventKind.NOTE, {'text': 'x' * 3000}))\n"
    )
    for pause in (0.01, 0.02, 0.03, 0.05):
        child = subprocess.Popen([sys.executable, "-c", code, str(directory)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(pause)
        child.kill()
        child.wait()
        child.stdout.close()
    Audit(str(directory)).write(event())
    report = verify_directory(str(directory))
    assert report.holds
    assert report.lines > 4
