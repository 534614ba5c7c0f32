"""Running a program to look at something: bounded in time and output, never interactive, no network.

What must not live here: knowledge of any one program.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from safeshell.previews.subject import Subject

if TYPE_CHECKING:
    import subprocess

_LINES_MOST = 200_000
_LINE_MOST = 65536
_QUIET = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "PAGER": "cat",
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
    "DEBIAN_FRONTEND": "noninteractive",
}


class Program:
    """One run of a program.

    After `lines()` ended, `finished` tells whether everything was read and the program ended by itself,
    `code` its exit status, `missing` that there is no such program; `error` is its first error line.
    """

    def __init__(self, argv: Sequence[str], subject: Subject, *, cwd: str | None = None, end: bytes = b"\n") -> None:
        self.finished = False
        self.missing = False
        self.code: int | None = None
        self.error = ""
        self._argv = list(argv)
        self._subject = subject
        self._cwd = cwd
        self._end = end

    def lines(self) -> Iterator[str]:
        """The lines of its standard output, without their ends, as they come."""
        import subprocess
        import tempfile

        with tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    self._argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=self._cwd,
                    env={**os.environ, **_QUIET},
                    start_new_session=True,
                )
            except OSError as fault:
                self.missing = True
                self.error = str(fault)
                return
            try:
                yield from self._read(process)
            finally:
                self._end_of(process)
                errors.seek(0)
                self.error = errors.readline(_LINE_MOST).decode("utf-8", "replace").strip()

    def _read(self, process: subprocess.Popen[bytes]) -> Iterator[str]:
        if process.stdout is None:
            return
        source, rest, seen = process.stdout.fileno(), b"", 0
        while (left := self._subject.left()) > 0 and seen < _LINES_MOST:
            if not select.select([source], [], [], left)[0]:
                return
            data = os.read(source, _LINE_MOST)
            if not data:
                self.finished = True
                break
            *whole, rest = (rest + data).split(self._end)
            seen += len(whole)
            yield from (line.decode("utf-8", "surrogateescape") for line in whole)
        if rest:
            yield rest.decode("utf-8", "surrogateescape")

    def _end_of(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its end as long as there is time, then end it, children included."""
        until = time.monotonic() + (self._subject.left() if self.finished else 0)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        if process.poll() is None:
            self.finished = False
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.code = process.returncode
        if process.stdout is not None:
            process.stdout.close()


def output(argv: Sequence[str], subject: Subject, *, cwd: str | None = None) -> tuple[list[str], Program]:
    """All lines of a program's output, and how it ended."""
    program = Program(argv, subject, cwd=cwd)
    return list(program.lines()), program
