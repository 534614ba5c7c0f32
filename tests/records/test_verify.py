"""Verifying: what breaks the chain is named with file and line, what does not is only told."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safeshell.model.audit import AuditEvent, EventKind
from safeshell.records.audit import Audit, log_names
from safeshell.records.chain import compose
from safeshell.records.verify import verify_directory, verify_files


@pytest.fixture
def directory(tmp_path):
    """Ten lines in two files of five."""
    audit = Audit(str(tmp_path / "audit"))
    for number in range(10):
        at = 1_700_000_000.0 + (number // 5) * 86400
        audit.write(
            AuditEvent(at, "s1", f"a{number}", EventKind.INTENT, {"text": f"line {number}"}, durable=number == 9)
        )
    audit.close()
    return tmp_path / "audit"


def paths(directory) -> list[str]:
    return [str(directory / name) for name in log_names(str(directory))]


def edit(path: str, change) -> None:
    with open(path, "rb") as source:
        raw = source.read().splitlines(keepends=True)
    with open(path, "wb") as target:
        target.writelines(change(raw))


def broken(report) -> list[tuple[str, int]]:
    return [(os.path.basename(problem.file), problem.line) for problem in report.problems if problem.broken]


def test_an_untouched_audit_holds(directory):
    """Ten lines, two files, nothing to tell."""
    report = verify_directory(str(directory))
    assert (report.holds, report.lines, report.files, report.problems) == (True, 10, 2, [])
    assert verify_files(list(reversed(paths(directory)))).problems == []


def test_nothing_recorded_is_nothing_broken(tmp_path):
    """A missing or empty directory holds."""
    assert verify_directory(str(tmp_path / "no")).holds
    assert verify_directory(str(tmp_path)).holds


@pytest.mark.parametrize("line", [1, 3, 5])
def test_a_changed_line_is_named(directory, line):
    """Exactly that line, and no echo from its neighbours."""
    first, _ = paths(directory)
    edit(first, lambda raw: [*raw[: line - 1], raw[line - 1].replace(b"line", b"lime"), *raw[line:]])
    report = verify_directory(str(directory))
    assert broken(report) == [(os.path.basename(first), line)]
    assert "changed after it was written" in str(report.problems[0])


@pytest.mark.parametrize("line", [1, 3, 5])
def test_a_removed_line_is_named_at_the_line_behind_it(directory, line):
    """Removing the first line, one in the middle, or the last of a file: the gap is told."""
    first, second = paths(directory)
    edit(first, lambda raw: [*raw[: line - 1], *raw[line:]])
    where = (os.path.basename(second), 1) if line == 5 else (os.path.basename(first), line)
    assert broken(verify_directory(str(directory))) == [where]


def test_a_line_changed_with_its_hash_recomputed_is_noticed_at_the_next_line(directory):
    """Whoever knows the format can mend one line's hash, but not the link of the line behind it."""
    first, _ = paths(directory)

    def forge(raw):
        fields = json.loads(raw[2])
        del fields["hash"]
        fields["detail"]["text"] = "ls"
        return [*raw[:2], compose(fields)[0], *raw[3:]]

    edit(first, forge)
    assert broken(verify_directory(str(directory))) == [(os.path.basename(first), 4)]


def test_swapped_and_doubled_lines_are_noticed(directory):
    """Order and number of lines are part of the chain."""
    first, second = paths(directory)
    edit(first, lambda raw: [raw[0], raw[2], raw[1], raw[3], raw[4]])
    edit(second, lambda raw: [*raw, raw[-1]])
    found = broken(verify_directory(str(directory)))
    assert (os.path.basename(first), 2) in found
    assert (os.path.basename(second), 6) in found


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_cut_off_end_is_noticed(directory, kept):
    """The lines that are left are a perfect chain; the head knows that there were more."""
    _, second = paths(directory)
    edit(second, lambda raw: raw[:kept])
    for report in (verify_directory(str(directory)), verify_files(paths(directory))):
        assert not report.holds
        assert f"{5 - kept} line{'s' * (kept < 4)} at the end of the audit removed" in str(report.problems[-1])


def test_a_forged_last_line_of_the_same_length_is_noticed(directory):
    """Its hash was recomputed and no line follows it: only the head gives it away."""
    _, second = paths(directory)

    def forge(raw):
        fields = json.loads(raw[-1])
        del fields["hash"]
        fields["detail"]["text"] = "LINE 9"
        return [*raw[:-1], compose(fields)[0]]

    edit(second, forge)
    report = verify_directory(str(directory))
    assert not report.holds
    assert "not the one that was written" in str(report.problems[0])


def test_a_removed_file_is_noticed(directory):
    """The first one, the last one: the rest alone does not pass for the whole."""
    first, second = paths(directory)
    os.rename(first, f"{first}.away")
    report = verify_directory(str(directory))
    assert broken(report) == [(os.path.basename(second), 1)]
    assert "the chain begins at line 6" in str(report.problems[0])
    os.rename(f"{first}.away", first)
    os.unlink(second)
    assert not verify_directory(str(directory)).holds


def test_files_kept_elsewhere_can_be_verified_alone(directory, tmp_path):
    """An archived file holds by itself, with a word about what cannot be noticed without the head."""
    first, _ = paths(directory)
    os.rename(first, tmp_path / "archived.jsonl")
    report = verify_files([str(tmp_path / "archived.jsonl")])
    assert (report.holds, len(report.problems)) == (True, 1)
    assert "no head file" in str(report.problems[0])


def test_a_torn_end_cannot_hide_a_removed_line(directory):
    """Garbling the last line looks like a torn write; the head says that it had been written."""
    _, second = paths(directory)
    edit(second, lambda raw: [*raw[:-1], raw[-1][:40]])
    report = verify_directory(str(directory))
    assert not report.holds


def test_a_garbled_line_in_the_middle_is_no_torn_line(directory):
    """Only a note of the next writer, with the right length, explains garbage."""
    first, _ = paths(directory)
    edit(first, lambda raw: [*raw[:2], b"garbage\n", *raw[2:]])
    assert broken(verify_directory(str(directory))) == [(os.path.basename(first), 3)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_changed_byte_breaks_the_chain(directory, data):
    """Flip any one byte of any line: verify never says that the chain holds."""
    path = data.draw(st.sampled_from(paths(directory)))
    with open(path, "rb") as source:
        whole = source.read()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    try:
        with open(path, "wb") as target:
            target.write(changed)
        assert not verify_directory(str(directory)).holds
    finally:
        with open(path, "wb") as target:
            target.write(whole)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=5), st.binary(max_size=600))
def test_random_files_and_heads_crash_nothing(tmp_path, contents, head):
    """Random bytes as logs and head are reported, never an exception."""
    (tmp_path / "head").write_bytes(head)
    for number, content in enumerate(contents):
        (tmp_path / f"audit-{number:012}-20260101.jsonl").write_bytes(content)
    report = verify_directory(str(tmp_path))
    assert report.holds in (True, False)
    for name in log_names(str(tmp_path)):
        verify_files([str(tmp_path / name)])
        os.unlink(tmp_path / name)
