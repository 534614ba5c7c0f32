"""The strict fast path: plain lines get their syntax tree without a parser process.

Only what is exact by construction: printable ASCII on one line, words of letters that mean nothing
to the lexer, simple quotes, and `| && || ;` between commands. Command words are unquoted, no reserved
word, no declaration, no assignment. The tree has shfmt's shape, so everything after it is the same
for both ways. Anything else: None, and shfmt decides. What must not live here: any guess.
"""

from __future__ import annotations

import re
from typing import Any

from safeshell.languages.bash.reserved import DECLARATIONS, KEYWORDS

_MOST = 4096
_TOKEN = re.compile(
    r"""[ ]*(?:(?P<operator>&&|\|\||[|;])|(?P<word>(?:[A-Za-z0-9_./:=@%+,~*?\[\]{}-]+|'[^']*'|"[^"$`\\!]*")+))""",
)
_SEGMENT = re.compile(r"""[^'"]+|'[^']*'|"[^"]*\"""")
_COMMAND = re.compile(r"[A-Za-z0-9_./:@%+,-]+|\[")
_RESERVED = KEYWORDS | DECLARATIONS | {"nameref"}

Tree = dict[str, Any]


def fast_tree(text: str) -> Tree | None:
    """The syntax tree of a plain line, None where the real parser is needed."""
    if len(text) > _MOST or not text.isascii() or not text.isprintable():
        return None
    tokens = _tokens(text)
    statements = _list(tokens) if tokens else None
    if statements is None:
        return None
    return {"Type": "File", "Stmts": statements}


def _tokens(text: str) -> list[tuple[str, str, int]] | None:
    """(operator or "", word, offset) for the whole text, None where something else stands in it."""
    text = text.rstrip(" ")
    tokens: list[tuple[str, str, int]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        operator = match.group("operator")
        if operator:
            tokens.append((operator, "", match.start("operator")))
        else:
            tokens.append(("", match.group("word"), match.start("word")))
    return tokens


def _list(tokens: list[tuple[str, str, int]]) -> list[Tree] | None:
    """Statements between semicolons; the last semicolon may end the line."""
    statements: list[Tree] = []
    start = 0
    for number, (operator, _, _) in enumerate(tokens):
        if operator == ";":
            statement = _and_or(tokens[start:number])
            if statement is None:
                return None
            statements.append(statement)
            start = number + 1
    if start < len(tokens):
        statement = _and_or(tokens[start:])
        if statement is None:
            return None
        statements.append(statement)
    return statements


def _and_or(tokens: list[tuple[str, str, int]]) -> Tree | None:
    return _chain(tokens, ("&&", "||"), _pipeline)


def _pipeline(tokens: list[tuple[str, str, int]]) -> Tree | None:
    return _chain(tokens, ("|",), _command)


def _chain(tokens: list[tuple[str, str, int]], operators: tuple[str, ...], inner: Any) -> Tree | None:
    """Left-associative: `a && b || c` is `(a && b) || c`."""
    made: Tree | None = None
    joint = ""
    start = 0
    for number in range(len(tokens) + 1):
        operator = tokens[number][0] if number < len(tokens) else "end"
        if operator != "end" and operator not in operators:
            continue
        part = inner(tokens[start:number])
        if part is None:
            return None
        made = _statement({"Type": "BinaryCmd", "Op": joint, "X": made, "Y": part}, made, part) if made else part
        joint, start = operator, number + 1
    return made


def _command(tokens: list[tuple[str, str, int]]) -> Tree | None:
    if not tokens or any(operator for operator, _, _ in tokens):
        return None
    head = tokens[0][1]
    if head in _RESERVED or _COMMAND.fullmatch(head) is None:
        return None
    words = [_word(text, offset) for _, text, offset in tokens]
    return _statement({"Type": "CallExpr", "Args": words}, words[0], words[-1])


def _statement(command: Tree, first: Tree, last: Tree) -> Tree:
    command["Pos"], command["End"] = first["Pos"], last["End"]
    return {"Pos": first["Pos"], "End": last["End"], "Cmd": command}


def _word(text: str, offset: int) -> Tree:
    end = {"Offset": offset + len(text)}
    if "'" not in text and '"' not in text:
        parts = [{"Type": "Lit", "Pos": {"Offset": offset}, "End": end, "Value": text}]
    else:
        parts = [_segment(match.group(), offset + match.start()) for match in _SEGMENT.finditer(text)]
    return {"Pos": {"Offset": offset}, "End": end, "Parts": parts}


def _segment(text: str, offset: int) -> Tree:
    place: Tree = {"Pos": {"Offset": offset}, "End": {"Offset": offset + len(text)}}
    if text[0] == "'":
        return {"Type": "SglQuoted", **place, "Value": text[1:-1]}
    if text[0] == '"':
        inner = {"Pos": {"Offset": offset + 1}, "End": {"Offset": offset + len(text) - 1}}
        parts = [{"Type": "Lit", **inner, "Value": text[1:-1]}] if len(text) > 2 else []  # noqa: PLR2004 - two quotes
        return {"Type": "DblQuoted", **place, "Parts": parts}
    return {"Type": "Lit", **place, "Value": text}
