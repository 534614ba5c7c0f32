"""The error tree. Denial is a value and never stands here.

What must not live here: messages about one tool; each raiser writes its own sentence.
"""

from __future__ import annotations


class SafeshellError(Exception):
    """Anything safeshell raises on purpose. `str()` is a sentence for a person."""


class ConfigError(SafeshellError):
    """A configuration or pack file is wrong.

    `source` is a file name, `line` and `column` start at 1 (0 when unknown),
    `expected` says what should have stood there.
    """

    def __init__(self, problem: str, *, source: str = "", line: int = 0, column: int = 0, expected: str = "") -> None:
        self.problem = problem
        self.source = source
        self.line = line
        self.column = column
        self.expected = expected
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        where = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        hint = f"; expected {self.expected}" if self.expected else ""
        return f"{where}: {self.problem}{hint}" if where else f"{self.problem}{hint}"


class ProtocolError(SafeshellError):
    """A peer sent bytes that its protocol does not allow. `fault` is `client` or `server`."""

    def __init__(self, problem: str, *, fault: str) -> None:
        self.fault = fault
        super().__init__(problem)


class PreviewError(SafeshellError):
    """A preview could not be taken; the road turns it into a Preview with caveats."""


class RecordError(SafeshellError):
    """The audit could not be written: destructive actions are refused until it can."""
