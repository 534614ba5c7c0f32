"""The prompt_toolkit driver: draws a talk below the current line, feeds it keys, erases it again.

One application and one event loop a question, both gone when it returns. What must not live here:
what keys mean (talk), what is said (text). prompt_toolkit is imported inside functions only: a
session that is never asked anything never pays for it.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from safeshell.dialogs import terminal
from safeshell.dialogs.answers import DECLINED, Answer
from safeshell.dialogs.talk import BACKSPACE, CLEAR, ENTER, ESCAPE, INTERRUPT, WORD, Attach, Talk
from safeshell.dialogs.text import Drawing, Style
from safeshell.model.effects import Tier

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings

_ESCAPE_WAIT = 0.05
"""Seconds after which a lone ESC is the Esc key and not the start of an arrow key."""

_BURST = 0.04
"""Seconds without a key after which a key stood alone."""

_COLOURS = {
    Tier.PRODUCTION: ("ansired", "ansiwhite"),
    Tier.STAGING: ("ansiyellow", "ansiblack"),
    Tier.DEVELOPMENT: ("ansigreen", "ansiblack"),
    Tier.UNKNOWN: ("ansimagenta", "ansiwhite"),
}
_KEYS = {
    "enter": ENTER,
    "c-j": ENTER,
    "escape": ESCAPE,
    "c-c": INTERRUPT,
    "c-d": ESCAPE,
    "<sigint>": INTERRUPT,
    "c-h": BACKSPACE,
    "c-u": CLEAR,
    "c-w": WORD,
}


def converse(talk: Talk, tty_fd: int, tier: Tier, attach: Attach | None = None) -> Answer:
    """Run one question on the terminal to its answer. Raises nothing but what breaks the terminal."""
    driver = _Driver(talk, tty_fd, tier)
    if attach is not None:
        attach(driver.withdraw)
    with terminal.held_signals(driver.stop):
        return driver.run()


class _Driver:
    """One question on one terminal."""

    def __init__(self, talk: Talk, tty_fd: int, tier: Tier) -> None:
        self._talk = talk
        self._fd = tty_fd
        self._tier = tier
        self._app: Application[None] | None = None
        self._loop: Any = None
        self._opened = 0.0
        self._arming: Any = None
        self._settling: Any = None
        self._withdrawn = False

    def run(self) -> Answer:
        """Draw, wait, erase. The answer is a no unless the talk says otherwise."""
        from prompt_toolkit.input.typeahead import clear_typeahead

        with (
            os.fdopen(os.dup(self._fd), "r", encoding="utf-8", errors="replace") as source,
            os.fdopen(os.dup(self._fd), "w", encoding="utf-8", errors="replace") as sink,
        ):
            app = self._build(source, sink)
            # What an earlier question left unread must not answer this one, nor the other way round.
            clear_typeahead(app.input)
            try:
                if self._talk.answer is None and not self._withdrawn:
                    app.run(pre_run=self._begin, set_exception_handler=False, handle_sigint=False)
            except (EOFError, KeyboardInterrupt):
                return DECLINED
            finally:
                self._app = self._loop = None
                clear_typeahead(app.input)
        return self._talk.answer or DECLINED

    def stop(self) -> None:
        """Say no from a signal handler."""
        self._talk.key(ESCAPE)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._finish)

    def withdraw(self) -> None:
        """Say no from another thread."""
        self._withdrawn = True
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile, with an answer
                loop.call_soon_threadsafe(self.stop)

    def _build(self, source: Any, sink: Any) -> Application[None]:
        from prompt_toolkit.application import Application
        from prompt_toolkit.data_structures import Size
        from prompt_toolkit.input.vt100 import Vt100Input
        from prompt_toolkit.layout import FormattedTextControl, Layout, Window
        from prompt_toolkit.output.vt100 import Vt100_Output
        from prompt_toolkit.styles import Style as Sheet

        def measured() -> Size:
            columns, rows = terminal.size(self._fd)
            return Size(rows=rows, columns=columns)

        control = FormattedTextControl(self._fragments, focusable=True, show_cursor=True)
        output = Vt100_Output(sink, measured, term=os.environ.get("TERM"), enable_bell=False, enable_cpr=False)
        self._app = Application(
            layout=Layout(Window(control, wrap_lines=False, dont_extend_height=True, always_hide_cursor=False)),
            key_bindings=self._bindings(),
            style=Sheet.from_dict(_sheet(self._tier)),
            include_default_pygments_style=False,
            color_depth=_depth(),
            erase_when_done=True,
            input=Vt100Input(source),
            output=output,
        )
        self._app.ttimeoutlen = _ESCAPE_WAIT
        self._app.timeoutlen = _ESCAPE_WAIT
        return self._app

    def _bindings(self) -> KeyBindings:
        from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
        from prompt_toolkit.keys import Keys

        bindings = KeyBindings()
        for name, meaning in _KEYS.items():
            bindings.add(name, eager=True)(lambda _event, meaning=meaning: self._key(meaning))

        @bindings.add(Keys.Any, eager=True)
        def _typed(event: KeyPressEvent) -> None:
            # Arrow and function keys arrive as longer names; they mean nothing here.
            key = event.key_sequence[0].key
            self._key(key if not isinstance(key, Keys) else "")

        @bindings.add(Keys.BracketedPaste, eager=True)
        def _pasted(event: KeyPressEvent) -> None:
            self._hush()
            self._talk.paste(event.data)

        return bindings

    def _begin(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._opened = self._loop.time()
        self._hush()
        if self._withdrawn:
            self._loop.call_soon(self.stop)

    def _hush(self) -> None:
        """While the talk does not listen yet, every key puts its start off a little."""
        if self._talk.ready or self._loop is None:
            return
        if self._arming is not None:
            self._arming.cancel()
        latest = self._opened + terminal.QUIET_MOST
        self._arming = self._loop.call_at(min(self._loop.time() + terminal.QUIET, latest), self._arm)

    def _arm(self) -> None:
        self._talk.ready = True
        if self._app is not None:
            self._app.invalidate()

    def _key(self, name: str) -> None:
        self._hush()
        self._talk.key(name)
        if self._talk.answer is not None:
            self._finish()
            return
        if self._settling is not None:
            self._settling.cancel()
        self._settling = self._loop.call_later(_BURST, self._settle)

    def _settle(self) -> None:
        self._talk.settle()
        if self._talk.answer is not None:
            self._finish()
        elif self._app is not None:
            self._app.invalidate()

    def _finish(self) -> None:
        if self._app is not None and self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _fragments(self) -> StyleAndTextTuples:
        """The drawing in prompt_toolkit's terms; one row of the screen above it stays in sight."""
        columns, rows = terminal.size(self._fd)
        return _marked(self._talk.draw(columns, max(rows - 1, 1)))


