"""The same questions where nothing can be drawn: plain lines out, whole lines in.

For TERM=dumb, and where prompt_toolkit is missing. The terminal edits the line itself (cooked mode);
Esc and Ctrl-C are made line ends, so that they work without Enter. What must not live here: the
text (text), the meaning of keys (full, onekey).
"""

from __future__ import annotations

import os
import select
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from safeshell.dialogs import terminal
from safeshell.dialogs.answers import DECLINED, Answer
from safeshell.dialogs.talk import ENTER, ESCAPE, INTERRUPT, Attach, Talk

_ESC, _INTERRUPT, _END = b"\x1b", b"\x03", b"\x04"
INTERRUPT_LINE = "\x03"
"""What is read for Ctrl-C."""
_DISABLED = b"\x00"
_POLL = 0.1
"""Seconds between looks at whether a signal came while the line was awaited."""

_HINT = "(answer, then press Enter; Esc alone means no)"

_IN, _OUT, _LOCAL, _CHARS = 0, 1, 3, 6
"""Places of the flags in what tcgetattr gives."""


def converse_plain(talk: Talk, tty_fd: int, attach: Attach | None = None) -> Answer:
    """Ask by lines. Raises what breaks the terminal."""
    stopped: list[bool] = []
    if attach is not None:
        attach(lambda: stopped.append(True))
    with terminal.held_signals(lambda: stopped.append(True)), _cooked(tty_fd):
        _show(talk, tty_fd)
        while talk.answer is None:
            _quiet(talk, tty_fd)
            terminal.write(tty_fd, talk.prompt())
            line = _read_line(tty_fd, lambda: bool(stopped))
            _feed(talk, line)
            _say_note(talk, tty_fd, whole=line not in (None, INTERRUPT_LINE))
    return talk.answer or DECLINED


def _show(talk: Talk, tty_fd: int) -> None:
    """Everything but the last line, which is written when it listens."""
    columns, rows = terminal.size(tty_fd)
    body = talk.draw(columns, max(rows - 2, 1)).plain().rstrip("\n").replace("─", "-")
    terminal.write(tty_fd, body.replace("\n", "\r\n").strip() + f"\r\n{_HINT}\r\n")


def _quiet(talk: Talk, tty_fd: int) -> None:
    terminal.flush_input(tty_fd)
    if not talk.ready:
        time.sleep(terminal.QUIET)
        terminal.flush_input(tty_fd)
        talk.ready = True


def _feed(talk: Talk, line: str | None) -> None:
    """A whole line is its characters and Enter; Ctrl-C is itself, anything else is Esc."""
    if line is None or line == INTERRUPT_LINE:
        talk.key(ESCAPE if line is None else INTERRUPT)
        return
    for char in line:
        talk.key(char)
    talk.key(ENTER)
    talk.settle()


def _say_note(talk: Talk, tty_fd: int, *, whole: bool) -> None:
    if not whole:
        terminal.write(tty_fd, "\r\n")
    elif talk.answer is None and talk.note:
        terminal.write(tty_fd, talk.note + "\r\n")


def _read_line(tty_fd: int, stopped: Callable[[], bool]) -> str | None:
    """One line without its end, INTERRUPT_LINE for Ctrl-C; None for Esc, Ctrl-D, end of input, hangup, a signal."""
    while not select.select([tty_fd], [], [], _POLL)[0]:
        if stopped():
            return None
    if stopped():
        return None
    data = os.read(tty_fd, 4096)
    if data.endswith(_INTERRUPT):
        return INTERRUPT_LINE
    if not data.endswith(b"\n") or any(mark in data for mark in (_ESC, _INTERRUPT, _END)):
        return None
    return data.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def _cooked(tty_fd: int) -> Iterator[None]:
    """Line editing by the terminal, without signals; the old settings come back afterwards."""
    before = termios.tcgetattr(tty_fd)
    wanted = termios.tcgetattr(tty_fd)
    wanted[_IN] |= termios.ICRNL
    wanted[_OUT] |= termios.OPOST | termios.ONLCR
    wanted[_LOCAL] |= termios.ICANON | termios.ECHO | termios.ECHOE | termios.ECHOK | termios.IEXTEN
    wanted[_LOCAL] &= ~termios.ISIG
    ends = {termios.VEOL: _ESC, termios.VEOL2: _INTERRUPT, termios.VEOF: _END, termios.VLNEXT: _DISABLED}
    for place, char in ends.items():
        wanted[_CHARS][place] = char
    termios.tcsetattr(tty_fd, termios.TCSANOW, wanted)
    try:
        yield
    finally:
        termios.tcsetattr(tty_fd, termios.TCSANOW, before)
