"""The session of a followed ssh call: the guarded session's loop, with a shell that is somewhere else.

What must not live here: judging, starting ssh (sshfollow), dialogs.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from safeshell.gateways.loop import Session
from safeshell.gateways.sshtexts import BELL, FOLLOWED, PATIENCE

if TYPE_CHECKING:
    from safeshell.gateways.channel import Channel
    from safeshell.gateways.launch import Child
    from safeshell.gateways.ports import GuardFactory, PromptStatus
    from safeshell.gateways.sshalone import AloneSides
    from safeshell.gateways.sshfollow import Sides

_MARK, _END = b"\x1b]7748;", b"\x07"
_LONGEST = 200
_CHUNK = 256 * 1024
_ROUNDS = 8
_PATIENCE = 0.05
_TOLD = {
    "alone": "the remote side allows no sessions beside this one",
    "failed": "no private directory could be made there",
    "late": f"the sessions beside this one did not come within {PATIENCE} s",
    "old": "the shell there is {}, which is too old to be followed",
    "nobash": "the shell there is {}, and there is no bash beside it, which following needs",
    "other": "the shell there is {}",
}
_ALONE = struct.pack("HHHH", *BELL, 0, 0)
_IN_PLACE = (
    "safeshell: {0} there cannot ask, so this is the bash there with your profile; exec {0} leaves the guard\r\n"
)


class Marks:
    """Takes what the remote start says about itself out of its first output.

    `ready;NUMBER;SHELL` first, with the number of this call, then one last word. Whoever forges the last one
    changes nothing but a sentence; without the number nothing is started there.
    """

    def __init__(self, number: str) -> None:
        self.ready = ""
        self.said = ""
        self._first = f"ready;{number};"
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The output without marks; a beginning of one waits for its end."""
        shown = b""
        data, self._held = self._held + data, b""
        while data and not self.said:
            at = data.find(_MARK)
            if at < 0:
                keep = next((size for size in range(len(_MARK) - 1, 0, -1) if data.endswith(_MARK[:size])), 0)
                self._held, data = data[len(data) - keep :], data[: len(data) - keep]
                break
            end = data.find(_END, at)
            if end < 0 and len(data) - at < _LONGEST:
                self._held, data = data[at:], data[:at]
                break
            if end < 0:
                self.said = "other"
                break
            shown += data[:at]
            self._take(data[at + len(_MARK) : end].decode("ascii", "replace"))
            data = data[end + 1 :]
        return shown + data

    @property
    def waiting(self) -> bool:
        """True while a beginning of a mark is held back."""
        return bool(self._held)

    def rest(self) -> bytes:
        """What still waited: it was no mark."""
        held, self._held = self._held, b""
        return held

    def _take(self, word: str) -> None:
        if word.startswith(self._first) and word[len(self._first) :] in FOLLOWED:
            self.ready = word[len(self._first) :]
        else:
            self.said = word


class RemoteSession(Session):
    """A terminal's session whose shell runs on another host. `followed` tells whether that shell ever asked."""

    def __init__(self, child: Child, guard_factory: GuardFactory, sides: Sides | AloneSides, output: int) -> None:
        os.set_blocking(output, False)
        self._output = output
        self._marks = Marks(sides.number)
        self._sides = sides
        self._ringing = False
        self.followed = False
        super().__init__(child, guard_factory)

    @property
    def said(self) -> str:
        """What the remote start said of itself: follows;SHELL, alone, late, failed, old;SHELL, other;SHELL, or nothing."""
        return self._marks.said

    def run(self) -> int:
        """Until ssh ends; its exit status."""
        self._watch(self._output, self._on_bulk)
        try:
            return super().run()
        finally:
            self._sides.stop()
            os.close(self._output)

    def _on_bulk(self) -> bool:
        """What the remote programs wrote, in pieces as large as they come; True when there was something."""
        data = self._bulk()
        if data is None:
            self._forget(self._output)
            return False
        self._show(data)
        return bool(data)

    def _bulk(self) -> bytes | None:
        """b"" when there is nothing, None at the end."""
        try:
            return os.read(self._output, _CHUNK) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def pump(self) -> None:
        """Show everything that was written so far, here and there."""
        super().pump()
        for _ in range(_ROUNDS):  # a program that never stops writing must not keep us here
            data = self._bulk()
            if not data:
                return
            self._show(data)

    def _show(self, data: bytes) -> None:
        if not self._marks.said:
            data = self._marks.feed(data)
            if self._marks.ready and not self._sides.started:
                self._sides.start(self._marks.ready)
            if self._marks.said:
                self._tell()
            elif self._marks.waiting:
                self._later("mark", _PATIENCE, lambda: super(RemoteSession, self)._show(self._marks.rest()))
        super()._show(data)

    def _tell(self) -> None:
        """One line about a shell that is not followed, or not the person's own."""
        word, _, shell = self._marks.said.partition(";")
        shell = "".join(char for char in shell if char.isprintable())
        if word == "follows":
            if self._marks.ready == "sh":
                self.outer.write(_IN_PLACE.format(shell).encode())
            return
        why = _TOLD.get(word, _TOLD["other"]).format(shell or "not one that can be followed")
        self.outer.write(f"safeshell: {why}: this session is UNGUARDED\r\n".encode("utf-8", "replace"))
        self.guard.note("unguarded", why)
        self._ringing = False
        self.resized()

    def _on_channel(self, channel: Channel) -> bool:
        """A channel that ends before the shell has begun will never come: the start there need not wait for it."""
        serving = super()._on_channel(channel)
        if not serving and self._sides.started and not self._marks.said:
            self._ringing = True
            self.inner.resize(_ALONE)
        return serving

    def resized(self) -> None:
        """The size of this terminal, unless it says something else just now."""
        if not self._ringing:
            super().resized()

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
        name = self.desk.leaving or (getattr(self.guard, "leaving", "") if self.followed else "")
        if name != self._stranger:
            self._stranger = name
            self.retitle()
