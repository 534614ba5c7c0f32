"""Writing the audit: order under concurrency, durability, full disks, crashes, hostile directories."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import stat
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.errors import RecordError
from safeshell.records.audit import Audit, audit_directory, log_names
from safeshell.records.verify import read_head, verify_directory

ROOT = os.geteuid() == 0
NOON = 1_700_000_000.0


def event(text: str = "ls", *, durable: bool = False, at: float = NOON, action: str = "a1") -> AuditEvent:
    return AuditEvent(at, "s1", action, EventKind.INTENT, {"text": text}, durable=durable)


def lines(directory) -> list[dict]:
    return [
        json.loads(raw) for name in log_names(str(directory)) for raw in (directory / name).read_bytes().splitlines()
    ]


def test_lines_are_numbered_chained_and_dated(tmp_path):
    """Each line carries the hash of the one before, across two writers that know nothing of each other."""
    first, second = Audit(str(tmp_path / "audit")), Audit(str(tmp_path / "audit"))
    first.write(event("one"))
    second.write(event("two"))
    first.write(event("three"))
    found = lines(tmp_path / "audit")
    assert [line["seq"] for line in found] == [1, 2, 3]
    assert [line["detail"]["text"] for line in found] == ["one", "two", "three"]
    assert [line["previous_hash"] for line in found] == ["0" * 64, found[0]["hash"], found[1]["hash"]]
    assert found[0]["at"] == "2023-11-14T22:13:20.000Z"
    assert (found[0]["session"], found[0]["action"], found[0]["kind"]) == ("s1", "a1", "intent")
    assert verify_directory(str(tmp_path / "audit")).holds


def test_the_directory_and_its_files_are_closed_to_others(tmp_path):
    """0700 and 0600, as the audit holds what everybody typed."""
    Audit(str(tmp_path / "state/audit")).write(event())
    assert stat.S_IMODE(os.stat(tmp_path / "state/audit").st_mode) == 0o700
    for path in (tmp_path / "state/audit").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_audit_directory_lies_below_the_state_directory():
    """The one place that the variables name."""
    assert audit_directory({"SAFESHELL_STATE_DIR": "/s"}) == "/s/audit"


def _append_many(directory: str, name: str, count: int) -> None:
    audit = Audit(directory, patience=60)
    for number in range(count):
        audit.write(event(f"{name}-{number}", durable=number % 50 == 0))


@pytest.mark.timeout(120)
def test_many_processes_append_without_losing_or_tearing_a_line(tmp_path):
    """Six processes, 200 lines each: every line is there once, in one unbroken chain."""
    directory = str(tmp_path / "audit")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(directory, f"w{n}", 200)) for n in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(100)
        assert worker.exitcode == 0
    texts = [line["detail"]["text"] for line in lines(tmp_path / "audit")]
    assert sorted(texts) == sorted(f"w{n}-{number}" for n in range(6) for number in range(200))
    report = verify_directory(directory)
    assert (report.holds, report.lines, report.problems) == (True, 1200, [])


def test_threads_of_one_process_share_a_writer(tmp_path):
    """A lock of the process alone would not part its threads."""
    audit = Audit(str(tmp_path / "audit"))
    threads = [threading.Thread(target=lambda: [audit.write(event()) for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify_directory(str(tmp_path / "audit"))
    assert (report.holds, report.lines) == (True, 400)


def test_a_forked_child_writes_through_its_own_files(tmp_path):
    """Parent and child of a fork write at once; a shared descriptor would let both hold the lock."""
    audit = Audit(str(tmp_path / "audit"))
    audit.write(event())
    child = os.fork()
    for _ in range(100):
        audit.write(event())
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    report = verify_directory(str(tmp_path / "audit"))
    assert (report.holds, report.lines) == (True, 201)


def test_a_new_day_and_a_full_file_begin_a_new_file_and_the_chain_goes_on(tmp_path):
    """Rotation breaks nothing: the first line of a new file carries the last hash of the old one."""
    audit = Audit(str(tmp_path / "audit"), max_bytes=2000)
    for day in range(3):
        for number in range(8):
            audit.write(event(f"{day}-{number}" + "x" * 100, at=NOON + day * 86400))
    names = log_names(str(tmp_path / "audit"))
    assert [name[-14:-6] for name in names] == ["20231114", "20231114", "20231115", "20231115", "20231116", "20231116"]
    firsts = [json.loads((tmp_path / "audit" / name).read_bytes().splitlines()[0]) for name in names]
    lasts = [json.loads((tmp_path / "audit" / name).read_bytes().splitlines()[-1]) for name in names]
    assert [line["previous_hash"] for line in firsts[1:]] == [line["hash"] for line in lasts[:-1]]
    report = verify_directory(str(tmp_path / "audit"))
    assert (report.holds, report.files, report.lines) == (True, 6, 24)


def test_a_clock_that_goes_back_does_not_go_back_to_an_old_file(tmp_path):
    """Names sort by the number of the first line, so order never depends on clocks."""
    audit = Audit(str(tmp_path / "audit"))
    audit.write(event(at=NOON))
    audit.write(event(at=NOON - 5 * 86400))
    assert len(log_names(str(tmp_path / "audit"))) == 1
    assert verify_directory(str(tmp_path / "audit")).holds


def test_durable_lines_are_on_disk_before_write_returns(tmp_path, monkeypatch):
    """The log is fsynced for a durable line, and for no other; the head then names it as durable."""
    audit = Audit(str(tmp_path / "audit"))
    audit.write(event())
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), real(fd))[1])
    audit.write(event())
    assert synced == []
    audit.write(event(durable=True))
    assert [os.path.basename(path) for path in synced] == log_names(str(tmp_path / "audit"))
    head = read_head(str(tmp_path / "audit"))
    assert head is not None
    assert (head.seq, head.durable_seq) == (3, 3)


def test_secrets_never_reach_the_file(tmp_path):
    """Text, nested values, argument lists and keys are redacted before they are written."""
    detail = {
        "text": "mysql -uroot -pS3cr3tZq9 shop",
        "argv": ["redis-cli", "-a", "S3cr3tZq9"],
        "environment": {"PGPASSWORD": "S3cr3tZq9"},
        "deep": [{"why": "url postgres://u:S3cr3tZq9@h/db"}],
    }
    Audit(str(tmp_path / "audit")).write(AuditEvent(NOON, "s", "a", EventKind.INTENT, detail))
    (name,) = log_names(str(tmp_path / "audit"))
    raw = (tmp_path / "audit" / name).read_text()
    assert "S3cr3tZq9" not in raw
    assert json.loads(raw)["detail"]["text"] == "mysql -uroot -p[redacted] shop"


@contextmanager
def tiny_disk(path):
    """A real file system of 256 KiB."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)], check=True, timeout=10)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True, timeout=10)


