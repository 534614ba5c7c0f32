"""fish's words: quotes, escapes, variables, substitutions, patterns, braces -> nodes of the walker's tree.

Exact text becomes a quoted part, so that nothing in it is expanded again. What must not live here:
jobs and statements. Rules from the fish manual, "The fish language".
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from safeshell.languages.fish.text import ENDS_WORD, FishError, Node, Text

_MOST_WORDS = 256
_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_COUNTED = {"x": (16, 2), "X": (16, 2), "u": (16, 4), "U": (16, 8)}
_DIGITS = {8: "01234567", 16: "0123456789abcdefABCDEF"}
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_NAMES = {"status": "?", "fish_pid": "$"}
"""What the walker calls fish's own variables."""

Substitution = Callable[[Text], list[Node]]
"""Reads the jobs up to the `)` that closes a substitution, and past it."""


def read_words(text: Text, inside: Substitution) -> list[Node]:
    """The word here: one node, or several where braces make several."""
    start = text.at
    alternatives = _sequence(text, inside, ENDS_WORD)
    end = text.at
    if end == start:
        raise FishError(f"{text.peek()} stands where fish takes none")
    if len(alternatives) > _MOST_WORDS:
        raise FishError("its braces make more words than safeshell follows")
    return [text.node(start, end, Parts=_finished(text, start, parts)) for parts in alternatives]


def _finished(text: Text, start: int, parts: list[Node]) -> list[Node]:
    """A tilde at the start, lists that multiply with what stands beside them, literals put together."""
    made: list[Node] = []
    for part in parts:
        if part["Type"] == "ParamExp" and len(parts) > 1:
            made.append({**part, "Product": True})
        elif part["Type"] == "SglQuoted" and made and made[-1]["Type"] == "SglQuoted":
            made[-1] = {**made[-1], "Value": made[-1]["Value"] + part["Value"], "End": part["End"]}
        else:
            made.append(part)
    if (
        text.text.startswith("~", start)
        and made
        and made[0]["Type"] == "SglQuoted"
        and made[0]["Value"].startswith("~")
    ):
        return _tilde(made)
    return made


def _tilde(parts: list[Node]) -> list[Node]:
    """`~/x`: the tilde and the slash stand unquoted, so that the walker expands them."""
    value = parts[0]["Value"]
    head, slash, rest = value.partition("/")
    if not slash and len(parts) > 1:
        return [{**parts[0], "Type": "FishTilde"}, *parts[1:]]
    literal = {**parts[0], "Type": "Lit", "Value": head + slash}
    return [literal, *([{**parts[0], "Value": rest}] if rest else []), *parts[1:]]


def _sequence(text: Text, inside: Substitution, ends: str) -> list[list[Node]]:
    """Parts up to one of these characters; several alternatives where there are braces."""
    text.enter()
    found: list[list[Node]] = [[]]
    while (letter := text.peek()) and (letter not in ends or letter == "("):
        if letter == "{":
            inner = _braces(text, inside)
            found = [[*before, *after] for after, before in product(inner, found)]
            if len(found) > _MOST_WORDS:
                raise FishError("its braces make more words than safeshell follows")
            continue
        part = _part(text, inside, ends)
        for parts in found:
            parts.append(part)
    text.depth -= 1
    return found


def _part(text: Text, inside: Substitution, ends: str) -> Node:
    letter = text.peek()
    if letter == "'":
        return _single(text)
    if letter == '"':
        return _double(text, inside)
    if letter == "$":
        return _variable(text, inside, quoted=False)
    if letter == "(":
        return _output(text, inside)
    if letter in "*?":
        start = text.at
        while text.peek() and text.peek() in "*?":
            text.at += 1
        return text.node(start, text.at, Type="ExtGlob")
    return _plain(text, ends)


def _plain(text: Text, ends: str) -> Node:
    """Unquoted text up to something with a meaning of its own."""
    start, value = text.at, ""
    while (letter := text.peek()) and letter not in ends and letter not in "'\"$(*?{":
        if letter == "\\":
            value += _escape(text)
        else:
            value += letter
            text.at += 1
    if text.at == start:
        raise FishError(f"{text.peek()} stands where fish takes none")
    return text.node(start, text.at, Type="SglQuoted", Value=value)


def _escape(text: Text) -> str:
    """What a backslash makes of the next characters."""
    text.at += 1
    letter = text.peek()
    if not letter:
        raise FishError("it ends with a backslash", incomplete=True)
    text.at += 1
    if letter == "\n":
        return ""
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter == "c":
        text.at += 1
        return chr(ord(text.text[text.at - 1 : text.at].upper() or "@") & 0x1F)
    if letter in _COUNTED:
        return _numbered(text, *_COUNTED[letter])
    if letter in "01234567":
        text.at -= 1
        return _numbered(text, 8, 3)
    return letter


def _numbered(text: Text, base: int, most: int) -> str:
    start = text.at
    while text.at - start < most and text.peek() and text.peek() in _DIGITS[base]:
        text.at += 1
    digits = text.text[start : text.at]
    code = int(digits, base) if digits else -1
    if not 0 < code <= 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - what a character may be
        raise FishError("an escape in it stands for no character")
    return chr(code)


