"""The head file: where the chain ends, so that a cut-off end is noticed. Pure.

One line of HEAD_SIZE bytes, space separated: `safeshell-audit-head-1 FILE SIZE SEQ HASH DURABLE_SEQ
DURABLE_HASH BOOT`, padded with spaces. It is overwritten in place after each audit line; the file is
the writers' lock, too. DURABLE_* name the last line that was fsynced, BOOT the running kernel:
lines that were never fsynced may be missing after a power loss, and only then.

What must not live here: reading and writing the file. What it cannot do: whoever can write both the log and the head can rewrite both. The chain and the
head notice accidents and careless edits; only a copy on another machine notices the rest.
"""

from __future__ import annotations

from safeshell.model.values import dataclass
from safeshell.records.chain import GENESIS

HEAD_NAME = "head"
HEAD_SIZE = 512
_MAGIC = "safeshell-audit-head-1"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as the last writer left it.

    `file` is a name in the audit's directory and `size` its length in bytes then.
    """

    file: str
    size: int
    seq: int = 0
    hash: str = GENESIS
    durable_seq: int = 0
    durable_hash: str = GENESIS
    boot: str = ""

    def pack(self) -> bytes:
        """The bytes of the head file."""
        parts = (_MAGIC, self.file, self.size, self.seq, self.hash, self.durable_seq, self.durable_hash)
        return f"{' '.join(map(str, parts))} {self.boot or '-'}".encode("ascii").ljust(HEAD_SIZE - 1) + b"\n"


def unpack(raw: bytes) -> Head | None:
    """The head in these bytes, or None when there is none that can be read."""
    try:
        parts = raw.decode("ascii").split()
        if len(raw) != HEAD_SIZE or len(parts) != 8 or parts[0] != _MAGIC:  # noqa: PLR2004 - the fields of `pack`
            return None
        size, seq, durable_seq = int(parts[2]), int(parts[3]), int(parts[5])
    except ValueError:
        return None
    boot = "" if parts[7] == "-" else parts[7]
    return Head(parts[1], size, seq, parts[4], durable_seq, parts[6], boot)