def fill(path) -> None:
    """Write until there is no room for another byte."""
    with open(path, "wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError:
            return


def write_often(audit: Audit, one: AuditEvent) -> None:
    for _ in range(200):
        audit.write(one)


def can_mount() -> bool:
    return ROOT and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="mounting needs root")
def test_a_full_disk_is_told_at_once_and_leaves_no_partial_line(tmp_path):
    """A line that does not fit is taken back whole; when there is room again the chain goes on unbroken."""
    with tiny_disk(tmp_path / "disk") as disk:
        audit = Audit(str(disk / "audit"))
        audit.write(event("before"))
        fill(disk / "filler")
        began = time.monotonic()
        with pytest.raises(RecordError, match="No space left"):
            write_often(audit, event("y" * 1000))
        assert time.monotonic() - began < 1
        with pytest.raises(RecordError, match="No space left"):
            Audit(str(disk / "other")).write(event())
        report = verify_directory(str(disk / "audit"))
        assert (report.holds, report.problems) == (True, [])
        os.unlink(disk / "filler")
        audit.write(event("after", durable=True))
        Audit(str(disk / "other")).write(event())
        texts = [line["detail"]["text"] for line in lines(disk / "audit")]
        assert (texts[0], texts[-1]) == ("before", "after")
        assert verify_directory(str(disk / "audit")).problems == []
        assert verify_directory(str(disk / "other")).problems == []
        audit.close()


def test_a_file_size_limit_leaves_no_partial_line(tmp_path):
    """RLIMIT_FSIZE cuts a write in the middle, as a full disk does; works without root."""
    audit = Audit(str(tmp_path / "audit"))
    audit.write(event())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(RecordError, match="File too large"):
            audit.write(event("z" * 5000, durable=True))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    audit.write(event("small"))
    assert [line["detail"]["text"] for line in lines(tmp_path / "audit")] == ["ls", "small"]
    assert verify_directory(str(tmp_path / "audit")).problems == []


