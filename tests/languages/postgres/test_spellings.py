"""The same statement in other spellings: comments, white space, capitals, escapes, company. Nothing slips through."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from safeshell.languages.postgres.plans import plan
from safeshell.languages.postgres.psql import read as read_psql
from safeshell.languages.postgres.trees import Unparsed, parse
from safeshell.languages.sqllexer import WORD, tokens
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language
from tests.languages.postgres.asking import effects, held
from tests.languages.postgres.test_corpus import HOLDS, READS

PARSED = [(effect, text) for effect, text in HOLDS if not isinstance(parse(text), Unparsed)]


def parts(text: str) -> Iterator[tuple[str, str, bool]]:
    """What stands before a token, the token, and whether it is a plain word."""
    at = 0
    for token in tokens(text, Language.POSTGRES):
        yield text[at : token.start], text[token.start : token.end], token.kind == WORD
        at = token.end


def spaced(text: str, space: str) -> str:
    """Other white space or a comment wherever white space stood."""
    return "".join((space if before.isspace() else before) + token for before, token, _ in parts(text))


def cased(text: str, case: Callable[[str], str]) -> str:
    """Plain words in other letters."""
    return "".join(before + (case(token) if word else token) for before, token, word in parts(text))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "comments": lambda text: spaced(text, " /* a /* ; select */ b */ "),
    "line comments": lambda text: spaced(text, " -- ' \" $$ ; \n"),
    "tabs and form feeds": lambda text: spaced(text, "\t\f\r\n"),
    "no-break comment": lambda text: spaced(text, "/**/"),
    "capitals": lambda text: cased(text, str.upper),
    "mixed case": lambda text: cased(text, str.title),
    "after a read": lambda text: f"select 1; {text}",
    "before a read": lambda text: f"{text}; select 1;",
    "after nothing": lambda text: f";;\n;{text};;",
    "after a string with quotes": lambda text: f"select 'it''s', E'a\\'b', $q$ ' $q$, \"a\"\"b\"; {text}",
    "in a transaction": lambda text: f"begin; {text}; rollback",
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_hides_an_effect(name: str) -> None:
    """Every statement of the corpus that parses, with the effect that it has when plainly written."""
    spell = SPELLINGS[name]
    wrong = [spell(text) for effect, text in PARSED if effect not in effects(spell(text))]
    assert wrong == []


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_makes_a_read_a_write(name: str) -> None:
    """Nor is a read held for its looks."""
    spell = SPELLINGS[name]
    assert [spell(text) for text in READS if held(spell(text))] == []


def hidden_name(name: str) -> str:
    """A quoted identifier with every letter escaped."""
    return 'U&"' + "".join(f"\\{ord(letter):04x}" for letter in name) + '"'


@pytest.mark.parametrize("name", ["pg_terminate_backend", "lo_unlink", "nextval", "pg_reload_conf", "set_config"])
@pytest.mark.parametrize("schema", ["", "pg_catalog.", '"pg_catalog" . ', hidden_name("pg_catalog") + "."])
def test_names_of_functions_however_they_are_written(schema: str, name: str) -> None:
    """Quoted, escaped, with a schema, in any clause."""
    for spelled in (name, name.upper(), f'"{name}"', hidden_name(name)):
        call = f"{schema}{spelled}('role', 'x', true)"
        for text in (f"select {call}", f"select * from {call}", f"values ({call})", f"select 1 where {call} is null"):
            assert held(text), text
        assert held(f"explain analyze select {call}")
        assert held(f"declare c cursor for select {call}")
        assert held(f"copy (select {call}) to stdout")


def test_mutations_never_crash_and_never_pass_unparsed() -> None:
    """Cut, doubled, swapped and salted statements: read, planned and read as psql would, all without a fault."""
    random.seed(20261122)
    texts = [text for _, text in HOLDS] + READS
    salt = ["'", '"', "$$", "/*", "*/", "--", ";", "(", ")", "\\", "\x00", "\ud800", "é", "U&", "E'", ":", "::", "\n"]
    for _ in range(3_000):
        text = random.choice(texts)
        at, to = sorted(random.choices(range(len(text) + 1), k=2))
        text = random.choice(
            (text[:at] + text[to:], text[:at] + random.choice(salt) + text[at:], text[:to] + text[at:])
        )
        if random.random() < 0.3:
            text += random.choice(["; ", " union ", " "]) + random.choice(texts)
        assert held(text) or not isinstance(parse(text), Unparsed)
        plan(text)
        read_psql(text, Knowledge())
