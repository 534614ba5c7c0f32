"""The session of a followed ssh call: the guarded session's loop, with a shell that is somewhere else.

What must not live here: judging, starting ssh (sshfollow), dialogs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from safeshell.gateways.loop import Session

if TYPE_CHECKING:
    from safeshell.gateways.launch import Child
    from safeshell.gateways.ports import GuardFactory, PromptStatus
    from safeshell.gateways.sshfollow import Sides

_MARK, _END = b"\x1b]7748;", b"\x07"
_LONGEST = 200
_PATIENCE = 0.05
_GIVEN_UP = 60.0
"""Seconds after which no connection is waited for any more (a person may type a password meanwhile)."""
_TOLD = {
    "alone": "the remote side allows no sessions beside this one",
    "failed": "no private directory could be made there",
}


class Marks:
    """Takes what the remote start says about itself out of its first output.

    Only the first mark counts, and only for a notice: whoever forges one changes nothing but a sentence.
    """

    def __init__(self) -> None:
        self.said = ""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The output without the mark; a beginning of one waits for its end."""
        if self.said:
            return data
        data, self._held = self._held + data, b""
        at = data.find(_MARK)
        if at < 0:
            keep = next((size for size in range(len(_MARK) - 1, 0, -1) if data.endswith(_MARK[:size])), 0)
            self._held = data[len(data) - keep :] if keep else b""
            return data[: len(data) - keep]
        end = data.find(_END, at)
        if end < 0 and len(data) - at < _LONGEST:
            self._held = data[at:]
            return data[:at]
        if end < 0:
            self.said = "other"
            return data
        self.said = data[at + len(_MARK) : end].decode("ascii", "replace")
        return data[:at] + data[end + 1 :]

    def rest(self) -> bytes:
        """What still waited."""
        held, self._held = self._held, b""
        return held


class RemoteSession(Session):
    """A terminal's session whose shell runs on another host. `followed` tells whether that shell ever asked."""

    def __init__(self, child: Child, guard_factory: GuardFactory, sides: Sides) -> None:
        self._marks = Marks()
        self._sides = sides
        self._begun = time.monotonic()
        self.followed = False
        super().__init__(child, guard_factory)

    @property
    def said(self) -> str:
        """What the remote start said of itself: follows, alone, failed, other;SHELL, or nothing."""
        return self._marks.said

    def run(self) -> int:
        """Until ssh ends; its exit status."""
        self._later("sides", _PATIENCE, self._start_sides)
        try:
            return super().run()
        finally:
            self._sides.stop()

    def _start_sides(self) -> None:
        if self._sides.due():
            self._sides.start()
        elif not self._sides.started and time.monotonic() - self._begun < _GIVEN_UP:
            self._later("sides", _PATIENCE, self._start_sides)

    def _show(self, data: bytes) -> None:
        before = self._marks.said
        if not before:
            data = self._marks.feed(data)
            if self._marks.said:
                self._tell()
            elif self._marks._held:
                self._later("mark", _PATIENCE, lambda: super(RemoteSession, self)._show(self._marks.rest()))
        super()._show(data)

    def _tell(self) -> None:
        """One line about a shell that is not followed."""
        word, _, shell = self._marks.said.partition(";")
        if word == "follows":
            return
        why = _TOLD.get(word, f"the shell there is {shell or 'not one that can be followed'}")
        self.outer.write(f"safeshell: {why}: this session is UNGUARDED\r\n".encode("utf-8", "replace"))
        self.guard.note("unguarded", why)

    def entered(self, pid: int, *, keeps_names: bool) -> None:
        """The hook answered from the other side."""
        del pid, keeps_names
        self.followed = True
        self.guard.note("guarded", "the remote shell found the hook")

    def prompted(self, status: PromptStatus) -> None:
        """The remote shell shows a prompt; a right to ask that a dead process took along is given anew."""
        for channel in self._tokens:
            if channel.token.holder:
                channel.token.put()
        super().prompted(status)

    def look(self) -> None:
        """While a line runs: nobody sees the processes there, but what was let go and leaves the guard is known."""
        name = getattr(self.guard, "leaving", "") if self.followed else ""
        if name != self._stranger:
            self._stranger = name
            self.retitle()
