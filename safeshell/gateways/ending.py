"""The session's signals and its ends: every way out leaves the terminal as it was found.

What must not live here: bytes and frames.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # typeshed has none; the C half alone: the first prompt waits
import os
import time

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from safeshell.gateways.launch import Child
    from safeshell.gateways.loop import Session

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_WATCHED = (*_ENDING, signal.SIGCHLD, signal.SIGWINCH, signal.SIGCONT)
_GRACE = 2.0


class Life:
    """Catches the signals of one session and knows how it ends."""

    def __init__(self, session: Session, child: Child) -> None:
        self._session = session
        self._child = child
        self.over = False
        """True when the shell ended, or we have to."""
        self._signal = 0
        self._status: int | None = None
        self._pipe: tuple[int, int] | None = None

    def end(self, number: int) -> None:
        """End the session as if this signal had come."""
        self._signal = self._signal or number
        self.over = True

    def catch(self) -> int:
        """Install the handlers (again after a dialog, which has its own); the descriptor to poll."""
        if self._pipe is None:
            self._pipe = os.pipe()
            for fd in self._pipe:
                os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in _WATCHED:
            signal.signal(number, self._note)
        return self._pipe[0]

    def _note(self, number: int, _frame: object) -> None:
        if number in _ENDING:
            self.end(number)
            if self._session.desk.judging:
                raise KeyboardInterrupt

    def on_signal(self) -> None:
        """Handle what arrived."""
        numbers = set(os.read(self._pipe[0], 512)) if self._pipe else set()
        if signal.SIGWINCH in numbers:
            self._session.resized()
        if signal.SIGCONT in numbers:
            self._session.outer.raw()
        if signal.SIGCHLD in numbers:
            self.reap()

    def reap(self) -> None:
        """See whether the shell ended or stopped."""
        try:
            pid, status = os.waitpid(self._child.pid, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            self._status, self.over = 0, True
            return
        if pid and os.WIFSTOPPED(status):
            self._suspend()
        elif pid:
            self._status, self.over = status, True

    def _suspend(self) -> None:
        """The shell stopped itself (`suspend`): stop as well, and go on together."""
        session = self._session
        session.guard.note("suspend", "")
        session.pump()
        session.outer.write(session.modes.leave())
        session.outer.restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        session.outer.raw()
        session.outer.write(session.modes.enter())
        os.kill(self._child.pid, signal.SIGCONT)

    def leave(self) -> None:
        """Give the terminal back, then make sure that the shell is gone."""
        session = self._session
        try:
            session.pump()
            session.outer.write(session.modes.leave() + session.tint.take_back())
        except OSError:
            self.end(signal.SIGHUP)
        session.outer.restore()
        if self._status is None:
            self._hang_up()

    def _hang_up(self) -> None:
        """Our end before the shell's: its terminal goes away, and it gets the time to notice."""
        os.close(self._child.master)
        for number, patience in ((signal.SIGHUP, 0.0), (signal.SIGCONT, _GRACE), (signal.SIGKILL, _GRACE)):
            try:
                os.kill(self._child.pid, number)
            except ProcessLookupError:
                return
            if self._gone_within(patience):
                return

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if os.waitpid(self._child.pid, os.WNOHANG)[0]:
                    return True
            except ChildProcessError:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)

    def exit_status(self) -> int:
        """The shell's exit status, 128+n after a death by signal n, its own or ours."""
        if self._status is None:
            return 128 + self._signal
        return os.WEXITSTATUS(self._status) if os.WIFEXITED(self._status) else 128 + os.WTERMSIG(self._status)
