"""The audit: JSON lines, chained by their hashes, appended by any number of processes at once.

The directory holds `audit-SEQ-DAY.jsonl` files (SEQ: number of the first line, so names sort as the
chain runs; a new one each UTC day and above `max_bytes`) and `head` (head.py), which is also the
lock. An event is redacted, numbered, chained and written under that lock; `durable` puts it on the
disk before `write` returns. A line that could not be written whole is taken back. What a crash or a
knife left behind is noted in the chain by the next writer (tail.py) and told by verify.py.

What must not live here: deciding what is recorded, reading the audit for people.
"""

from __future__ import annotations

import errno
import fcntl
import os
from _thread import allocate_lock
from time import monotonic, sleep
from typing import TYPE_CHECKING

from safeshell.model.errors import RecordError
from safeshell.model.values import replace
from safeshell.records.chain import Line, compose, timestamp
from safeshell.records.files import open_private, private_directory, state_directory, sync_directory
from safeshell.records.head import HEAD_NAME, HEAD_SIZE, Head, unpack
from safeshell.records.redact import redact_detail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.model.audit import AuditEvent
    from safeshell.records.tail import Note

MAX_BYTES = 16 * 1024 * 1024
PATIENCE = 2.0
"""Seconds to wait for the lock: a stopped writer must not hang a shell."""

_APPEND = os.O_RDWR | os.O_APPEND


def audit_directory(environ: Mapping[str, str]) -> str:
    """Where the audit of this person lies."""
    return f"{state_directory(environ)}/audit"


def log_names(directory: str) -> list[str]:
    """The names of the audit's files in the order of the chain; none if there is no directory."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name.startswith("audit-") and name.endswith(".jsonl"))


def boot_id() -> str:
    """The running kernel's id, "" where there is none (then nothing is put down to a power loss)."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read(64).strip()
    except (OSError, ValueError):
        return ""


