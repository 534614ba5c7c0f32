"""Programs of awk (POSIX, gawk, mawk) -> one Statement: files they write, commands they run.

A tokenizer that knows strings, regular expressions and comments, and a walk that knows where `>` and `|`
send output and where they compare. What must not live here: options of the program awk.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from safeshell.languages.reading import UNKNOWN_PART, Reading, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_STREAMS = frozenset({"/dev/stdout", "/dev/stderr", "/dev/null", "/dev/fd/1", "/dev/fd/2", "/dev/tty", "-"})
_KEYWORDS = frozenset(
    [
        "BEGIN",
        "END",
        "BEGINFILE",
        "ENDFILE",
        "if",
        "else",
        "while",
        "for",
        "do",
        "break",
        "continue",
        "next",
        "nextfile",
        "exit",
        "return",
        "delete",
        "in",
        "function",
        "func",
        "getline",
        "print",
        "printf",
        "switch",
        "case",
        "default",
    ]
)
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\f\v]+|\\\r?\n|\#[^\n]*)
  | (?P<newline>\n)
  | (?P<string>"(?:[^"\\\n]++|\\.)*+")
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
  | (?P<name>[A-Za-z_]\w*(?:::\w+)?)
  | (?P<op>\|&|\|\||&&|>>|>=|<=|==|!=|\+\+|--|\+=|-=|\*\*=|\*=|%=|\^=|\*\*|!~|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]++|\\[^\n]|\[\^?\]?(?:[^\]\\\n]++|\\[^\n])*+\])*+/")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "~", "!~"})
_BEFORE_VALUE = _COMPARISONS | frozenset("=+-*/%^,($[!?:") | {"&&", "||", "+=", "-=", "*=", "%=", "**"}
"""Operators that an unknown part is a value of."""
_BREAKS = frozenset({";", "\n", "&&", "||", "!", "=", "}", ","})


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    """The program has a string, pattern or pipe that cannot be made out."""


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is string, regex, number, name or op (newlines are ops); `text` of strings is unescaped."""

    kind: str
    text: str


_NONE = _Token("op", "")


@dataclass(slots=True)
class _Program:
    tokens: list[_Token]
    shell: ReadShell
    claims: list[Claim] = field(default_factory=list)
    nested: list[Statement] = field(default_factory=list)

    def at(self, index: int) -> _Token:
        """The token there; an empty one outside the program."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else _NONE


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A whole program. Total on any text; see `ReadText`."""
    del knowledge
    program = _Program([], shell)
    understood = True
    try:
        program.tokens = _tokens(text)
        _walk(program)
    except _Unreadable:
        understood = False
        program.claims.append(
            Claim(Effect.NOT_UNDERSTOOD, "awk.unreadable", "is an awk program that was not understood")
        )
    if not program.claims:
        program.claims.append(Claim(Effect.READS, "awk.filter", "filters text"))
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    claims = tuple(dict.fromkeys(program.claims))
    return Reading(
        (
            Statement(
                Language.AWK,
                text,
                span,
                "awk",
                claims,
                understood=understood,
                dynamic=any(_could_be_code(program, index) for index in range(len(program.tokens))),
                nested=tuple(program.nested),
            ),
        )
    )


def _could_be_code(program: _Program, index: int) -> bool:
    """Whether an unknown part stands where it may be more than a value: a pattern, a statement, a function."""
    token, before, after = program.tokens[index], program.at(index - 1), program.at(index + 1)
    if token.kind != "name" or UNKNOWN_PART not in token.text:
        return False
    value = before.text in _BEFORE_VALUE or before.text in ("print", "printf", "return") or after.text in _COMPARISONS
    return not value or after.text == "("


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        regex = _REGEX.match(text, at) if text[at] == "/" and not _operand(found) else None
        if regex is not None:
            found.append(_Token("regex", regex[0]))
            at = regex.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None or match[0] == '"':
            raise _Unreadable
        if text[at] == "/" and not _operand(found):
            raise _Unreadable
        kind = match.lastgroup or "op"
        if kind == "string":
            found.append(_Token(kind, _unescaped(match[0][1:-1])))
        elif kind != "space":
            found.append(_Token("op" if kind == "newline" else kind, match[0]))
        at = match.end()
    return found


def _operand(found: Sequence[_Token]) -> bool:
    """Whether what stands before is a value, so that a slash divides it."""
    if not found:
        return False
    last = found[-1]
    if last.kind == "name":
        return last.text not in _KEYWORDS
    return last.kind in ("string", "number") or last.text in (")", "]", "$", "++", "--")


def _unescaped(body: str) -> str:
    return re.sub(r"\\(\n|.)", lambda match: _ESCAPES.get(match[1], match[1] if match[1] != "\n" else ""), body)


