"""Where keys stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.redis.keyspecs import SHAPES, keys_of


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("GET a", "a:r"),
        ("SET a b", "a:u"),
        ("MSET a 1 b 2", "a:w b:w"),
        ("DEL a b c", "a:d b:d c:d"),
        ("RENAME a b", "a:d b:w"),
        ("BLPOP a b 0", "a:d b:d"),
        ("LMPOP 2 a b LEFT", "a:d b:d"),
        ("BLMPOP 0 1 a LEFT", "a:d"),
        ("ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d:w a:r b:r"),
        ("GEORADIUS a 1 2 3 km STORE d", "a:r d:w"),
        ("GEORADIUS a 1 2 3 km", "a:r"),
        ("XREAD COUNT 1 STREAMS a b 0 0", "a:r b:r"),
        ("MIGRATE h 1 a 0 10", "a:d"),
        ("MIGRATE h 1 x 0 10 KEYS a b", "x:d a:d b:d"),
        ("COPY a b", "a:r b:w"),
        ("EVAL s 2 a b c", "a:u b:u"),
        ("SORT a", "a:r"),
        ("DEL", ""),
    ],
)
def test_keys_of_a_line(line, keys):
    """Ranges, counts, steps and keywords."""
    words = line.split()
    name = words[0]
    assert " ".join(f"{words[key.index]}:{key.access}" for key in keys_of(name, words) or ()) == keys


def test_keys_below_a_subcommand():
    """Counted from the command's own name."""
    assert [key.index for key in keys_of("OBJECT|ENCODING", ["object", "encoding", "k"]) or ()] == [2]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NOPE", ["nope", "a"]),
        ("LMPOP", ["lmpop", None, "a"]),
        ("LMPOP", ["lmpop", "x", "a"]),
        ("XREAD", ["xread", None, "a"]),
    ],
)
def test_nobody_can_tell(name, words):
    """An unknown command, count or keyword is no empty answer."""
    assert keys_of(name, words) is None


@given(
    st.sampled_from(sorted(SHAPES)),
    st.lists(st.none() | st.sampled_from(["1", "2", "STREAMS", "STORE", "KEYS", "k"]), max_size=8),
)
def test_keys_are_words(name, words):
    """Whatever the words, no key stands outside of them."""
    found = keys_of(name, ["x", *words]) or ()
    assert all(0 < key.index <= len(words) for key in found)
