"""Lines with bytes that are no UTF-8."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.foreign import holds_foreign, original, readable, readable_facts
from safeshell.languages.reading import Reading
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, PathFact, Question
from safeshell.model.statements import Language, Span, Statement
from tests.languages.bash.lines import claims, judge, questions, removed, understood

LATIN = b"M\xfcller".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "text", ["grep {} /etc/passwd", "cat '/tmp/{}'", "for i in {}; do echo $i; done", 'echo "{} $x"', "ls | grep '{}'"]
)
def test_such_a_byte_is_a_letter(text):
    """What only reads is understood and reads."""
    line = text.format(LATIN)
    assert understood(line)
    assert {claim.effect for claim in claims(line)} == {Effect.READS}


def test_names_keep_their_bytes():
    """What would be removed is named as the file system names it, and quotes change nothing."""
    assert removed(f"rm '{LATIN}' \"$X\"/{LATIN}", facts={Question(Ask.VARIABLE, "X"): LATIN}) == [
        LATIN,
        f"{LATIN}/{LATIN}",
    ]
    assert {subject for _, subject in questions(f"source './{LATIN}'")} == {f"./{LATIN}"}


def test_spans_are_those_of_the_text_itself():
    """A span covers the command's own bytes, however many letters before it are of the other kind."""
    line = f"echo {LATIN}; rm '{LATIN}' x; ls"
    raw = line.encode("utf-8", "surrogateescape")
    found = [raw[s.span.start : s.span.end].decode("utf-8", "surrogateescape") for s in judge(line).statements]
    assert found == [f"echo {LATIN}", f"rm '{LATIN}' x", "ls"]
    assert [s.text for s in judge(line).statements] == found


def test_what_cannot_be_told_apart_is_left_alone():
    """Where the private characters are in use themselves nothing is translated."""
    assert not holds_foreign("rm \uf7fc \udcfc")
    assert not holds_foreign("rm Müller")
    assert holds_foreign("rm \udcfc")
    assert not understood("for i in \uf7fc \udcfc; do rm $i; done")


def test_answers_are_translated_both_ways():
    """Facts about such names reach the reading, and what comes back names them again."""
    fact = PathFact(path="/a/\udcfc", resolved="/a/\udcfc", exists=True)
    inner = readable_facts({Question(Ask.PATH, "/a/\udcfc"): fact})
    assert inner == {Question(Ask.PATH, "/a/\uf7fc"): PathFact(path="/a/\uf7fc", resolved="/a/\uf7fc", exists=True)}
    text = "ls \udcfc"
    reading = Reading((Statement(Language.BASH, readable(text), Span(0, 6), "ls", words=("ls", None, "\uf7fc")),))
    assert original(reading, text).statements == (
        Statement(Language.BASH, text, Span(0, 4), "ls", words=("ls", None, "\udcfc")),
    )