def _walk(program: _Program) -> None:
    """Look at every token; `printing` is the bracket depth of a print statement, -1 outside of one."""
    depth, printing = 0, -1
    for index, token in enumerate(program.tokens):
        if token.kind == "name":
            if token.text in ("print", "printf"):
                printing = depth
            elif token.text == "system" and program.at(index + 1).text == "(":
                _run(program, _until_bracket(program, index + 2))
        elif token.kind == "op":
            if token.text == "}" or _ends_statement(program, index):
                printing = -1
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            _operator(program, index, printing=printing >= 0, outside=printing == depth)


def _ends_statement(program: _Program, index: int) -> bool:
    """A semicolon, or a line end that does not continue the line."""
    text = program.tokens[index].text
    return text == ";" or (text == "\n" and program.at(index - 1).text not in (",", "&&", "||"))


def _operator(program: _Program, index: int, *, printing: bool, outside: bool) -> None:
    """What sends output or runs something; `outside` all brackets of a print, `>` redirects."""
    text = program.tokens[index].text
    if text == "@":
        program.claims.append(_opaque("loads or calls something by name"))
    elif text in ("|", "|&"):
        _pipe(program, index, printing=printing)
    elif text in (">", ">>") and printing and outside:
        _redirect(program, index)


def _opaque(reason: str) -> Claim:
    return Claim(Effect.RUNS_OPAQUE_CODE, "awk.opaque", reason)


def _until_bracket(program: _Program, start: int) -> list[_Token]:
    """Tokens up to the bracket that closes around `start`."""
    depth = 0
    for index in range(start, len(program.tokens)):
        token = program.tokens[index]
        if token.kind == "op":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth < 0:
                return program.tokens[start:index]
    raise _Unreadable


def _until_end(program: _Program, start: int) -> list[_Token]:
    """Tokens up to the end of the statement."""
    depth = 0
    for index in range(start, len(program.tokens)):
        token = program.tokens[index]
        if token.kind != "op":
            continue
        if depth == 0 and (token.text in (";", "\n") or token.text in _CLOSING):
            return program.tokens[start:index]
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
    return program.tokens[start:]


def _before(program: _Program, end: int) -> list[_Token]:
    """Tokens of the expression before `| getline`."""
    start, depth = end, 0
    while start > 0:
        token = program.tokens[start - 1]
        if token.kind == "op":
            if depth == 0 and (token.text in _BREAKS or token.text in _OPENING):
                break
            depth += (token.text in _CLOSING) - (token.text in _OPENING)
        elif token.kind == "name" and token.text in _KEYWORDS and depth == 0:
            break
        start -= 1
    return program.tokens[start:end]


def _pipe(program: _Program, index: int, *, printing: bool) -> None:
    """`"cmd" | getline`, or `print | "cmd"`."""
    if program.at(index + 1) == _Token("name", "getline"):
        _run(program, _before(program, index))
    elif printing:
        _run(program, _until_end(program, index + 1), fed=True)
    else:
        raise _Unreadable


def _run(program: _Program, tokens: Sequence[_Token], *, fed: bool = False) -> None:
    """A command line that awk hands to the shell; what is not literal becomes an unknown variable in it.

    `fed` commands get what awk prints on their standard input, which nobody sees here.
    """
    tokens = [token for token in tokens if token.text not in ("(", ")") or token.kind == "string"]
    text = ""
    known = True
    for token in tokens:
        if token.kind == "string":
            known = known and UNKNOWN_PART not in token.text
            text += token.text.replace(UNKNOWN_PART, "${awk}")
        elif not text.endswith("${awk}"):
            known = False
            text += "${awk}"
    program.claims.append(
        Claim(Effect.READS, "awk.command", "runs a command")
        if known
        else _opaque("runs a command that it builds itself")
    )
    if any(token.kind == "string" for token in tokens):
        program.nested.extend(program.shell("cat | " + text if fed else text))


def _redirect(program: _Program, index: int) -> None:
    """`print > file`: emptied when first opened; `>>` only appends."""
    target = _until_end(program, index + 1)
    if not target:
        raise _Unreadable
    appends = program.tokens[index].text == ">>"
    known = target[0].text if len(target) == 1 and target[0].kind == "string" else None
    if known in _STREAMS:
        return
    if known is not None and UNKNOWN_PART in known:
        known = None
    shown = " ".join(token.text for token in target)
    program.claims.append(
        Claim(
            Effect.WRITES if appends else Effect.DESTROYS_DATA,
            "awk.append-file" if appends else "awk.write-file",
            "appends to a file of its own" if appends else "writes a file of its own",
            (Target(TargetKind.PATH, shown, known),),
            if_missing=None if appends else Effect.WRITES,
            preview="files",
            unbounded=known is None and not appends,
            appends=appends,
        )
    )
