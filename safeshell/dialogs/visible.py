"""Making text safe and measurable for a screen: control characters, widths, wrapping.

Names of files and texts of commands are written by anybody; nothing of them may move a cursor,
change a colour or turn the reading direction. Pure functions. What must not live here: layout.
"""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DELETE = "\x7f"


def visible(text: str) -> str:
    r"""The text with everything unprintable spelled out: ^[, ^M, \u202e; tabs become four spaces.

    Line feeds stay: the caller breaks lines at them or uses `one_line`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char == "\n" else _shown(char) for char in text)


def one_line(text: str) -> str:
    """The same, with line feeds shown as ^J."""
    return visible(text).replace("\n", "^J")


def _shown(char: str) -> str:
    if char == "\t":
        return "    "
    if char < " " or char == _DELETE:
        return "^" + chr(ord(char) ^ 0x40)
    if unicodedata.category(char) in _HIDDEN or (char.isspace() and char != " "):
        return char.encode("unicode_escape").decode("ascii")
    return char


def cells(text: str) -> int:
    """Columns that a printable text takes on a terminal."""
    return len(text) if text.isascii() else sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int) -> str:
    """The text cut to `width` columns, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _cell(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces where possible; every character is kept.

    A break swallows the one space at which it happens. At least one line, which may be empty.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrapped(paragraph, max(width, 2)))
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    lines = []
    while cells(text) > width:
        cut = _fitting(text, width)
        space = text.rfind(" ", 0, cut + 1)
        if space > 0 and text[:space].strip():
            lines.append(text[:space])
            text = text[space + 1 :]
        else:
            lines.append(text[:cut])
            text = text[cut:]
    return [*lines, text]


def _fitting(text: str, width: int) -> int:
    """How many characters of the text fit into `width` columns; at least 1."""
    used = 0
    for index, char in enumerate(text):
        used += _cell(char)
        if used > width:
            return max(index, 1)
    return len(text)
