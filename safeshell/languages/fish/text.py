"""A fish text while it is read: where we are, what stands there, and nodes that know their place.

What must not live here: grammar.
"""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
MOST_DEPTH = 60
BLANK = " \t"
ENDS_WORD = " \t\n;|&<>()"
"""Characters that end an unquoted word (fish's tok_is_string_character), `(` apart, which begins a substitution."""


class FishError(Exception):
    """The text is no fish, or fish of a kind that is not read; `incomplete` where it ends too early."""

    def __init__(self, why: str, *, incomplete: bool = False) -> None:
        super().__init__(why)
        self.incomplete = incomplete


class Text:
    """The text and a position in it. Offsets of nodes are in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self._bytes: list[int] | None = None if text.isascii() else _offsets(text)

    def offset(self, at: int) -> int:
        """The byte offset of a character."""
        return at if self._bytes is None else self._bytes[at]

    def node(self, start: int, end: int, **fields: Any) -> Node:
        """A node from one character to another."""
        return {"Pos": {"Offset": self.offset(start)}, "End": {"Offset": self.offset(end)}, **fields}

    def peek(self, ahead: int = 0) -> str:
        """The character there, "" at the end."""
        return self.text[self.at + ahead : self.at + ahead + 1]

    def starts(self, text: str) -> bool:
        """Whether this text stands here."""
        return self.text.startswith(text, self.at)

    def enter(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise FishError("it nests deeper than safeshell follows")

    def blanks(self) -> None:
        """Past blanks, continued lines and, where one may begin, a comment."""
        while True:
            if self.peek() and self.peek() in BLANK:
                self.at += 1
            elif self.starts("\\\n"):
                self.at += 2
            elif self.peek() == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def separators(self) -> None:
        """Past everything that separates jobs."""
        while True:
            self.blanks()
            if not self.peek() or self.peek() not in ";\n":
                return
            self.at += 1


def _offsets(text: str) -> list[int]:
    found = [0]
    for letter in text:
        found.append(found[-1] + len(letter.encode("utf-8", "surrogateescape")))
    return found
