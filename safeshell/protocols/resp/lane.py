"""The quick lane: whole commands of names that pass, told from a buffer that was cut at its line ends.

Law: a command is only counted when every length of it fits the line that follows, so that what stands inside a value
is never taken for a command. What must not live here: names, state, buffers.
"""

from __future__ import annotations

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
