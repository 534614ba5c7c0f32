"""A line of redis-cli <-> its words.

What must not live here: what the words mean.
"""

from __future__ import annotations

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_HEX_DIGITS = 2
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\a": "\\a", '"': '\\"', "\\": "\\\\"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/*?[]{}()<>@%+=,!|&^~$;")


def quote_word(word: str) -> str:
    """A word in redis-cli's spelling: `split_line` gives it back. Letters beyond Latin-1 stand for themselves."""
    if word and all(letter in _PLAIN for letter in word):
        return word
    return '"' + "".join(_quoted_letter(letter) for letter in word) + '"'


def _quoted_letter(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    return letter if (letter.isascii() and letter.isprintable()) or ord(letter) > 0xFF else f"\\x{ord(letter):02x}"  # noqa: PLR2004 - Latin-1


def split_line(text: str) -> list[str] | None:
    """Words of a line as redis-cli splits it; None for an open quote or text right after one."""
    words: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return words
        word, at = _split_word(text, at)
        if at < 0:
            return None
        words.append(word)


def _split_word(text: str, at: int) -> tuple[str, int]:
    """The word at `at` and where it ends (-1: an open quote)."""
    letters: list[str] = []
    while at < len(text) and not text[at].isspace():
        quote = text[at]
        if quote not in "\"'":
            letters.append(quote)
            at += 1
            continue
        inner, at = _quoted(text, at + 1, quote)
        if at < 0 or (at < len(text) and not text[at].isspace()):
            return "", -1
        letters.append(inner)
    return "".join(letters), at


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    """The inside of a quote opened before `at`, and the place after its end (-1: none)."""
    letters: list[str] = []
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and at + 1 < len(text) and (quote == '"' or text[at + 1] == "'"):
            letter, at = _escape(text, at + 1, quote)
            letters.append(letter)
            continue
        letters.append(text[at])
        at += 1
    return ("".join(letters), at + 1) if at < len(text) else ("", -1)


def _escape(text: str, at: int, quote: str) -> tuple[str, int]:
    """What stands after a backslash, and the place after it."""
    digits = text[at + 1 : at + 1 + _HEX_DIGITS]
    if quote == '"' and text[at] == "x" and len(digits) == _HEX_DIGITS and _is_hex(digits):
        return chr(int(digits, 16)), at + 1 + _HEX_DIGITS
    return (_ESCAPES.get(text[at], text[at]) if quote == '"' else text[at]), at + 1


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)
