"""Quote removal: what the characters between quotes mean once the shell has removed the quotes.

What must not live here: expansions, syntax trees.
Rules from the bash manual, sections 3.1.2 (quoting) and 3.1.2.4 (ANSI-C quoting).
"""

from __future__ import annotations

_SIMPLE = {
    "a": 7, "b": 8, "e": 27, "E": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11,
    "\\": 92, "'": 39, '"': 34, "?": 63,
}  # fmt: skip
_OCTAL = "01234567"
_HEX = "0123456789abcdefABCDEF"
_IN_DOUBLE = '$`"\\'
_IN_HERE_DOCUMENT = "$`\\"
_LAST_UNICODE = 0x10FFFF
_ASCII = 0x80


def ansi_c(raw: str) -> str:
    """The text of `$'raw'`. A NUL ends the text, as in bash; bytes that are no UTF-8 become surrogates."""
    made = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] != "\\" or at + 1 >= len(raw):
            made += raw[at].encode("utf-8", "surrogateescape")
            at += 1
            continue
        piece, at = _escape(raw, at + 1)
        if piece == b"\0":
            break
        made += piece
    return made.decode("utf-8", "surrogateescape")


def _escape(raw: str, at: int) -> tuple[bytes, int]:
    """The bytes of the escape whose letter stands at `at`, and where reading goes on."""
    letter = raw[at]
    if letter in _SIMPLE:
        return bytes([_SIMPLE[letter]]), at + 1
    if letter in _OCTAL:
        end = _run(raw, at, _OCTAL, 3)
        return bytes([int(raw[at:end], 8) & 0xFF]), end
    if letter == "x":
        end = _run(raw, at + 1, _HEX, 2)
        return (bytes([int(raw[at + 1 : end], 16)]), end) if end > at + 1 else (b"\\x", at + 1)
    if letter in "uU":
        return _unicode(raw, at, 4 if letter == "u" else 8)
    if letter == "c" and at + 1 < len(raw):
        return bytes([ord(raw[at + 1]) & 0x1F]), at + 2
    return ("\\" + letter).encode("utf-8", "surrogateescape"), at + 1


def _unicode(raw: str, at: int, width: int) -> tuple[bytes, int]:
    end = _run(raw, at + 1, _HEX, width)
    if end == at + 1:
        return f"\\{raw[at]}".encode(), at + 1
    number = int(raw[at + 1 : end], 16)
    text = chr(number) if number <= _LAST_UNICODE else "\ufffd"
    return text.encode("utf-8", "surrogatepass"), end


def _run(raw: str, start: int, letters: str, most: int) -> int:
    end = start
    while end < len(raw) and end - start < most and raw[end] in letters:
        end += 1
    return end


def double_quoted(raw: str) -> str:
    r"""Literal text between double quotes: a backslash quotes only `$`, backtick, `"`, `\` and newline."""
    return _unescape(raw, _IN_DOUBLE)


def here_document(raw: str) -> str:
    """Literal text of an unquoted here-document; the double quote is nothing special there."""
    return _unescape(raw, _IN_HERE_DOCUMENT)


def _unescape(raw: str, special: str) -> str:
    if "\\" not in raw:
        return raw
    made: list[str] = []
    at = 0
    while at < len(raw):
        if raw[at] == "\\" and at + 1 < len(raw):
            after = raw[at + 1]
            made.append("" if after == "\n" else after if after in special else "\\" + after)
            at += 2
        else:
            made.append(raw[at])
            at += 1
    return "".join(made)


def echo_escapes(raw: str, *, octal_zero: bool = True) -> str | None:
    r"""The text that `echo -e` (or a `printf` format) makes of `raw`; None where it stops early (`\c`).

    `echo -e` writes octal as `\0nnn`, a printf format as `\nnn` (`octal_zero` False).
    """
    made = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] != "\\" or at + 1 >= len(raw):
            made += raw[at].encode("utf-8", "surrogateescape")
            at += 1
            continue
        letter = raw[at + 1]
        if letter == "c":
            return None
        if letter in _OCTAL and octal_zero:
            end = _run(raw, at + 2, _OCTAL, 3) if letter == "0" else at + 2
            made += bytes([int(raw[at + 1 : end], 8) & 0xFF]) if letter == "0" else raw[at:end].encode()
            at = end
        elif letter in "'?" and octal_zero:
            made += raw[at : at + 2].encode()
            at += 2
        else:
            piece, at = _escape(raw, at + 1)
            made += piece
    return made.decode("utf-8", "surrogateescape")
