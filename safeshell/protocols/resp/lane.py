"""The quick lane: whole commands of names that pass, told from a buffer that was cut at its line ends.

Law: a command is only counted when every length of it fits the line that follows, so that what stands inside a value
is never taken for a command. What must not live here: names, state, buffers.
"""

from __future__ import annotations

from collections import Counter

from safeshell.model.values import dataclass

_MOST_MASKED = 4096
"""Bytes of a pipeline beyond which cutting it at its line ends is cheaper than masking it."""
_COUNTS = {b"*%d" % number: 1 + 2 * number for number in range(1, 33)}
_LENGTHS = {b"$%d" % number: number for number in range(4097)}


def alike(tokens: list[bytes], quick: frozenset[bytes]) -> list[bytes]:
    """The names of a pipeline whose commands all have as many words and all pass; [] for any other.

    `tokens` are the lines of a whole buffer. Slices are compared as wholes, since this is every pipeline's way.
    """
    step = _COUNTS.get(tokens[0], 0)
    last = len(tokens) - 1
    if not step or last % step or tokens[0:last:step].count(tokens[0]) * step != last:
        return []
    names = tokens[2:last:step]
    if not quick.issuperset(names):
        return []
    sizes = _LENGTHS.get
    for word in range(1, step, 2):
        if list(map(sizes, tokens[word:last:step])) != list(map(len, tokens[word + 1 : last : step])):
            return []
    return names


def one_by_one(tokens: list[bytes], quick: frozenset[bytes]) -> tuple[int, list[bytes]]:
    """How many lines belong to commands that pass, up to the first that does not, and the names of those."""
    at, last = 0, len(tokens) - 1
    names: list[bytes] = []
    sizes = _LENGTHS.get
    while at < last:
        end = at + _COUNTS.get(tokens[at], last + 1)
        if end > last or (name := tokens[at + 2]) not in quick:
            break
        word = at + 1
        while word < end and sizes(tokens[word]) == len(tokens[word + 1]):
            word += 2
        if word < end:
            break
        names.append(name)
        at = end
    return at, names


@dataclass(slots=True)
class Known:
    """A pipeline that passed whole in `lane`, and every other that differs from it in nothing but its values.

    Under `mask` (as a number, little end first) stand the headers, names, lengths and line ends of all of its
    commands: bytes that are the same there are cut by a server at the same places, and carry the same names.
    """

    data: bytes
    lane: frozenset[bytes]
    tokens: list[bytes]
    names: tuple[tuple[bytes, int], ...]
    mask: int = 0
    kept: int = 0

    def covers(self, data: bytes) -> bool:
        """True for the same pipeline, and for one with other values of the same lengths."""
        if data == self.data:
            return True
        if not self.mask or len(data) != len(self.data):
            return False
        return int.from_bytes(data, "little") & self.mask == self.kept


def known(data: bytes, tokens: list[bytes], names: list[bytes], lane: frozenset[bytes], last: Known | None) -> Known:
    """Remember a pipeline whose every command was found to pass; its mask is made once its shape came twice."""
    same = names.count(names[0]) == len(names)
    found = Known(data, lane, tokens, ((names[0], len(names)),) if same else tuple(Counter(names).items()))
    if last is None or len(data) != len(last.data) or len(data) > _MOST_MASKED:
        return found
    if list(map(len, tokens)) == list(map(len, last.tokens)):
        found.mask = int.from_bytes(_frame(tokens), "little")
        found.kept = int.from_bytes(data, "little") & found.mask
    return found


def _frame(tokens: list[bytes]) -> bytes:
    """255 for every byte of whole commands, 0 for those of their values."""
    parts: list[bytes] = []
    at, last = 0, len(tokens) - 1
    while at < last:
        end = at + _COUNTS[tokens[at]]
        parts.append(b"\xff" * (sum(map(len, tokens[at : at + 3])) + 6))
        for word in range(at + 3, end, 2):
            parts += b"\xff" * (len(tokens[word]) + 2), bytes(len(tokens[word + 1])), b"\xff\xff"
        at = end
    return b"".join(parts)
