"""Recording a session as an asciicast while it runs. Off unless configuration turns it on.

What a recording holds: everything that the session wrote to the screen, so also command lines as they
were echoed, files that were shown, and what dialogs said. Input is not recorded, so passwords typed
without echo are not in it. Output goes through the redaction of the audit line by line: chunks of a
line are held back until it ends, then written with their own times, or, if the line held a secret, as
one redacted event. This is best effort: a secret drawn with cursor movements, in colours, across lines,
or in a form that redact.py does not know stays readable. Files are 0600; treat them as confidential.

A recording that cannot go on (disk full) stops with one notice; the session goes on.
What must not live here: the format (asciicast.py), playing.
"""

from __future__ import annotations

import codecs
import os
from time import monotonic
from typing import TYPE_CHECKING

from safeshell.records.asciicast import Event, Header, Writer, header_line
from safeshell.records.files import open_private, private_directory
from safeshell.records.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable

HELD = 16 * 1024
"""Characters of an unfinished line that are held back at most; full-screen programs end no lines."""


class Recorder:
    """Writes one recording. Times are monotonic seconds; the first call's moment is the beginning.

    No method raises once the file is open: a failure ends the recording and calls `notice` once.
    """

    def __init__(
        self,
        path: str,
        header: Header,
        *,
        notice: Callable[[str], None],
        cover: Callable[[str], str] | None = redact,
        with_input: bool = False,
    ) -> None:
        """Make the file; it must not exist yet. `cover` redacts output, None leaves it as it is.

        Raises:
            RecordError, OSError: the file cannot be made.
        """
        private_directory(os.path.dirname(path) or ".")
        self.path = path
        self._descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        self._notice = notice
        self._cover = cover
        self._with_input = with_input
        self._decoders = {code: codecs.getincrementaldecoder("utf-8")("replace") for code in "oi"}
        self._writer = Writer(header.version)
        self._began: float | None = None
        self._size = 0
        self._held: list[tuple[float, str]] = []
        self._held_size = 0
        self._put(header_line(header))

    @property
    def recording(self) -> bool:
        """False once it was closed or has failed."""
        return self._descriptor >= 0

    def output(self, data: bytes, at: float | None = None) -> None:
        """Bytes that the session wrote to the terminal, in any chunks."""
        text = self._decoders["o"].decode(data)
        if not text or not self.recording:
            return
        moment = self._moment(at)
        if self._cover is None:
            self._event(moment, "o", text)
            return
        ended, newline, rest = text.rpartition("\n")
        if newline:
            self._hold(moment, ended + newline)
            self._release()
        if rest:
            self._hold(moment, rest)
            if self._held_size > HELD:
                self._release()

    def input(self, data: bytes, at: float | None = None) -> None:
        """Bytes that the person typed; dropped unless the recorder was made `with_input`."""
        if self._with_input and (text := self._decoders["i"].decode(data)):
            self._mark(self._moment(at), "i", text)

    def resize(self, cols: int, rows: int, at: float | None = None) -> None:
        """The terminal has a new size."""
        self._mark(self._moment(at), "r", f"{cols}x{rows}")

    def marker(self, label: str, at: float | None = None) -> None:
        """A named place, to jump to when playing."""
        self._mark(self._moment(at), "m", redact(label))

    def exit(self, status: int, at: float | None = None) -> None:
        """The session ended with this status. Closes the recording."""
        self._finish()
        self._event(self._moment(at), "x", str(status))
        self.close()

    def close(self) -> None:
        """End the recording; calls after this do nothing."""
        self._finish()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _moment(self, at: float | None) -> float:
        now = monotonic() if at is None else at
        if self._began is None:
            self._began = now
        return now - self._began

    def _hold(self, moment: float, text: str) -> None:
        self._held.append((moment, text))
        self._held_size += len(text)

    def _release(self) -> None:
        """Write what was held back: as it came, or as one event if something in it had to be covered."""
        held, self._held, self._held_size = self._held, [], 0
        if not held:
            return
        text = "".join(part for _, part in held)
        covered = self._cover(text) if self._cover else text
        for moment, part in held if covered == text else [(held[0][0], covered)]:
            self._event(moment, "o", part)

    def _finish(self) -> None:
        """An incomplete character at the end becomes a replacement character; nothing stays held back."""
        if self.recording and (rest := self._decoders["o"].decode(b"", final=True)):
            self._hold(self._moment(None) if not self._held else self._held[-1][0], rest)
        self._release()

    def _mark(self, moment: float, code: str, data: str) -> None:
        self._release()
        self._event(moment, code, data)

    def _event(self, moment: float, code: str, data: str) -> None:
        if self.recording and (line := self._writer.line(Event(moment, code, data))):
            self._put(line)

    def _put(self, line: str) -> None:
        raw = line.encode("ascii")
        try:
            done = 0
            while done < len(raw):
                done += os.write(self._descriptor, raw[done:])
            self._size += len(raw)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        """Take the partial line back, close, and tell it once."""
        descriptor, self._descriptor = self._descriptor, -1
        self._held = []
        try:
            os.ftruncate(descriptor, self._size)
        except OSError:
            pass  # a torn last line is passed over by readers
        finally:
            os.close(descriptor)
        self._notice(
            f"safeshell: the recording {self.path} has stopped: {error.strerror or error}; the session goes on without it"
        )