class Audit:
    """The writer's side. One object serves a process and its threads; a forked child opens its own files."""

    def __init__(self, directory: str, *, max_bytes: int = MAX_BYTES, patience: float = PATIENCE) -> None:
        self.directory = directory
        self._max_bytes = max_bytes
        self._patience = patience
        self._mutex = allocate_lock()
        self._pid = os.getpid()
        self._head = -1
        self._log = -1
        self._log_name = ""
        self._boot = ""

    def write(self, event: AuditEvent) -> None:
        """Append one event.

        Raises:
            RecordError: it could not be written, and nothing of it was; fast, except that a lock
                held by another process is waited for, at most `patience` seconds.
        """
        try:
            fields = (
                timestamp(event.at),
                event.session,
                event.action,
                event.kind.value,
                redact_detail(event.detail),
            )
            self._after_fork()
            with self._mutex:
                self._append(fields, event)
        except OSError as error:
            raise RecordError(f"the audit in {self.directory} cannot be written: {_sentence(error)}") from error
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise RecordError(f"an event of kind {event.kind} cannot be written as an audit line") from error

    def close(self) -> None:
        """Close the files; a later write opens them again."""
        for descriptor in (self._head, self._log):
            if descriptor >= 0:
                os.close(descriptor)
        self._head = self._log = -1
        self._log_name = ""

    def _after_fork(self) -> None:
        """In a child: a lock taken through the parent's descriptors would be the parent's, too."""
        if self._pid != os.getpid():
            self._mutex = allocate_lock()
            self.close()
            self._pid = os.getpid()

    def _append(self, fields: tuple[str, str, str, str, dict[str, object]], event: AuditEvent) -> None:
        fresh = self._lock()
        try:
            head, notes = self._end(fresh=fresh)
            head = self._rotated(head, fields[0])
            data, seq, digest = _lines(head, notes, fields)
            self._store(data, head, seq, digest, durable=event.durable or bool(notes))
        finally:
            if self._head >= 0:
                fcntl.flock(self._head, fcntl.LOCK_UN)

    def _lock(self) -> bool:
        """Hold the head file that stands in the directory now; True when it had to be opened."""
        path, fresh = f"{self.directory}/{HEAD_NAME}", False
        deadline = monotonic() + self._patience
        while True:
            if self._head < 0:
                private_directory(self.directory)
                self._head, fresh = open_private(path, os.O_RDWR | os.O_CREAT), True
                self._boot = self._boot or boot_id()
            self._flock(deadline)
            if _stands_at(path, self._head):
                return fresh
            self.close()  # somebody moved it away since we opened it

    def _flock(self, deadline: float) -> None:
        pause = 0.0002
        while True:
            try:
                return fcntl.flock(self._head, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() > deadline:
                    raise RecordError(
                        f"the audit in {self.directory} has been locked by another process for {self._patience:g} s"
                    ) from None
            sleep(pause)
            pause = min(pause * 2, 0.01)

    def _end(self, *, fresh: bool) -> tuple[Head, list[Note]]:
        """Where to go on, and what has to be noted first. Cheap when the log is as the head says."""
        head = unpack(os.pread(self._head, HEAD_SIZE + 1, 0))
        if head is None:
            return self._recovered(None) if log_names(self.directory) else (Head("", 0, boot=self._boot), [])
        if fresh and log_names(self.directory)[-1:] > [head.file]:
            return self._recovered(head)
        if self._open_log(head.file) and os.fstat(self._log).st_size == head.size:
            return replace(head, boot=self._boot) if head.boot != self._boot else head, []
        return self._recovered(head)

    def _recovered(self, head: Head | None) -> tuple[Head, list[Note]]:
        """Read the logs from the newest back to the last good line."""
        from safeshell.records.tail import Tail, read_tail, reconcile  # noqa: PLC0415 - only after a crash or a knife

        names = log_names(self.directory)
        newest, size, torn = "", 0, 0
        last: Line | None = None
        anchor = ""
        for name in reversed(names):
            if not self._open_log(name):
                continue
            data = _whole(self._log)
            tail = read_tail(data, head.seq if head else 0)
            if not newest:
                newest, size, torn = name, len(data), tail.torn
            last, anchor = last or tail.last, tail.anchor
            if tail.last and (head is None or anchor or tail.last.seq < head.seq):
                break
        if newest:
            self._open_log(newest)
        return reconcile(head, Tail(last, torn, anchor), file=newest, size=size, boot=self._boot)

    def _open_log(self, name: str) -> bool:
        """Have this log open for appending; False if there is none of that name."""
        path = f"{self.directory}/{name}"
        if self._log_name == name and _stands_at(path, self._log):
            return True
        if self._log >= 0:
            os.close(self._log)
            self._log, self._log_name = -1, ""
        if not name or "/" in name:
            return False
        try:
            self._log = open_private(path, _APPEND)
        except FileNotFoundError:
            return False
        self._log_name = name
        return True

    def _rotated(self, head: Head, at: str) -> Head:
        """The head on a new file where one is due: none yet, a new day, or the size.

        The head moves before the first line is written, and reaches the disk before it, so that no
        writer ever goes on in the old file once the new one has lines.
        """
        day = at[:10].replace("-", "")
        if head.file and head.size < self._max_bytes and head.file[-14:-6] >= day:
            return head
        name = f"audit-{head.seq + 1:012}-{day}.jsonl"
        os.close(open_private(f"{self.directory}/{name}", _APPEND | os.O_CREAT))
        self._open_log(name)
        sync_directory(self.directory)
        head = replace(head, file=name, size=os.fstat(self._log).st_size, boot=self._boot)
        self._put_head(head)
        os.fsync(self._head)
        return head

    def _store(self, data: bytes, before: Head, seq: int, digest: str, *, durable: bool) -> None:
        """Write the lines and then the head; on any failure neither has changed."""
        try:
            done = 0
            while done < len(data):
                done += os.write(self._log, data[done:])
            if durable:
                os.fsync(self._log)
            anchor = (seq, digest) if durable else (before.durable_seq, before.durable_hash)
            self._put_head(Head(before.file, before.size + len(data), seq, digest, *anchor, before.boot))
        except BaseException:
            os.ftruncate(self._log, before.size)
            self._put_head(before)
            raise

    def _put_head(self, head: Head) -> None:
        packed = head.pack()
        if os.pwrite(self._head, packed, 0) != len(packed):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _lines(
    head: Head, notes: list[Note], fields: tuple[str, str, str, str, dict[str, object]]
) -> tuple[bytes, int, str]:
    """The bytes to append (notes first), and the number and hash of the last line in them."""
    at = fields[0]
    rows = [(at, "", "", kind.value, detail) for kind, detail in notes]
    torn = any(detail.get("bytes") for _, detail in notes)
    data, seq, previous = b"\n" if torn else b"", head.seq, head.hash
    for moment, session, action, kind, detail in [*rows, fields]:
        seq += 1
        raw, previous = compose(
            {
                "seq": seq,
                "at": moment,
                "session": session,
                "action": action,
                "kind": kind,
                "detail": detail,
                "previous_hash": previous,
            }
        )
        data += raw
    return data, seq, previous


def _stands_at(path: str, descriptor: int) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        named = os.lstat(path)
    except FileNotFoundError:
        return False
    opened = os.fstat(descriptor)
    return (named.st_ino, named.st_dev) == (opened.st_ino, opened.st_dev)


def _whole(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts, offset = [], 0
    while offset < size and (part := os.pread(descriptor, min(size - offset, 1 << 20), offset)):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _sentence(error: OSError) -> str:
    hints = {
        errno.ENOSPC: "; free some space",
        errno.EDQUOT: "; free some space",
        errno.EACCES: "; make the directory yours and writable",
        errno.EROFS: "; point SAFESHELL_STATE_DIR at a place that can be written",
    }
    return f"{error.strerror or error}{hints.get(error.errno or 0, '')}"
