"""What of the person's typing goes on to the shell, and when. Pure: time comes as an argument.

A paste may hold many lines. While the shell is at its prompt, what follows an Enter waits until that
line was judged: released, it goes on; refused, it is dropped, and so is the rest of the paste that is
still coming. What must not live here: reading, writing, judging.
"""

from __future__ import annotations

_SUBMIT = b"\r\n\x0f"
_NOT_PLAIN = _SUBMIT + b"~"
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
VERDICT_WAIT = 0.3
"""Seconds that typing waits for the question about its line; some Enters ask nothing (isearch, menus)."""
PROMPT_WAIT = 0.05
"""Seconds after a release in which the next prompt may come, so that pasted lines go one by one."""
QUIET = 0.1
"""A pause this long ends a paste."""


class InputGate:
    """Holds typing back between an Enter and its verdict. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.held = bytearray()
        self._at_prompt = False
        self._pasting = False
        self._tail = b""
        self._until = 0.0
        self._dropping = 0.0

    @property
    def deadline(self) -> float:
        """When `tick` is due, 0 when nothing waits."""
        return self._until

    def key(self, data: bytes) -> bool:
        """Take one byte that neither submits nor ends a marker, while nothing waits; False for anything else.

        The usual key stroke, in as little as it goes: a person feels what every key costs.
        """
        if len(data) != 1 or self._until or self._dropping or data in _NOT_PLAIN:
            return False
        self._tail = self._tail[-4:] + data
        return True

    def feed(self, data: bytes, now: float) -> bytes:
        """Take typing; what may go on now."""
        if self._dropping:
            if now < self._dropping:
                self._dropping = now + QUIET
                return b""
            self._dropping = 0.0
        if self._until:
            self.held += data
            return b""
        return self._pass(data, now)

    def prompted(self, now: float) -> bytes:
        """A prompt is shown; what may go on now."""
        self._at_prompt = True
        return self._resume(now)

    def released(self, now: float) -> None:
        """The line that was asked about runs."""
        self._at_prompt = False
        if self._until:
            self._until = now + PROMPT_WAIT

    def refused(self, now: float, *, more: bool) -> int:
        """The line that was asked about does not run; how many bytes of its paste were dropped.

        `more` says that typing was waiting in the terminal as well.
        """
        dropped = len(self.held)
        self.held.clear()
        self._until = 0.0
        if dropped or more:
            self._dropping = now + QUIET
        return dropped

    def tick(self, now: float) -> bytes:
        """What may go on since its time is over."""
        return self._resume(now) if self._until and now >= self._until else b""

    def _resume(self, now: float) -> bytes:
        self._until = 0.0
        data = bytes(self.held)
        self.held.clear()
        return self._pass(data, now) if data else b""

    def _pass(self, data: bytes, now: float) -> bytes:
        if not self._at_prompt:
            self._follow(data)
            return data
        end = self._submitted(data)
        if end < 0:
            return data
        self.held += data[end:]
        self._until = now + VERDICT_WAIT
        return data[:end]

    def _follow(self, data: bytes) -> None:
        """Keep track of bracketed pastes, whose markers may be cut."""
        seen = self._tail + data
        begins, ends = seen.rfind(_PASTE_BEGINS), seen.rfind(_PASTE_ENDS)
        if begins != ends:
            self._pasting = begins > ends
        self._tail = seen[-5:]

    def _submitted(self, data: bytes) -> int:
        """Where the first Enter outside of a bracketed paste ends, -1 when there is none."""
        for at, byte in enumerate(data):
            if byte in _SUBMIT and not self._pasting and not (self._tail + data[:at]).endswith(b"\x16"):
                self._follow(data[: at + 1])
                return at + 1
            if byte == 0x7E:  # noqa: PLR2004 - `~`, the end of a paste marker
                self._follow(data[: at + 1])
                data = b"\0" * (at + 1) + data[at + 1 :]
        self._follow(data)
        return -1
