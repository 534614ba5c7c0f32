"""Client encodings of PostgreSQL and how their text is read here.

UTF-8 with surrogateescape stands for everything whose bytes above 127 never hide an ASCII character:
the meaning of quotes and semicolons is then the server's own. Encodings whose second bytes may be
ASCII (SJIS, BIG5, GBK, ...) need their own codec. What must not live here: message layouts.
"""

from __future__ import annotations

_CODECS = {
    "BIG5": "big5hkscs",
    "GBK": "gbk",
    "GB18030": "gb18030",
    "SJIS": "cp932",
    "SHIFT_JIS_2004": "shift_jis_2004",
    "JOHAB": "johab",
    "UHC": "cp949",
    "EUC_JP": "euc_jp",
    "EUC_JIS_2004": "euc_jis_2004",
    "EUC_KR": "euc_kr",
    "EUC_CN": "gb2312",
    "KOI8R": "koi8_r",
    "KOI8U": "koi8_u",
    "WIN866": "cp866",
    "WIN874": "cp874",
    **{f"WIN{n}": f"cp{n}" for n in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)},
    **{f"ISO_8859_{n}": f"iso8859_{n}" for n in (5, 6, 7, 8)},
    **{f"LATIN{n}": f"iso8859_{part}" for n, part in enumerate((1, 2, 3, 4, 9, 10, 13, 14, 15, 16), 1)},
}


def codec(client_encoding: str) -> str:
    """Python's name for a value of `client_encoding`."""
    return _CODECS.get(client_encoding.upper(), "utf-8")


def decode(raw: bytes, name: str) -> str:
    """Text of the client or server; bytes that the codec does not know become lone surrogates, never silence."""
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def encode(text: str, name: str) -> bytes:
    """The way back. What the codec cannot say goes as UTF-8: the server then refuses it rather than misread it."""
    try:
        return text.encode(name)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
