"""Lines of the MongoDB shell (JavaScript) -> one Statement: what the methods that it calls do.

A text reads when every function in it is known to; a call of any other name, and whatever is not plain
JavaScript of names, literals and calls, is code that is not read here. What must not live here: options
of the program mongosh (a pack tells those), names of methods (mongowords).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from safeshell.languages import mongowords as words
from safeshell.languages.reading import UNKNOWN_PART, Reading, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<string>"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')
  | (?P<number>\d[\w.]*)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<op>=>|[-+*%<>=!&|?~^.,:;(){}\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\])++/[a-z]*")
_BEFORE_VALUE = frozenset("(,:[=+-*%<>!&|?.")
_LISTED = re.compile(r"\s*(?:show\s+[\w.]+(?:\s+[\w.]+)?|use\s+[\w-]+|help)\s*;?\s*\Z")


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is string, regex, number, name or op; `text` of strings is without its quotes."""

    kind: str
    text: str


_NONE = _Token("op", "")


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A whole text of mongosh. Total on any text; see `ReadText`."""
    del knowledge, shell
    tokens = None if _LISTED.match(text) else _tokens(text)
    if _LISTED.match(text):
        claims = [Claim(Effect.READS, "mongo.show", "shows something")]
    elif tokens is None:
        claims = [_opaque("is code that is not read here")]
    else:
        claims = _judge(tokens) or [Claim(Effect.READS, "mongo.read", "reads")]
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    dynamic = any(_could_be_code(tokens, index) for index in range(len(tokens))) if tokens else False
    made = Statement(Language.MONGO, text, span, "mongo", tuple(dict.fromkeys(claims)), dynamic=dynamic)
    return Reading((made,))


def _opaque(reason: str) -> Claim:
    return Claim(Effect.RUNS_OPAQUE_CODE, "mongo.code", reason)


def _tokens(text: str) -> list[_Token] | None:
    """The tokens; None where the text holds something else (a template, an open quote)."""
    found: list[_Token] = []
    at = 0
    while at < len(text):
        regex = _REGEX.match(text, at) if found and found[-1].text in _BEFORE_VALUE else None
        match = _TOKEN.match(text, at)
        if regex is not None and not text.startswith(("//", "/*"), at):
            found.append(_Token("regex", regex[0]))
            at = regex.end()
            continue
        if match is None:
            return None
        kind = match.lastgroup or "op"
        if kind == "string":
            found.append(_Token(kind, match[0][1:-1]))
        elif kind != "space":
            found.append(_Token(kind, match[0]))
        at = match.end()
    return found


def _judge(tokens: Sequence[_Token]) -> list[Claim]:
    """Claims of everything that is not known to read."""
    found: list[Claim] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else _NONE
        if token.kind in ("name", "string") and token.text in words.HARMFUL:
            effect, reason = words.HARMFUL[token.text]
            if token.kind == "name" or token.text.startswith("$"):
                found.append(Claim(effect, f"mongo.{token.text.strip('$').lower()}", reason))
        elif after.text == "(" and after.kind == "op":
            found += _call(tokens, index)
    return found


def _call(tokens: Sequence[_Token], index: int) -> list[Claim]:
    """What a call of the token at `index` does; operators before a bracket only group."""
    token = tokens[index]
    if token.kind == "op":
        return [_opaque("calls a function that has no name here")] if token.text in ("]", ")", "}") else []
    if token.kind != "name":
        return [_opaque("is code that is not read here")]
    if token.text in words.COMMANDERS:
        return _command(tokens, index + 2)
    if token.text in words.HARMLESS:
        return []
    return [_opaque(f"calls {token.text}, which is not known here")]


def _command(tokens: Sequence[_Token], at: int) -> list[Claim]:
    """`runCommand({name: ...})`, `runCommand("name")`: the first name says what it is."""
    name = next((token for token in tokens[at : at + 2] if token.kind in ("name", "string")), _NONE)
    plain = tokens[at : at + 1] and (tokens[at].text == "{" or tokens[at].kind == "string")
    if plain and name.text in words.COMMANDS:
        return []
    if name.text in words.HARMFUL_COMMANDS:
        effect, reason = words.HARMFUL_COMMANDS[name.text]
        return [Claim(effect, f"mongo.command.{name.text.lower()}", reason)]
    return [_opaque(f"runs the command {name.text or '?'}, which is not known to only read")]


def _could_be_code(tokens: Sequence[_Token], index: int) -> bool:
    """Whether an unknown part stands where it may be more than a value or the name of a collection."""
    token = tokens[index]
    if token.kind != "name" or UNKNOWN_PART not in token.text:
        return False
    before = tokens[index - 1] if index else _NONE
    after = tokens[index + 1] if index + 1 < len(tokens) else _NONE
    return before.text not in _BEFORE_VALUE or not before.text or after.text == "("