@pytest.mark.skipif(not can_mount(), reason="mounting needs root")
def test_a_read_only_file_system_is_a_record_error(tmp_path):
    """Read-only, and said so."""
    with tiny_disk(tmp_path / "disk") as disk:
        audit = Audit(str(disk / "audit"))
        audit.write(event())
        audit.close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, timeout=10)
        for directory in (disk / "audit", disk / "new"):
            with pytest.raises(RecordError, match="Read-only file system"):
                Audit(str(directory)).write(event())


def test_a_directory_that_cannot_be_written_is_a_record_error(tmp_path):
    """A file stands where the directory should be (root may write into any directory)."""
    (tmp_path / "audit").write_text("")
    with pytest.raises(RecordError, match="audit"):
        Audit(str(tmp_path / "audit")).write(event())


@pytest.mark.parametrize("planted", ["head", "log"])
def test_a_planted_symbolic_link_is_refused(tmp_path, planted):
    """Neither the head nor a log is followed to somewhere else."""
    directory = tmp_path / "audit"
    audit = Audit(str(directory))
    audit.write(event())
    name = "head" if planted == "head" else log_names(str(directory))[0]
    os.rename(directory / name, tmp_path / "victim")
    before = (tmp_path / "victim").read_bytes()
    (directory / name).symlink_to(tmp_path / "victim")
    for writer in (audit, Audit(str(directory))):
        with pytest.raises(RecordError, match="symbolic link"):
            writer.write(event())
    assert (tmp_path / "victim").read_bytes() == before


def test_a_lock_that_is_never_given_back_ends_in_an_error_and_not_in_a_hang(tmp_path):
    """A stopped process may hold the lock for ever; a shell must not."""
    import fcntl

    Audit(str(tmp_path / "audit")).write(event())
    with open(tmp_path / "audit/head", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        with pytest.raises(RecordError, match="locked by another process"):
            Audit(str(tmp_path / "audit"), patience=0.2).write(event())
        assert 0.15 < time.monotonic() - began < 2


@pytest.mark.parametrize(
    "detail", [{"x": float("nan")}, {"x": object()}, {"x": {1, 2}}, {1: "x"}, {"x": "\udcff\x00\n"}]
)
def test_details_beyond_json_are_written_as_text_rather_than_lost(tmp_path, detail):
    """An odd value in a detail must not let an action go unrecorded."""
    audit = Audit(str(tmp_path / "audit"))
    audit.write(AuditEvent(NOON, "s", "a", EventKind.NOTE, detail))
    assert verify_directory(str(tmp_path / "audit")).problems == []


def test_an_event_that_cannot_be_written_is_a_record_error_and_leaves_nothing(tmp_path):
    """A time that is none is the caller's fault, and still no crash of the road."""
    audit = Audit(str(tmp_path / "audit"))
    endless: list[object] = []
    endless.append(endless)
    for odd in (event(at=float("nan")), AuditEvent(NOON, "s", "a", EventKind.NOTE, {"x": endless})):
        with pytest.raises(RecordError, match="cannot be written"):
            audit.write(odd)
    audit.write(event())
    assert verify_directory(str(tmp_path / "audit")).lines == 1


def test_appending_is_fast(tmp_path):
    """A line that is not durable costs well under 100 microseconds beside writing bare bytes under the same load."""
    audit = Audit(str(tmp_path / "audit"))
    detail = {"language": "bash", "cwd": "/home/ada/shop", "target": "web-3", "tier": "production", "demand": "confirm"}
    took = []
    for number in range(400):
        one = AuditEvent(NOON, "s", "a", EventKind.INTENT, detail | {"text": f"rm -rf data/{number}"})
        began = time.perf_counter()
        audit.write(one)
        took.append(time.perf_counter() - began)
    bare = []
    with open(tmp_path / "bare", "ab", buffering=0) as log:
        for _ in range(400):
            began = time.perf_counter()
            log.write(json.dumps(detail).encode())
            bare.append(time.perf_counter() - began)
    assert statistics.median(took) < max(100e-6, 12 * statistics.median(bare))
