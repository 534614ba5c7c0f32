"""fish's words, against what a real fish makes of them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.languages.fish.lines import reading, words

SAME = [
    r"a\ b", r"'it\'s'", r"'a\\b'", r"'a\nb'", r'"a\"b"', r'"a\$b"', r"\x41\u00e9", r"\101", r"a\tb", "{a,b}c", "x{1,2}{3,4}", "{a}", "{}",
    "a{b,}c", r"a'b'" + r'"c"', "'*'", r"\*", r"'$x'", r"\$x", "a#b", "'#'", "--x=a", "a[1]", "a,b", r"{a\,b,c}", "%x", "^x", "a=b", "!x",
    "a{b,{c,d}}e", '"a{b,c}"', "~x", "a~", r"\~", "-", "{ a , b }", "'' x",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize("word", SAME)
def test_words_come_out_as_fish_makes_them(word):
    """Quotes, escapes and braces: the same words as fish's own, or not known."""
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"for w in {word}; printf '%s\\0' $w; end"], capture_output=True, check=False, timeout=20, env={"HOME": "/nowhere", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    )  # fmt: skip
    theirs = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    assert done.returncode == 0, done.stderr
    ours = list(words(f"rm {word}")[0][1:])
    assert ours == theirs or (None in ours and len(ours) == len(theirs)), (ours, theirs)


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("~/x", "~/x"), ("~", "~"), ("*.log", "*.log"), ("a?b", "a?b"), ("**/x", "**/x"), ("$x", None), ('"$x"', None), ("(ls)", None), ("a$x[1]", None),
        ("$$x", None), ('"a(b)"', "a(b)"), ("(echo a)", None), ('"$(echo a)"', "a"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_word(word, known):
    """Patterns and `~` as written; None for what only running tells."""
    assert words(f"rm {word}")[-1][1] == known


@pytest.mark.parametrize("text", ["rm 'a", 'rm "a', "rm {a,b", "rm (ls", "rm $x[1", "rm \\", 'rm "$(ls'])
def test_unfinished_words(text):
    """fish would wait for the rest."""
    assert not reading(text).complete


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="rm ax'\"\\${}()[]*?~#;&|<>\n,=1é", max_size=30))
def test_any_text_is_read_or_not_understood(text):
    """No crash on anything; a destructive command in front is always seen or the whole is not understood."""
    found = reading("rm x; " + text)
    seen = [inner for statement in found.statements for inner in statement.walk()]
    assert any(one.verb == "rm" or not one.understood for one in seen)
