"""SQL text -> tokens and statements, for PostgreSQL with psql and for MySQL with its client.

Only what lexing needs: quotes of every kind, comments, dollar quotes, the clients' own commands. What a
quote holds is one token, so that no word inside it can be taken for a keyword, nor hide one.
What must not live here: what statements mean.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from safeshell.model.statements import Language
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = "word"
NAME = "name"
STRING = "string"
NUMBER = "number"
OP = "op"
META = "meta"
VARIABLE = "variable"
VERSIONED = "versioned"
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is as written, for WORD in upper case; `start` and `end` count characters.

    META is a command of the client with its arguments, VARIABLE a psql `:name`, VERSIONED marks that a
    MySQL `/*! */` comment was opened here, BROKEN is what no end was found for.
    """

    kind: str
    text: str
    start: int
    end: int


_COMMON = r"""  |
    (?P<space>\s+)
  | (?P<number>\d[\w.]*)
  | (?P<op>::|:=|<>|<=|>=|!=|\|\||.)
"""
_POSTGRES = re.compile(
    r"""
    (?P<line>--[^\n\r]*)
  | (?P<comment>/\*)
  | (?P<string>(?:[nNbBxX]|[uU]&)?'(?:[^']++|'')*+'|[eE]'(?:[^'\\]++|\\.|'')*+'|:'(?:[^']++|'')*+')
  | (?P<name>(?:[uU]&|:)?"(?:[^"]++|"")*+")
  | (?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][\w]*)?\$)
  | (?P<param>\$\d+)
  | (?P<variable>(?<!:):(?:[A-Za-z_]\w*|\{\?\w+\}))
  | (?P<meta>\\)
  | (?P<open>['"])
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$]*)
"""
    + _COMMON,
    re.VERBOSE | re.DOTALL,
)
_MYSQL = re.compile(
    r"""
    (?P<line>\#[^\n\r]*|--(?=[\s]|$)[^\n\r]*)
  | (?P<versioned>/\*M?!\d*)
  | (?P<comment>/\*)
  | (?P<string>(?:[nNbBxX]|_\w+\s*)?'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+")
  | (?P<name>`(?:[^`]++|``)*+`)
  | (?P<meta>\\)
  | (?P<open>['"`])
  | (?P<word>@{0,2}[A-Za-z_\u0080-\U0010ffff$][\w$]*)
"""
    + _COMMON,
    re.VERBOSE | re.DOTALL,
)
_META = re.compile(
    r"""\\(?:[A-Za-z_]\w*\+?|.)?(?:'(?:[^'\\\n\r]|\\.|'')*'|"[^"\n\r]*"|`[^`\n\r]*`|[^\\\n\r])*""", re.DOTALL
)
"""A command of psql with its arguments: it ends at its line's end, or where an unquoted backslash begins the next."""
_META_WHOLE = re.compile(
    r"""\\(?:!|(?:copy|h|help|ef|ev|s[fv]\+?)(?!\w)|(?:gx?|o|out|w|write)\s*(?:\([^)\n\r]*\)\s*)?\|)[^\n\r]*"""
)
r"""Those that take the whole line, backslashes too: `\!`, `\copy`, `\help`, and everything that goes to a program."""
_MYSQL_META = re.compile(r"\\[gGcpqwWx;]|\\[^\n\r]?[^\n\r]*")
ENDING = frozenset(
    {"\\g", "\\gx", "\\gset", "\\gexec", "\\gdesc", "\\watch", "\\crosstabview", "\\G", "\\;"}
    | {"\\bind", "\\bind_named", "\\parse", "\\sendpipeline"}
)
"""Commands of the clients that send what was collected, as a semicolon does."""


def tokens(text: str, language: Language) -> Iterator[Token]:
    """Every token of a text but white space and comments. Total: any text gives tokens."""
    pattern = _MYSQL if language is Language.MYSQL else _POSTGRES
    at = 0
    versioned = 0
    while at < len(text):
        if versioned and text.startswith("*/", at):
            versioned -= 1
            at += 2
            continue
        match = pattern.match(text, at)
        if match is None:  # `.` with DOTALL matches anything; kept for the type
            return
        kind = match.lastgroup or OP
        token, at = _token(text, match, kind, language)
        versioned += kind == VERSIONED
        if token is not None:
            yield token


def _token(text: str, match: re.Match[str], kind: str, language: Language) -> tuple[Token | None, int]:
    """The token that begins at a match (None for space and comments) and where it ends."""
    start, end = match.span()
    if kind in ("space", "line"):
        return None, end
    if kind == "comment":
        close = _comment_end(text, end, nested=language is not Language.MYSQL)
        return (None, close) if close > 0 else (Token(BROKEN, text[start:], start, len(text)), len(text))
    if kind == "dollar":
        close = text.find(match[0], end)
        if close < 0:
            return Token(BROKEN, text[start:], start, len(text)), len(text)
        return Token(STRING, text[start : close + len(match[0])], start, close + len(match[0])), close + len(match[0])
    if kind == "open":
        return Token(BROKEN, text[start:], start, len(text)), len(text)
    if kind == META:
        end = _meta_end(text, start, language)
    text = match[0].upper() if kind == WORD else text[start:end]
    return Token({"param": NUMBER}.get(kind, kind), text, start, end), end


def _meta_end(text: str, start: int, language: Language) -> int:
    """Where a client's command ends: mostly at the end of its line, for psql also where the next one begins."""
    if text.startswith("\\;", start):
        return start + 2
    patterns = (_MYSQL_META,) if language is Language.MYSQL else (_META_WHOLE, _META)
    matches = (pattern.match(text, start) for pattern in patterns)
    end = next((match.end() for match in matches if match), start + 1)
    return end + 2 if text.startswith("\\\\", end) else max(end, start + 1)


def _comment_end(text: str, at: int, *, nested: bool) -> int:
    """Where the block comment ends that was opened before `at`; -1 when it does not."""
    depth = 1
    while depth:
        close = text.find("*/", at)
        if close < 0:
            return -1
        inner = text.find("/*", at, close) if nested else -1
        depth += 1 if inner >= 0 else -1
        at = (inner if inner >= 0 else close) + 2
    return at


def unquoted(token: Token) -> str:
    """The text inside a string or dollar quote, doubled quotes and simple escapes undone."""
    text = token.text
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)]
    quote = text.find("'") if "'" in text else text.find('"')
    body = text[quote + 1 : -1]
    if text[:1] in "eE" and quote == 1:
        body = re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)
    return body.replace("''", "'")


def statements(text: str, language: Language) -> Iterator[list[Token]]:
    """Tokens between semicolons (wherever they stand); a client's command is a statement of its own."""
    collected: list[Token] = []
    for token in tokens(text, language):
        if token.kind == META and token.text != "\\;":
            if collected and token.text.split(None, 1)[0] in ENDING:
                yield collected
                collected = []
            yield [token]
        elif token.text in (";", "\\;") and token.kind in (OP, META):
            if collected:
                yield collected
            collected = []
        else:
            collected.append(token)
    if collected:
        yield collected
