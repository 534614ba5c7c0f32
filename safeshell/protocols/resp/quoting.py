"""The words of a command as a line for people, for the digest and for the reader.

The spelling is redis-cli's, so that `languages.redis` reads the same words back. A long word is cut and told by its
length and SHA-256, so that the line still says exactly one thing; a password is never written. What must not live
here: what a command means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

LONGEST_WORD = 2048
"""Bytes of a word that are written in full."""
MOST_WORDS = 200
"""Words that are written; what follows them is told by its number and SHA-256."""
_SHOWN = 64
_HIDDEN = "(hidden)"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/*?[]{}()<>@%+=,!|&^~$;")
_SHORT = {10: "\\n", 13: "\\r", 9: "\\t", 8: "\\b", 7: "\\a", ord('"'): '\\"', ord("\\"): "\\\\"}
_FIRST, _LAST = 0x20, 0x7E
_PASSWORDS = (b"requirepass", b"pass", b"auth")


def quote(words: Sequence[bytes]) -> str:
    """One line; `languages.redis.split_line` gives its words back, as Latin-1."""
    hidden = _secrets(words)
    line = " ".join(_HIDDEN if index in hidden else _word(word) for index, word in enumerate(words[:MOST_WORDS]))
    return f"{line} {_rest(words[MOST_WORDS:])}" if len(words) > MOST_WORDS else line


def _rest(words: Sequence[bytes]) -> str:
    """One word for all that is not written; each word's length goes into the sum, so that it says one thing."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(b"%d:%b" % (len(word), word))
    return f'"... {len(words)} more words, sha256 {digest.hexdigest()}"'


def _word(word: bytes) -> str:
    if len(word) > LONGEST_WORD:
        kept = _letters(word[:_SHOWN])
        return f'"{kept}... {len(word)} bytes, sha256 {hashlib.sha256(word).hexdigest()}"'
    if word and all(byte in _PLAIN for byte in word):
        return word.decode("ascii")
    return f'"{_letters(word)}"'


def _letters(word: bytes) -> str:
    return "".join(_SHORT.get(byte) or (chr(byte) if _FIRST <= byte <= _LAST else f"\\x{byte:02x}") for byte in word)


def _secrets(words: Sequence[bytes]) -> frozenset[int]:
    """Indexes of the words that are passwords, command by command."""
    upper = [word.upper() if len(word) <= _SHOWN else b"" for word in words[:64]]
    head = upper[0] if upper else b""
    if head == b"AUTH":
        return frozenset(range(1, len(words)))
    if head == b"ACL" and upper[1:2] == [b"SETUSER"]:
        return frozenset(index for index, word in enumerate(words) if index > 2 and word[:1] in (b">", b"<", b"#"))  # noqa: PLR2004 - after the name
    if head == b"CONFIG" and upper[1:2] == [b"SET"]:
        return frozenset(index + 1 for index in range(2, len(words), 2) if _is_password(words[index]))
    if head == b"SENTINEL" and upper[1:2] == [b"SET"]:
        return frozenset(index + 1 for index in range(3, len(words), 2) if _is_password(words[index]))
    if head in (b"HELLO", b"MIGRATE"):
        return _after_auth(upper, both=head == b"HELLO")
    return frozenset()


def _is_password(name: bytes) -> bool:
    return name.lower().endswith(_PASSWORDS)


def _after_auth(upper: Sequence[bytes], *, both: bool) -> frozenset[int]:
    """`HELLO 3 AUTH user pw`, `MIGRATE ... AUTH pw`, `MIGRATE ... AUTH2 user pw`."""
    found: set[int] = set()
    for index, word in enumerate(upper):
        if word == b"AUTH":
            found.add(index + 2 if both else index + 1)
        elif word == b"AUTH2":
            found.add(index + 2)
    return frozenset(found)
