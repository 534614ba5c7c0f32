"""Quote removal, escape by escape."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.quoting import ansi_c, double_quoted, echo_escapes, here_document


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"\x72\x6d", "rm"), (r"\162\155", "rm"), (r"\u0072m", "rm"), (r"\U0001F600", "\U0001f600"), (r"a\tb\n", "a\tb\n"), (r"\'\"\?\\", "'\"?\\"),
        (r"\e\E\a\b\f\v\r", "\x1b\x1b\x07\x08\x0c\x0b\r"), (r"\cA\cz", "\x01\x1a"), (r"\q", "\\q"), (r"\x", "\\x"), (r"a\0b", "a"),
        (r"\xc3\xa9", "é"), (r"\xff", "\udcff"), ("\\", "\\"), (r"\400", "\x00"[:0]), ("é", "é"),
    ],
)  # fmt: skip
def test_ansi_c_is_decoded_exactly(raw, text):
    r"""`$'\x72\x6d'` is rm; a NUL ends the text; bytes that are no UTF-8 stay bytes."""
    assert ansi_c(raw) == text


def test_double_quotes_keep_most_backslashes():
    """Only dollar, backtick, quote, backslash and newline lose theirs."""
    assert double_quoted(r"a\$b\`c\"d\\e\nf" + "\\\ng") == 'a$b`c"d\\e\\nfg'


def test_here_documents_keep_the_double_quote_as_it_is():
    r"""`\"` stays two characters there."""
    assert here_document(r"\"\$x\`\\") == r"\"$x`" + "\\"


@pytest.mark.parametrize(
    ("raw", "text"), [(r"a\nb", "a\nb"), (r"\0162m", "rm"), (r"\x72m", "rm"), (r"\162", "\\162"), (r"a\cb", None), (r"\'", "\\'")]
)  # fmt: skip
def test_echo_has_escapes_of_its_own(raw, text):
    r"""Octal needs a zero, and `\c` stops the output."""
    assert echo_escapes(raw) == text


def test_printf_formats_write_octal_without_the_zero():
    r"""`printf '\162m'` prints rm."""
    assert echo_escapes(r"\162m", octal_zero=False) == "rm"
