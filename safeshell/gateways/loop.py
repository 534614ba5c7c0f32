"""The session's poll loop: bytes between two terminals, answers to the hook, timers.

What must not live here: judging (the Guard), what a frame means (protocols.hook), dialogs, signals.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # typeshed has none; the C half alone: the first prompt waits
import os
import select
import time
from functools import partial

from safeshell.gateways import prompt, rundir
from safeshell.gateways.asks import Desk
from safeshell.gateways.eager import look_again
from safeshell.gateways.emptyline import EmptyLine
from safeshell.gateways.ending import Life
from safeshell.gateways.foreground import same_owner, unhooked_shell
from safeshell.gateways.gate import InputGate
from safeshell.gateways.pty import CHUNK, FULL, InnerTerminal, OuterTerminal
from safeshell.gateways.tint import Tint

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from safeshell.gateways.channel import Channel
    from safeshell.gateways.control import ControlSocket
    from safeshell.gateways.launch import Child
    from safeshell.gateways.ports import GuardFactory, PromptStatus, Screen, Tape
    from safeshell.gateways.screen import Modes

_HELD_INPUT = 65536
_LOOK_EVERY = 1.0
_STOP_AFTER, _STOP_EVERY = 0.15, 0.3
_REDRAW_AFTER = 0.05
_EAGER = 0.0003
"""Seconds that the loop looks again before it sleeps, where more comes within microseconds: the hook's question after
an Enter, its next frame, the rest of an output. Waking up costs as many. Not after a key: its echo needs the processor."""
_DOORS_AFTER = 0.03
_LAST_OUTPUT = 0.02
"""Seconds that the terminal's last bytes may come after the hook's frame, which goes another way."""
_IN = select.POLLIN | select.POLLHUP | select.POLLERR


class Session:
    """One guarded shell on one terminal; implements ports.Doors for its guard."""

    def __init__(self, child: Child, guard_factory: GuardFactory, outer: OuterTerminal | None = None) -> None:
        self.session = f"{os.getpid():x}-{int(time.time()):x}"
        self.shell_pid = child.pid
        self._child = child
        self.outer = outer or OuterTerminal()
        self.inner = InnerTerminal(child.master)
        self._modes: Modes | None = None
        self.tint = Tint()
        self._gate = InputGate()
        self._empty = EmptyLine()
        self._handlers: dict[int, Callable[[], object]] = {}  # one that is true: more comes at once
        self._poll = select.poll()
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}
        self._plain = prompt.plain(os.environ)
        self._stranger = ""
        self._at_prompt = False
        self._tokens: list[Channel] = []
        self._control: ControlSocket | None = None
        # The guard may speak while it is made, and what the shell wrote by then is shown before that.
        self._tape: Tape | None = None
        self._made = False
        self.guard = guard_factory(self)
        self._tape = getattr(self.guard, "tape", None)
        self.desk = Desk(self)
        self.life = Life(self, child)
        self._made = True

    @property
    def modes(self) -> Modes:
        """What the programs did to the terminal; made for the first output, while the shell draws its prompt."""
        if self._modes is None:
            from safeshell.gateways.screen import Modes

            self._modes = Modes()
        return self._modes

    # ---- ports.Doors --------------------------------------------------------------------------

    def terminal(self) -> AbstractContextManager[Screen]:
        """Lend the terminal to a dialog."""
        from safeshell.gateways.stage import lend

        self.pump()
        return lend(self.outer, self.inner, self.modes, self._show, self._lent)

    def _lent(self) -> None:
        """A dialog gave the terminal back."""
        self.life.catch()
        self.life.reap()  # the dialog has its own handlers: a shell that died meanwhile told nobody
        self.inner.resize(self.outer.size())
        if self.modes.alternate:
            self._redraw()

    def notify(self, text: str) -> None:
        """Put lines on the terminal, which is raw."""
        self.pump()
        self._empty.typed()
        self.outer.write(text.rstrip("\n").replace("\n", "\r\n").encode("utf-8", "replace") + b"\r\n")

    # ---- the loop -----------------------------------------------------------------------------

    def run(self) -> int:
        """Until the shell ends; its exit status."""
        wake = self.life.catch()
        self._watch(self.outer.fd_in, self._on_typed)
        self._watch(self.inner.master, self._on_output)
        self._watch(wake, self.life.on_signal)
        self._add(self.desk.first(self._child))
        self._later("doors", _DOORS_AFTER, self._open_doors)
        self.outer.raw()
        self.life.reap()  # a shell that could not be started may be gone already
        try:
            self._serve()
        finally:
            self.life.leave()
            if self._control is not None:
                self._control.close()
            rundir.remove(self._child.directory)
        self.desk.leave()
        self.guard.end()
        status = self.life.exit_status()
        if self._tape is not None:
            self._tape.exit(status)
        return status

    def resized(self) -> None:
        """Give the inner terminal the outer one's size, and note it on the tape."""
        size = self.outer.size()
        self.inner.resize(size)
        if self._tape is not None and size is not None:
            rows, cols = int.from_bytes(size[:2], "little"), int.from_bytes(size[2:4], "little")
            self._tape.resize(cols, rows)

    def _serve(self) -> None:
        # A person feels what every key costs, and a call from a cold cache costs a microsecond: so the ways of a
        # key and of its echo are short.
        poll, handlers, timers, life = self._poll.poll, self._handlers, self._timers, self.life
        soon = False
        while not life.over:
            ready = look_again(self._poll, _EAGER) if soon else ()
            soon = False
            for fd, _ in ready or poll(self._patience() if timers else None):
                handler = handlers.get(fd)
                if handler is not None and handler():
                    soon = True
            if timers:
                now = time.monotonic()
                for name in [name for name, (due, _) in timers.items() if due <= now]:
                    timers.pop(name)[1]()

    def _patience(self) -> int:
        """Milliseconds to the next timer."""
        return max(0, int((min(due for due, _ in self._timers.values()) - time.monotonic()) * 1000) + 1)

    def _open_doors(self) -> None:
        """The control socket, and the pipe at which shells inside knock; nobody needs them before the first prompt."""
        from safeshell.gateways.control import ControlSocket

        self._control = control = ControlSocket(f"{self._child.directory}/control")
        self._watch(control.fileno(), lambda: control.serve(self._controlled))
        nest = os.open(f"{self._child.directory}/nest", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._watch(nest, lambda: self._on_knock(nest))

    def _watch(self, fd: int, handler: Callable[[], object]) -> None:
        self._handlers[fd] = handler
        self._poll.register(fd, _IN)

    def _forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def _later(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        """Do `work` after a while; a later call with the same name takes the place of this one."""
        self._timers[name] = (time.monotonic() + seconds, work)

    # ---- bytes --------------------------------------------------------------------------------

    def _on_typed(self) -> bool:
        if len(self.inner.pending) + len(self._gate.held) > _HELD_INPUT:
            # What waits is typed here: the terminal stays readable, so a timer that is put off each time would never come.
            time.sleep(0.001)
            self._type(b"")
            return False
        try:
            data = os.read(self.outer.fd_in, CHUNK)
        except OSError:
            data = b""
        if not data:
            self.life.end(_signal.SIGHUP)
            return False
        if not self.tint.listening and self._gate.key(data):
            self.inner.write(data)
            self.desk.typed()
            if self.inner.pending:
                self._type(b"")
            return False
        now = time.monotonic()
        self._type(self._gate.feed(self.tint.typed(data, now), now))
        self._tick_gate()
        return True

    def _tick_gate(self) -> None:
        """Look again soon at typing that waits; not put off by more typing, as keys may come faster than that."""
        if (self._gate.deadline or self.tint.deadline) and "gate" not in self._timers:
            self._later("gate", 0.02, self._gate_tick)

    def _type(self, data: bytes) -> None:
        if data:
            self.desk.typed()
            self._empty.typed()
        if data or self.inner.pending:
            self.inner.write(data)
        if self.inner.pending:
            self._later("pending", 0.01, lambda: self._type(b""))

    def _gate_tick(self) -> None:
        now = time.monotonic()
        self._type(self._gate.tick(now) + self._gate.feed(self.tint.tick(now), now))
        self._tick_gate()

    def _on_output(self) -> bool:
        data = self.inner.read()
        if data:
            self.outer.write(data)
            self._shown(data)
            return len(data) >= FULL
        if data is None:
            self._forget(self.inner.master)
        return False

    def pump(self) -> None:
        """Show everything that the programs have written so far."""
        self._show(self.inner.read() or b"")

    def _show(self, data: bytes) -> None:
        if data:
            self.outer.write(data)
            self._shown(data)

    def _shown(self, data: bytes) -> None:
        """Look at what was shown: after it, so that an echo does not wait."""
        modes = self._modes or self.modes
        modes.see(data)
        if self._empty.watching:
            self._empty.see(data)
        if self._tape is not None:
            self._tape.output(data)
        if modes.retitled and modes.between and self._made:
            self.retitle()

    def retitle(self) -> None:
        """Put tier, target and mode before the title that the programs want."""
        self.modes.retitled = False
        if not self._plain and self.desk.shown is not None:
            self.outer.write(prompt.title(self.desk.shown, self.modes.title or "", stranger=self._stranger))

    def _redraw(self) -> None:
        """Have a full-screen program paint again: its terminal shrinks by a line for a moment."""
        size = self.outer.size()
        if size is None:
            return
        rows = int.from_bytes(size[:2], "little")
        self.inner.resize(max(1, rows - 1).to_bytes(2, "little") + size[2:])
        self._later("redraw", _REDRAW_AFTER, lambda: self.inner.resize(self.outer.size()))

    # ---- the hook -----------------------------------------------------------------------------

    def _add(self, channels: tuple[Channel, ...]) -> None:
        for channel in channels:
            self._watch(channel.reads, partial(self._on_channel, channel))
        self._tokens += channels[:1]

    def follow(self, channels: tuple[Channel, ...]) -> None:
        """Serve the channels of a shell that a line opens."""
        self._add(channels)

    def unfollow(self, channels: tuple[Channel, ...]) -> None:
        """That shell is gone."""
        for channel in channels:
            if not channel.closed:
                self._forget(channel.reads)
        self._tokens = [other for other in self._tokens if other not in channels]

    def _on_channel(self, channel: Channel) -> bool:
        reads = channel.reads
        serving = self.desk.serve(channel)
        if not serving:
            self._forget(reads)
            self._tokens = [other for other in self._tokens if other is not channel]
        return serving

    def _on_knock(self, nest: int) -> None:
        for word in os.read(nest, 4096).split():
            pid = int(word) if word.isdigit() and len(word) < 10 else 0  # noqa: PLR2004 - longer is no process id
            if pid and same_owner(pid):
                self._add(self.desk.knocked(pid, self._child.directory))

    def entered(self, pid: int, *, keeps_names: bool) -> None:
        """The hook is loaded in this process; its pipes need no name any more, unless it opens them each time."""
        if not keeps_names:
            rundir.forget(self._child.directory, f"n.{0 if pid == self.shell_pid else pid}.")
        if pid != self.shell_pid:
            self.guard.note("guarded", f"process {pid} found the hook")

    def _controlled(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, str]:
        try:
            reply = self.guard.control(verb, arguments)
        except (KeyboardInterrupt, OSError) as problem:
            reply = {"error": f"the dialog could not be shown: {problem}"}
        self.desk.shown = self.guard.status()
        self.retitle()
        return reply

    def before_prompt(self) -> None:
        """The hook asks for its prompt: everything written so far is shown, and no empty prompt of a refused line stays."""
        self.pump()
        if self._empty.unfinished and not self._plain:
            select.select([self.inner.master], [], [], _LAST_OUTPUT)
            self.pump()
        size = self.outer.size()
        erase = b"" if self._plain or size is None else self._empty.leftover(int.from_bytes(size[2:4], "little"))
        if erase:
            self.outer.write(erase)
            if self._tape is not None:
                self._tape.output(erase)
        self._empty.prompted()

    def prompted(self, status: PromptStatus) -> None:
        """The hook shows a prompt."""
        self._at_prompt, self._stranger = True, ""
        self._timers.pop("look", None)
        self._timers.pop("stop", None)
        self._type(self._gate.prompted(time.monotonic()))
        if not self._plain:
            self.outer.write(self.tint.show(status.tint, time.monotonic()))
            self.retitle()

    def gate_released(self, *, backstop: bool) -> None:
        """A line or a command runs."""
        if not backstop:
            self._at_prompt = False
            self._gate.released(time.monotonic())
            self._later("look", _LOOK_EVERY, self.look)

    def gate_refused(self) -> None:
        """Drop the rest of a paste; end the line that a refused command belongs to."""
        more = self.outer.flush_input()
        dropped = self._gate.refused(time.monotonic(), more=more)
        if dropped:
            self.notify("safeshell: the rest of what was pasted was dropped")
        if not self.desk.stopping:
            self._empty.refused()
        if self.desk.stopping:
            self._later("stop", _STOP_AFTER, self._press_interrupt)

    def _press_interrupt(self) -> None:
        """A line whose command was refused still runs (a loop, a program before it): press Ctrl-C."""
        if self.desk.stopping:
            self.inner.write(b"\x03")
            self._later("stop", _STOP_EVERY, self._press_interrupt)

    def look(self) -> None:
        """While a line runs: is the program in the foreground a shell that nobody watches?"""
        for channel in self._tokens:
            channel.token.recover(time.monotonic())
        editing = self.inner.reads_lines_itself()
        name = (
            "" if self.desk.abroad else unhooked_shell(self.inner.foreground(), self.desk.hooked, line_editor=editing)
        )
        if name != self._stranger:
            self._stranger = name
            self.guard.note("unguarded" if name else "guarded", name)
            self.retitle()
        if not self._at_prompt:
            self._later("look", _LOOK_EVERY, self.look)