def _single(text: Text) -> Node:
    start, value = text.at, ""
    text.at += 1
    while (letter := text.peek()) != "'":
        if not letter:
            raise FishError("a quote is not closed", incomplete=True)
        if letter == "\\" and text.peek(1) in ("\\", "'"):
            text.at += 1
            letter = text.peek()
        value += letter
        text.at += 1
    text.at += 1
    return text.node(start, text.at, Type="SglQuoted", Value=value)


def _double(text: Text, inside: Substitution) -> Node:
    start = text.at
    parts: list[Node] = []
    text.at += 1
    while text.peek() != '"':
        if not text.peek():
            raise FishError("a quote is not closed", incomplete=True)
        if text.peek() == "$" and (text.peek(1) == "(" or text.peek(1) in _NAME + "$"):
            parts.append(_variable(text, inside, quoted=True))
        else:
            parts.append(_in_double(text))
    text.at += 1
    return text.node(start, text.at, Type="DblQuoted", Parts=parts)


def _in_double(text: Text) -> Node:
    start, value = text.at, ""
    while (letter := text.peek()) and letter != '"':
        if letter == "$" and (text.peek(1) == "(" or (text.peek(1) and text.peek(1) in _NAME + "$")):
            break
        if letter == "\\" and text.peek(1) in ("\\", '"', "$", "\n"):
            text.at += 1
            letter = "" if text.peek() == "\n" else text.peek()
        value += letter
        text.at += 1
    return text.node(start, text.at, Type="SglQuoted", Value=value)


def _variable(text: Text, inside: Substitution, *, quoted: bool) -> Node:
    """`$x`, `$x[1]`, `$$x`, `$(...)`."""
    start = text.at
    text.at += 1
    if text.peek() == "(":
        return _output(text, inside, quoted=quoted)
    dollars = 0
    while text.peek() == "$":
        text.at += 1
        dollars += 1
    name_at = text.at
    while text.peek() and text.peek() in _NAME:
        text.at += 1
    name = text.text[name_at : text.at]
    if not name:
        raise FishError("a $ has no name behind it")
    index = _index(text, inside) if text.peek() == "[" else None
    if dollars:
        return text.node(start, text.at, Type="FishPointer", Inner=index or [])
    return text.node(start, text.at, **_parameter(name, index, quoted=quoted))


def _parameter(name: str, index: list[Node] | None, *, quoted: bool) -> Node:
    text = _only_text(index)
    if name == "argv":
        if index is None:
            return {"Type": "ParamExp", "Param": {"Value": "*" if quoted else "@"}}
        if text.isdigit() and text != "0":
            return {"Type": "ParamExp", "Param": {"Value": text}}
        return {"Type": "FishPointer", "Inner": index}
    made: Node = {"Type": "ParamExp", "Param": {"Value": _NAMES.get(name, name)}}
    if index is None:
        return made
    if not text.isdigit():
        return {"Type": "FishPointer", "Inner": index}
    return {**made, "Index": {"Type": "Word", "Parts": [{"Type": "Lit", "Value": text}]}}


def _only_text(index: list[Node] | None) -> str:
    parts = index or []
    return str(parts[0].get("Value", "")).strip() if len(parts) == 1 and parts[0]["Type"] == "SglQuoted" else ""


def _index(text: Text, inside: Substitution) -> list[Node]:
    """What stands in `[...]`."""
    text.at += 1
    found = _sequence(text, inside, "]\n;")
    if text.peek() != "]":
        raise FishError("an index is not closed", incomplete=not text.peek())
    text.at += 1
    return [part for parts in found for part in parts]


def _output(text: Text, inside: Substitution, *, quoted: bool = False) -> Node:
    """`(...)` and `$(...)`: in quotes one text, else as many words as it prints lines."""
    start = text.at
    text.at += 1
    text.enter()
    statements = inside(text)
    text.depth -= 1
    end = text.at
    index = _index(text, inside) if text.peek() == "[" else []
    node = text.node(start, end, Type="CmdSubst", Stmts=statements)
    if quoted and not index:
        return node
    return text.node(start, text.at, Type="FishLines", Inner=[node, *index])


def _braces(text: Text, inside: Substitution) -> list[list[Node]]:
    """`{a,b}`; braces without a comma stay, unless a variable stands in them."""
    start = text.at
    text.at += 1
    found: list[list[Node]] = []
    pieces = 0
    while True:
        found += [[part for part in parts if part.get("Value") != ""] for parts in _sequence(text, inside, "},\n;")]
        pieces += 1
        if text.peek() == "}":
            break
        if text.peek() != ",":
            raise FishError("braces are not closed", incomplete=not text.peek())
        text.at += 1
    text.at += 1
    if pieces == 1 and not any(part["Type"] == "ParamExp" for parts in found for part in parts):
        opened = text.node(start, start + 1, Type="SglQuoted", Value="{")
        closed = text.node(text.at - 1, text.at, Type="SglQuoted", Value="}")
        return [[opened, *parts, closed] for parts in found]
    return [_trimmed(parts) for parts in found]


def _trimmed(parts: list[Node]) -> list[Node]:
    """Blanks around the items of braces do not count."""
    if parts and parts[0]["Type"] == "SglQuoted":
        parts[0] = {**parts[0], "Value": parts[0]["Value"].lstrip()}
    if parts and parts[-1]["Type"] == "SglQuoted":
        parts[-1] = {**parts[-1], "Value": parts[-1]["Value"].rstrip()}
    return parts
