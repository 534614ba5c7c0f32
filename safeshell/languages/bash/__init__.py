"""The bash reader: a line or a script -> Statements with claims, by a fast path or shfmt's tree.

`read` is all that others use. What must not live here or below: judging, I/O, clocks, and the
name of any tool; commands are interpreted by their packs.
"""

from safeshell.languages.bash.reader import read
from safeshell.languages.reading import SessionNames

__all__ = ["SessionNames", "read"]