def _marked(drawing: Drawing) -> StyleAndTextTuples:
    found: StyleAndTextTuples = []
    for row, line in enumerate(drawing.lines):
        if row:
            found.append(("", "\n"))
        found.extend((f"class:{style.value}", text) for style, text in line)
        if row == drawing.cursor[0]:
            # The cursor needs a cell to stand on; an unstyled space at the end of a row is not sent.
            found.append(("[SetCursorPosition]", " "))
    return found


def _depth() -> Any:
    from prompt_toolkit.output.color_depth import ColorDepth

    return ColorDepth.DEPTH_4_BIT if terminal.coloured() else ColorDepth.DEPTH_1_BIT


def _sheet(tier: Tier) -> dict[str, str]:
    """Looks by kind of fragment: only the sixteen colours that every palette defines."""
    ground, ink = _COLOURS[tier]
    badge = f"bg:{ground} fg:{ink} bold" if terminal.coloured() else "reverse bold"
    return {
        Style.TIER.value: badge,
        Style.EDGE.value: f"fg:{ground}",
        Style.PLACE.value: "bold",
        Style.COMMAND.value: "bold",
        # No grey: some palettes give "bright black" the colour of the background.
        Style.LABEL.value: f"fg:{ground}",
        Style.FAINT.value: "",
        Style.WARNING.value: "bold",
        Style.NOTE.value: f"fg:{ground} bold",
        # The colour makes the space at its end count as text that has to be sent.
        Style.PROMPT.value: "fg:ansidefault bold",
        Style.TYPED.value: "underline",
    }
