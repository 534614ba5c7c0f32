"""Commands as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.redis import split_line
from safeshell.protocols.resp.quoting import LONGEST_WORD, quote


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5).filter(lambda words: words[0][:1] not in b"ACHMSachms"))
def test_the_reader_gets_the_same_words(words):
    """Whatever bytes they hold."""
    assert [word.encode("latin-1") for word in split_line(quote(words)) or []] == words


def test_long_words_are_cut_and_still_tell_one_thing():
    """By length and SHA-256."""
    first, second = quote([b"GET", b"x" * 3000]), quote([b"GET", b"x" * 2999 + b"y"])
    assert len(first) < 250
    assert "3000 bytes" in first
    assert first != second
    assert quote([b"x" * LONGEST_WORD]) == "x" * LONGEST_WORD


@pytest.mark.parametrize(
    "line",
    [
        "AUTH hunter2",
        "AUTH ann hunter2",
        "HELLO 3 AUTH ann hunter2",
        "CONFIG SET requirepass hunter2",
        "CONFIG SET hz 10 masterauth hunter2",
        "CONFIG SET tls-key-file-pass hunter2",
        "ACL SETUSER ann on >hunter2 ~*",
        "MIGRATE h 1 k 0 9 AUTH hunter2",
        "MIGRATE h 1 k 0 9 AUTH2 ann hunter2",
        "SENTINEL SET m auth-pass hunter2",
    ],
)
def test_no_password_is_written(line):
    """Nor in small letters."""
    for text in (line, line.lower()):
        shown = quote([word.encode() for word in text.split()])
        assert "hunter2" not in shown
        assert "(hidden)" in shown


def test_many_words_are_cut_and_still_tell_one_thing():
    """By number and SHA-256; how the rest is divided into words counts."""
    many = [b"DEL", *(b"k%d" % number for number in range(100_000))]
    line = quote(many)
    assert len(line) < 2000
    assert '"... 99801 more words, sha256 ' in line
    assert line != quote([*many[:-1], b"other"])
    assert quote([*many[:-2], b"a", b"bc"]) != quote([*many[:-2], b"ab", b"c"])
