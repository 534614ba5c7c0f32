"""The empty prompt that a refused line would leave on the screen, found and taken away. Pure.

bash draws its prompt anew for the emptied line, accepts that, and prompts again. What came between the
refusal and the next prompt is taken away only where it is nothing but the prompt that stood there before.
What must not live here: reading and writing.
"""

from __future__ import annotations

_ESCAPES = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])"
_LONGEST = 4096


class EmptyLine:
    """Follows the output at a prompt and after a refusal; `watching` says whether it wants to see any."""

    def __init__(self) -> None:
        self.watching = False
        self._refused = False
        self._prompt = bytearray()
        self._after = bytearray()

    def prompted(self) -> None:
        """A prompt is drawn next."""
        self.watching, self._refused = True, False
        self._prompt.clear()

    def typed(self) -> None:
        """What is shown from now on is typing, or comes of it; after a refusal it may be typed ahead."""
        self.watching = False

    def refused(self) -> None:
        """A line was refused and the cursor stands at the beginning of a row."""
        self.watching = self._refused = True
        self._after.clear()

    def see(self, data: bytes) -> None:
        """Take output."""
        seen = self._after if self._refused else self._prompt
        seen += data
        if len(seen) > _LONGEST:
            self.watching = False

    @property
    def unfinished(self) -> bool:
        """True where the line's end is still to come."""
        return self.watching and self._refused and b"\n" not in self._after

    def leftover(self, columns: int) -> bytes:
        """Bytes that take the empty prompt away; b"" where there is none, or something else was written."""
        if not (self.watching and self._refused) or not columns:
            return b""
        body, _, rest = _visible(self._after).partition("\n")
        shown = _visible(self._prompt).rpartition("\n")[2]
        if (
            rest
            or not body
            or body != shown
            or (not body.isascii() and 2 * len(body) > columns)
            or len(body) % columns == 0
        ):
            return b""
        return b"\x1b[%dA\r\x1b[J" % (len(body) // columns + 1)


def _visible(data: bytes | bytearray) -> str:
    import re  # the first prompt does not wait for it

    return re.sub(_ESCAPES, b"", data).replace(b"\r", b"").decode("utf-8", "replace")
