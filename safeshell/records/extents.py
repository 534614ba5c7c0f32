"""How far a value reaches in text that may be a shell line, SQL, JSON or prose. Pure, linear in the text.

This is for covering secrets in text that is kept for reading, never for judging: where two readings
are possible the longer one counts. What must not live here: what a secret is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

PATIENCE = 60_000
"""Steps of looking into quotes and words for one text. A text that needs more is covered from there on."""

_STRAIGHT = 8  # so many backslashes before a quote are taken as one opening, more are not


def occurs(words: tuple[str, ...], text: str) -> bool:
    """Whether any of the words occurs in the text; a plain loop, as this runs for every kept string."""
    for word in words:  # noqa: SIM110 - any() with a generator takes twice the time
        if word in text:
            return True
    return False


class Extents:
    """One text with its quoted regions; answers where values end.

    Every search that failed once is remembered, so that a text of unclosed quotes stays linear.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None
        self._ends: list[int] = []
        self._hopeless: set[str] = set()
        self._steps = 0

    def exhausted(self) -> bool:
        """Count one step; True when there were too many. Then the rest of the text has to be covered whole."""
        self._steps += 1
        return self._steps > PATIENCE

    def line_end(self, start: int) -> int:
        """The end of the line that holds `start`."""
        found = self.text.find("\n", start)
        return len(self.text) if found < 0 else found

    def region_end(self, position: int) -> int:
        """The index of the quote that closes the outermost quotes around `position`, -1 outside of quotes."""
        if self._starts is None:
            spans = [match.span() for match in _quoted().finditer(self.text) if match[0][0] in "\"'" and match[0][1:]]
            self._starts = [start for start, _ in spans]
            self._ends = [end - 1 for _, end in spans]
        index = bisect_right(self._starts, position - 1) - 1
        return self._ends[index] if index >= 0 and self._ends[index] >= position else -1

    def quote_before(self, position: int) -> str:
        """The quote, with its backslashes, that ends right before `position`; "" if there is none."""
        if position <= 0 or self.text[position - 1] not in "\"'`":
            return ""
        start = position - 1
        while start and position - start <= _STRAIGHT and self.text[start - 1] == "\\":
            start -= 1
        return self.text[start:position]

    def closing(self, quote: str, start: int) -> int:
        """The index of the next `quote` (with exactly its backslashes) from `start`, or -1."""
        if quote in self._hopeless:
            return -1
        found = self._next(quote, start)
        if found < 0:
            self._hopeless.add(quote)
        return found

    def _next(self, quote: str, start: int) -> int:
        if len(quote) == 1:
            match = _unescaped(quote).match(self.text, start)
            return match.end() - 1 if match else -1
        found = self.text.find(quote, start)
        while found > 0 and quote[0] == "\\" and self.text[found - 1] == "\\":
            found = self.text.find(quote, found + 1)
        return found

    def opening(self, position: int) -> str:
        r"""The opening quote at `position`: `"`, `'`, escaped ones, `'\\''`, `$tag$`; "" if there is none."""
        match = _opening().match(self.text, position)
        return match["quote"] if match else ""

    def piece(self, position: int) -> tuple[int, int, int] | None:
        """(inner start, inner end, end) of the quoted piece that begins at `position`, None if none does.

        A piece that is never closed reaches to the end of the text.
        """
        match = _opening().match(self.text, position)
        if not match:
            return None
        inner = match.end()
        end = self.closing(match["quote"], inner)
        if end < 0:
            return inner, len(self.text), len(self.text)
        return inner, end, end + len(match["quote"])

    def literal(self, position: int) -> tuple[int, int] | None:
        """The span inside the quotes of the value at `position`, None if it is not quoted.

        With the quotes where something is glued to them.
        """
        piece = self.piece(position)
        if not piece:
            return None
        end = self.word_end(position, ";|&<>(),}]")
        return (piece[0], piece[1]) if end <= piece[2] else (position, end)

    def word_end(self, start: int, stops: str) -> int:
        """Where the shell-like word (or value) that begins at `start` ends; quotes are looked into."""
        position, size = start, len(self.text)
        bare = _bare(stops)
        while position < size and not self.exhausted():
            match = bare.match(self.text, position)
            position = match.end() if match else position
            if position >= size:
                return size
            char = self.text[position]
            if char == "$" and self.text.startswith("(", position + 1):
                position = self._balanced(position + 2)
            elif char in "\"'`$\\" and (char != "\\" or self.opening(position)):
                if position > start and self._closes(position):
                    return position
                piece = self.piece(position)
                position = piece[2] if piece else position + 1
            elif char == "\\":
                position += 2
            elif char == "&" and "&" not in stops and not _form_field().match(self.text, position):
                position += 1
            else:
                return position
        return size

    def _closes(self, position: int) -> bool:
        """Whether the quote at `position` ends quotes that were opened before the word began."""
        following = self.text[position + 1 : position + 2]
        inside = self.text[position] == "\\" or self.region_end(position) >= 0
        return inside and (not following or following in " \t\r\n;|&)'\"`,}]")

    def _balanced(self, start: int) -> int:
        depth = 1
        for match in _parentheses().finditer(self.text, start):
            depth += 1 if match[0] == "(" else -1
            if not depth:
                return match.end()
        return len(self.text)


@cache
def _quoted() -> re.Pattern[str]:
    """Quoted regions; escaped characters, comments and the apostrophes of English are passed over."""
    return re.compile(
        r"""\\.|(?<![^\s;])#[^\n]*|(?<=[A-Za-z])'(?=(?:t|s|re|ve|ll|d|m)(?![\w']))|'[^']*'|"(?:[^"\\]|\\.)*+\"""",
        re.DOTALL,
    )


@cache
def _unescaped(quote: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[^{quote}\\]|\\.)*+{quote}", re.DOTALL)


@cache
def _opening() -> re.Pattern[str]:
    return re.compile(
        r"(?:\$(?=['\"])|[EeNn](?='))?"
        rf"(?P<quote>'\\'+'|'\"'\"'|\\{{0,{_STRAIGHT}}}[\"'`]|\$[A-Za-z_]{{0,32}}\$)"
    )


@cache
def _bare(stops: str) -> re.Pattern[str]:
    return re.compile(rf"[^\s\"'`\\$&{re.escape(stops)}]++")


@cache
def _form_field() -> re.Pattern[str]:
    return re.compile(r"&[\w.%\[\]-]+=")


@cache
def _parentheses() -> re.Pattern[str]:
    return re.compile(r"[()]")
