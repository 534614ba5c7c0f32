"""The session's poll loop: bytes between two terminals, answers to the hook, signals, the end.

What must not live here: judging (the Guard), what a frame means (protocols.hook), dialogs.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from safeshell.gateways import prompt
from safeshell.gateways.asks import Channel, Desk
from safeshell.gateways.pty import CHUNK, InnerTerminal, OuterTerminal
from safeshell.gateways.screen import Modes
from safeshell.gateways.stage import lend

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from safeshell.gateways.launch import Child
    from safeshell.gateways.ports import GuardFactory, Screen

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_WATCHED = (*_ENDING, signal.SIGCHLD, signal.SIGWINCH, signal.SIGCONT)
_HELD_INPUT = 65536
_IN = select.POLLIN | select.POLLHUP | select.POLLERR


class Session:
    """One guarded shell on one terminal; implements ports.Doors for its guard."""

    def __init__(self, child: Child, guard_factory: GuardFactory, outer: OuterTerminal | None = None) -> None:
        self.session = f"{os.getpid():x}-{int(time.time()):x}"
        self.shell_pid = child.pid
        self._child = child
        self._outer = outer or OuterTerminal()
        self._inner = InnerTerminal(child.master)
        self._modes = Modes()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._poll = select.poll()
        self._ending = 0
        self._status: int | None = None
        self._plain = prompt.plain(os.environ)
        self.guard = guard_factory(self)
        self.desk = Desk(self)

    # ---- ports.Doors --------------------------------------------------------------------------

    def terminal(self) -> AbstractContextManager[Screen]:
        """Lend the terminal to a dialog."""
        self.pump()
        return lend(self._outer, self._inner, self._modes, self._show)

    def notify(self, text: str) -> None:
        """Put lines on the terminal, which is raw."""
        self.pump()
        self._outer.write(text.rstrip("\n").replace("\n", "\r\n").encode("utf-8", "replace") + b"\r\n")

    # ---- the loop -----------------------------------------------------------------------------

    def run(self) -> int:
        """Until the shell ends; its exit status."""
        wake = self._catch_signals()
        self._watch(self._outer.fd_in, self._on_typed)
        self._watch(self._inner.master, self._on_output)
        self._watch(wake, self._on_signal)
        for channel in self.desk.channels(self._child):
            self._watch(channel.fileno(), lambda channel=channel: self._on_channel(channel))  # type: ignore[misc]
        self._outer.raw()
        try:
            self._loop()
        finally:
            self._leave()
        return self._exit_status()

    def _loop(self) -> None:
        while self._status is None and not self._ending:
            timeout = self.desk.tick()
            for fd, _ in self._poll.poll(timeout):
                handler = self._handlers.get(fd)
                if handler is not None:
                    handler()

    def _watch(self, fd: int, handler: Callable[[], None]) -> None:
        self._handlers[fd] = handler
        self._poll.register(fd, _IN)

    def forget(self, fd: int) -> None:
        """Stop watching a descriptor."""
        if self._handlers.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def _on_typed(self) -> None:
        try:
            data = os.read(self._outer.fd_in, CHUNK)
        except OSError:
            data = b""
        if not data:
            self._ending = signal.SIGHUP
            return
        self.type(data)

    def type(self, data: bytes) -> None:
        """Forward what the person typed."""
        self._inner.write(self.desk.typed(data))

    def _on_output(self) -> None:
        data = self._inner.read()
        if data is None:
            self.forget(self._inner.master)
            return
        self._show(data)
        if self._inner.pending:
            self._inner.write()

    def pump(self) -> None:
        """Show everything that the programs have written so far."""
        data = self._inner.read()
        if data:
            self._show(data)

    def _show(self, data: bytes) -> None:
        if not data:
            return
        self._modes.see(data)
        self._outer.write(data)
        if self._modes.retitled and self._modes.between:
            self.retitle()

    def retitle(self) -> None:
        """Put tier, target and mode before the title that the programs want."""
        self._modes.retitled = False
        if not self._plain and self.desk.shown is not None:
            self._outer.write(prompt.title(self.desk.shown, self._modes.title or ""))

    def _on_channel(self, channel: Channel) -> None:
        if not self.desk.serve(channel):
            self.forget(channel.fileno())

    # ---- signals and the end --------------------------------------------------------------------

    def _catch_signals(self) -> int:
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in _WATCHED:
            signal.signal(number, self._note_signal)
        return read

    def _note_signal(self, number: int, _frame: object) -> None:
        if number in _ENDING:
            self._ending = number
            if self.desk.judging:
                raise KeyboardInterrupt

    def _on_signal(self) -> None:
        wake = next(fd for fd, handler in self._handlers.items() if handler == self._on_signal)
        for number in set(os.read(wake, 512)):
            if number == signal.SIGWINCH:
                self._inner.resize(self._outer.size())
            elif number == signal.SIGCHLD:
                self._reap()
            elif number == signal.SIGCONT:
                self._outer.raw()

    def _reap(self) -> None:
        try:
            pid, status = os.waitpid(self._child.pid, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            self._status = 0
            return
        if pid == 0:
            return
        if os.WIFSTOPPED(status):
            self._suspend()
            return
        self._status = status

    def _suspend(self) -> None:
        """The shell stopped itself (`suspend`): stop as well, and go on together."""
        self.guard.note("suspend", "")
        self._outer.write(self._modes.leave())
        self._outer.restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._outer.raw()
        self._outer.write(self._modes.enter())
        os.kill(self._child.pid, signal.SIGCONT)

    def _leave(self) -> None:
        try:
            self.pump()
            self._outer.write(self._modes.leave())
        except OSError:
            self._ending = self._ending or signal.SIGHUP
        self._outer.restore()
        if self._status is None:
            self._hang_up()

    def _hang_up(self) -> None:
        """Our end before the shell's: its terminal goes away, and it gets the time to notice."""
        os.close(self._child.master)
        for number in (signal.SIGHUP, signal.SIGCONT, signal.SIGKILL):
            try:
                os.kill(self._child.pid, number)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + (2.0 if number == signal.SIGCONT else 0.0)
            while time.monotonic() <= deadline:
                if os.waitpid(self._child.pid, os.WNOHANG)[0]:
                    return
                time.sleep(0.01)

    def _exit_status(self) -> int:
        if self._status is None:
            return 128 + self._ending
        return os.waitstatus_to_exitcode(self._status) if os.WIFEXITED(self._status) else 128 + os.WTERMSIG(self._status)
