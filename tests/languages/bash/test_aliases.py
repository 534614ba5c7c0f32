"""Aliases: rewritten as bash's lexer would."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.aliases import Edit, Expanded
from safeshell.languages.reading import SessionNames
from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import every, judge, removed, understood

_TEXTS = {
    "ls": "ls --color=auto",
    "ll": "ls -l",
    "sudo": "sudo ",
    "k": "rm -rf",
    "two": "echo a; rm b; echo",
    "open": "{",
    "gone": None,
    "loop": "for i in x; do",
}
NAMES = SessionNames(aliases=frozenset(_TEXTS))
FACTS = {Question(Ask.ALIAS, name): text for name, text in _TEXTS.items()}


def _texts(text):
    return [statement.text for statement in every(judge(text, facts=FACTS, names=NAMES))]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("ls -a", ["ls --color=auto -a"]), ("ll", ["ls --color=auto -l"]), (r"\ls", [r"\ls"]), ("'ls'", ["'ls'"]), ("echo ls", ["echo ls"]),
        ("A=1 ll x", ["A=1 ls --color=auto -l x"]), ("cat | ll", ["cat", "ls --color=auto -l"]), ("command ls", ["command ls"]),
        ("/bin/ls", ["/bin/ls"]), ("two c", ["echo a", "rm b", "echo c"]), ("gone x", ["gone x"]), ("$(ll)", ["ls --color=auto -l", "$(ls --color=auto -l)"]),
    ],
)  # fmt: skip
def test_the_first_unquoted_word_is_replaced(text, texts):
    """Once for each name, in what came out too, and only where bash looks."""
    assert _texts(text) == texts


def test_a_trailing_blank_makes_the_next_word_an_alias_too():
    """`alias sudo='sudo '` is the usual trick."""
    names = SessionNames(aliases=frozenset({"sudo", "k"}))
    assert removed("sudo k /", facts=FACTS, names=names) == ["/"]
    assert removed("sudo -n k /", facts=FACTS, names=names) == []


def test_an_alias_that_breaks_the_grammar_is_not_understood():
    """Aliases that open constructs are rare; they are never guessed at."""
    for text in ("open echo; }", "loop rm $i; done"):
        assert not understood(text, facts=FACTS, names=NAMES)


def test_an_alias_of_a_reserved_word_is_not_understood():
    """It changes how the line is cut."""
    names = SessionNames(aliases=frozenset({"if"}))
    assert not understood("if true", names=names)
    assert understood("ls if", names=SessionNames())


def test_spans_lead_back_to_what_was_typed():
    """The statement is the expanded one; its span is where the person wrote it."""
    statements = every(judge("echo é; two c", facts=FACTS, names=NAMES))
    assert [(s.span.start, s.span.end) for s in statements] == [(0, 7), (9, 12), (9, 12), (9, 14)]


def test_offsets_go_back_through_every_edit():
    """Inside of replaced text an offset may have been anywhere in the alias."""
    expanded = Expanded(b"", {}, (Edit(3, 2, 10),))
    assert [expanded.original(offset) for offset in (0, 3, 5, 13, 20)] == [(0, 0), (3, 3), (3, 5), (5, 5), (12, 12)]
