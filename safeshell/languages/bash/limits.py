"""How much of a text is looked at before the answer is "not understood".

What must not live here: deadlines (the parser's runner owns those), and anything but numbers,
their counter and the one exception that says "too much".
"""

from __future__ import annotations

MAX_TEXT = 256 * 1024
"""Bytes of one text. Longer ones are not read at all."""
MAX_DEPTH = 40
"""Texts within texts, groups within groups, functions calling functions."""
MAX_STEPS = 20_000
"""Commands, words and expansions evaluated for one text, loops unrolled."""
MAX_STATEMENTS = 5_000
MAX_WORDS = 2_048
"""Words that brace expansion or an array may make out of one."""
MAX_UNROLLED = 64
"""Items of a `for` that are judged one by one; more are judged as an unknown value."""
MAX_VALUE = 64 * 1024
"""Characters of one variable's value that are followed."""


class TooMuchError(Exception):
    """A limit was reached; the whole text is then not understood. Never leaves the reader."""


class Budget:
    """Counts work done for one reading and raises TooMuchError when it is used up."""

    __slots__ = ("left", "statements")

    def __init__(self) -> None:
        self.left = MAX_STEPS
        self.statements = MAX_STATEMENTS

    def step(self, cost: int = 1) -> None:
        """Pay for some work."""
        self.left -= cost
        if self.left < 0:
            raise TooMuchError("it does more than safeshell follows")

    def statement(self) -> None:
        """Pay for one statement of the answer."""
        self.statements -= 1
        if self.statements < 0:
            raise TooMuchError("it runs more commands than safeshell follows")
