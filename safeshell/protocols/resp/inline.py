"""Inline commands: a line of words, as people type them into telnet.

The rules are those of the servers' own splitter; what it rejects is None here. What must not live here: RESP frames.
"""

from __future__ import annotations

_SPACE = b" \t\n\v\f\r"
_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("a"): 7}
_HEX = b"0123456789abcdefABCDEF"
_DOUBLE, _SINGLE, _BACKSLASH = b"\"'\\"


def split(line: bytes) -> list[bytes] | None:
    """The words of a line without its end; None for an open quote or text right after a closing one.

    A NUL ends the line: the servers read C strings here.
    """
    line = line.partition(b"\0")[0]
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(line) and line[at] in _SPACE:
            at += 1
        if at >= len(line):
            return words
        word = bytearray()
        at = _word(line, at, word)
        if at < 0:
            return None
        words.append(bytes(word))


def _word(line: bytes, at: int, word: bytearray) -> int:
    """Read a word into `word`; the place after it, -1 for a quote that is wrong."""
    while at < len(line) and line[at] not in _SPACE:
        if line[at] == _DOUBLE or line[at] == _SINGLE:
            at = (_double if line[at] == _DOUBLE else _single)(line, at + 1, word)
            return at if at < 0 or at >= len(line) or line[at] in _SPACE else -1
        word.append(line[at])
        at += 1
    return at


def _double(line: bytes, at: int, word: bytearray) -> int:
    while at < len(line):
        if line[at] == _DOUBLE:
            return at + 1
        if line[at] != _BACKSLASH or at + 1 >= len(line):
            word.append(line[at])
            at += 1
            continue
        digits = line[at + 2 : at + 4]
        if line[at + 1] == ord("x") and len(digits) == 2 and all(digit in _HEX for digit in digits):  # noqa: PLR2004 - one byte
            word.append(int(digits, 16))
            at += 4
        else:
            word.append(_ESCAPES.get(line[at + 1], line[at + 1]))
            at += 2
    return -1


def _single(line: bytes, at: int, word: bytearray) -> int:
    while at < len(line):
        if line[at] == _SINGLE:
            return at + 1
        if line[at] == _BACKSLASH and line[at + 1 : at + 2] == b"'":
            at += 1
        word.append(line[at])
        at += 1
    return -1
