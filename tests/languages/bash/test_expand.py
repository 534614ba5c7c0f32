"""Words: what bash would make of them, compared with bash itself."""

from __future__ import annotations

import os
import random
import subprocess

import pytest

from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.dialects import dialect_of
from safeshell.languages.bash.expand import Expander
from safeshell.languages.bash.limits import TooMuchError
from safeshell.languages.bash.state import UNSET, Listed, State, known_text
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.facts import Ask, Question
from safeshell.model.statements import Language
from tests.languages.bash import generated
from tests.languages.bash.lines import KNOWLEDGE, PARSE, questions, removed, understood

HOME = "/home/someone"
_SETUP = "set -f; A='p q'; E=; B='r  *'; L=(one 'two three' ''); unset U; set -- 'f g' h;"
_LOOP = (
    _SETUP + """ while IFS= read -r -d '' word; do eval "printf '%s\\0' $word" 2>/dev/null; printf '==end==\\0'; done"""
)


def _state() -> State:
    items = lambda *texts: Listed(tuple((Piece(PieceKind.LITERAL, text),) if text else () for text in texts))  # noqa: E731
    variables = {"A": known_text("p q"), "E": known_text(""), "B": known_text("r  *"), "U": UNSET,
                 "L": items("one", "two three", ""), "HOME": known_text(HOME)}  # fmt: skip
    return State(variables=variables, positional=items("f g", "h"))


def _ours(text: str) -> list[str | None] | None:
    tree = PARSE(f": {text}")
    if not isinstance(tree, dict) or len(tree["Stmts"]) != 1 or "Args" not in tree["Stmts"][0].get("Cmd", {}):
        return None
    desk = Desk(KNOWLEDGE, {}, PARSE)
    expander = Expander(
        f": {text}".encode(), None, desk, lambda node, state: None, asks=True, dialect=dialect_of(Language.BASH)
    )
    try:
        words = expander.words(tree["Stmts"][0]["Cmd"]["Args"], _state())
    except TooMuchError:
        return None
    return [word.known for word in words[1:]]


def _bash_says(texts: list[str]) -> list[list[str]]:
    data = b"".join(text.encode() + b"\0" for text in texts)
    environment = {"HOME": HOME, "LC_ALL": "C.UTF-8", "PATH": os.defpath}
    result = subprocess.run(
        ["bash", "--norc", "-c", _LOOP], input=data, capture_output=True, env=environment, timeout=60, check=False
    )
    chunks = result.stdout.split(b"==end==\0")[:-1]
    return [[part.decode("utf-8", "surrogateescape") for part in chunk.split(b"\0")[:-1]] for chunk in chunks]


@pytest.mark.parametrize("seed", range(3))
def test_words_come_out_as_bash_makes_them(seed):
    """Quotes, escapes, ANSI-C, braces, tildes, parameters and splitting agree with bash on generated words."""
    chance = random.Random(seed)
    texts = [generated.word(chance) for _ in range(int(os.environ.get("SAFESHELL_FUZZ", "300")))]
    wrong = []
    for text, expected in zip(texts, _bash_says(texts), strict=True):
        ours = _ours(text)
        # `printf '%s\\0'` without words prints one empty string, so no word looks like an empty one
        if ours is not None and None not in ours and (ours or [""]) != expected:
            wrong.append((text, ours, expected))
    assert wrong == []


def test_the_sessions_own_separators_count():
    """With `IFS=,` in force `$x` may be several words, and then nobody knows which command it is."""
    comma = {Question(Ask.VARIABLE, "IFS"): ","}
    usual = {Question(Ask.VARIABLE, "IFS"): " \t\n"}
    assert not understood("x=rm,-rf,/srv; $x", facts=comma)
    assert removed("x='rm a b'; $x", facts=usual) == ["a", "b"]
    assert questions("x=1; echo $x '$x' \"$x\"") == set()
    assert questions("x=a,b; echo $x") == {("variable", "IFS")}
