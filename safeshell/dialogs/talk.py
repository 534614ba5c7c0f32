"""What every question has in common: the names of keys, the face it shows a driver, a field of text.

What must not live here: what a key means in one question (full, onekey), terminals, clocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from safeshell.dialogs.answers import DECLINED, INTERRUPTED, Answer
from safeshell.dialogs.text import Drawing

ENTER, ESCAPE, INTERRUPT, BACKSPACE, CLEAR, WORD = "enter", "escape", "interrupt", "backspace", "clear", "word"
"""Names of keys that are not text; CLEAR is Ctrl-U, WORD is Ctrl-W, INTERRUPT Ctrl-C. ESCAPE stands for Ctrl-D too."""
NOES = {ESCAPE: DECLINED, INTERRUPT: INTERRUPTED}
"""Keys that are a no wherever they are pressed."""

Attach = Callable[[Callable[[], None]], None]
"""Takes the function that ends a question from outside, from any thread: nobody needs the answer any more."""

_TYPED_MOST = 400


class Talk(Protocol):
    """A question being answered."""

    answer: Answer | None
    ready: bool
    note: str

    def prompt(self) -> str:
        """The last line, which is to be answered."""

    def key(self, name: str) -> None:
        """One key: its text, or one of the names above."""

    def paste(self, text: str) -> None:
        """A paste that the terminal marked as such."""

    def settle(self) -> None:
        """No key came for a moment."""

    def draw(self, width: int, height: int) -> Drawing:
        """The screen as it stands."""


class Field:
    """One line of text being typed."""

    def __init__(self) -> None:
        self.text = ""

    def key(self, name: str) -> None:
        """Feed one key; what is not text and edits nothing is ignored."""
        if name == BACKSPACE:
            self.text = self.text[:-1]
        elif name == CLEAR:
            self.text = ""
        elif name == WORD:
            self.text = self.text.rstrip().rpartition(" ")[0]
        elif len(name) == 1 and name.isprintable() and len(self.text) < _TYPED_MOST:
            self.text += name
