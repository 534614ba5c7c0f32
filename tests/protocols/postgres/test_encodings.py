"""Client encodings."""

from safeshell.protocols.postgres.encodings import codec, decode, encode


def test_a_second_byte_that_looks_like_a_backslash_is_no_backslash():
    """In SJIS the byte 0x5c may be half a character; read as UTF-8 it would escape a quote that ends the string."""
    raw = "select 'ソ', 1".encode("cp932")
    assert b"\\'" in raw
    assert decode(raw, codec("SJIS")) == "select 'ソ', 1"


def test_unknown_bytes_come_back_as_they_were():
    """What the codec does not know survives the way there and back."""
    assert encode(decode(b"select '\xff'", "utf-8"), "utf-8") == b"select '\xff'"
    assert encode("€", codec("LATIN1")) == "€".encode()
    assert codec("SQL_ASCII") == codec("UTF8") == codec("NEW_ONE") == "utf-8"


def test_every_codec_exists():
    """Python knows each codec of the table."""
    from safeshell.protocols.postgres import encodings

    assert all("x".encode(name) == b"x" for name in encodings._CODECS.values())
