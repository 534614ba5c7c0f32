"""PostgreSQL text -> syntax trees as plain dicts, by two copies of the server's own parser.

pgparse (grammar of 17) starts cheaply and clears plain reads; postgast (grammar of 18) is imported only for
the rest, as a second opinion. Law: nothing that pgparse rejects is ever a plain read, and any fault of a
parser (deep nesting, broken protobuf, text it cannot take) is "does not parse", never a crash.
What must not live here: what statements mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from safeshell.model.values import dataclass

Tree = dict[str, Any]
"""A node: its fields by name. A field of any type holds a dict with one key, the type's name."""

LARGE = 200_000
"""Characters above which the tokens of a text are counted before it is parsed."""
MOST_TOKENS = 60_000
"""A tree takes about 2 KB of memory a token."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Why there is no tree, said to a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """One statement: node type, node, and its byte range in the text."""

    kind: str
    node: Tree
    start: int
    end: int


def parse(text: str) -> tuple[Parsed, ...] | Unparsed:
    """Every statement of a text by the cheap parser, or why there is none."""
    wrong = unfit(text)
    return wrong or _listed(_pgparse, text)


def second_opinion(text: str) -> tuple[Parsed, ...] | Unparsed:
    """The same by the other parser (it alone knows the grammar of 18)."""
    wrong = unfit(text)
    return wrong or _listed(_postgast, text)


def unfit(text: str) -> Unparsed | None:
    """What no parser is given: characters that end or break a text, and a size that would eat the memory."""
    if "\x00" in text:
        return Unparsed("holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return Unparsed("is not valid UTF-8")
    if len(text) > LARGE and _too_many(text):
        return Unparsed("is longer than safeshell reads")
    return None


def _too_many(text: str) -> bool:
    from safeshell.languages.sqllexer import tokens  # noqa: PLC0415 - compiles large patterns, for large texts only
    from safeshell.model.statements import Language  # noqa: PLC0415 - as above

    return any(count > MOST_TOKENS for count, _ in enumerate(tokens(text, Language.POSTGRES)))


def _listed(parser: Any, text: str) -> tuple[Parsed, ...] | Unparsed:
    try:
        found = parser(text)
        return tuple(_parsed(item, text) for item in found)
    except RecursionError:
        return Unparsed("is nested deeper than safeshell reads")
    except MemoryError:
        return Unparsed("is larger than safeshell reads")
    except Exception as fault:  # noqa: BLE001 - both parsers and protobuf raise types of their own, none of them shared
        return Unparsed(f"does not parse: {str(fault)[:120]}")


def _parsed(item: Tree, text: str) -> Parsed:
    ((kind, node),) = item["stmt"].items()
    start = int(item.get("stmt_location") or item.get("stmtLocation") or 0)
    size = int(item.get("stmt_len") or item.get("stmtLen") or 0) or len(text.encode()) - start
    return Parsed(kind, node, start, start + size)


def _pgparse(text: str) -> list[Tree]:
    found: list[Tree] = import_module("pgparse").parse(text)
    return found


def _postgast(text: str) -> list[Tree]:
    """By the library's JSON: its protobuf form stops at 100 levels, and takes ten times as long to become a dict."""
    lib = import_module("postgast.native").lib
    result = lib.pg_query_parse(text.encode())
    try:
        import_module("postgast.errors").check_error(result)
        found: list[Tree] = json.loads(result.parse_tree).get("stmts", [])
    finally:
        lib.pg_query_free_parse_result(result)
    return found


def without_comments(text: str) -> str | None:
    """The same text, byte for byte in its place, with blanks for its comments; None where it has none.

    The parsers' copy of the server's lexer takes a comment between words that belong together (NOT /**/ IN)
    for a token of its own and fails, the server does not. The comments are those that this lexer itself finds.
    """
    if "--" not in text and "/*" not in text:
        return None
    try:
        tokens = import_module("postgast").scan(text).tokens
        known = import_module("postgast.pg_query_pb2").Token
    except Exception:  # noqa: BLE001 - a type of its own again; then the text stays as it is
        return None
    data = bytearray(text.encode())
    comments = {known.Value("C_COMMENT"), known.Value("SQL_COMMENT")}
    for token in tokens:
        if token.token in comments:
            data[token.start : token.end] = b" " * (token.end - token.start)
    return data.decode()


def inner(wrapped: Tree | None) -> tuple[str, Tree]:
    """Type and node of a field that may hold any type; ("", {}) for an empty one."""
    if not wrapped or len(wrapped) != 1:
        return "", {}
    ((kind, node),) = wrapped.items()
    return (kind, node) if isinstance(node, dict) else ("", {})


def every(tree: Any) -> Iterator[tuple[str, Tree]]:
    """Each dict below (and with) a tree and the key it stands under, outermost first. Not recursive."""
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, dict):
            yield key, item
            waiting.extend(reversed(item.items()))
        elif isinstance(item, list):
            waiting.extend((key, part) for part in reversed(item))


def strings(listed: Any) -> tuple[str, ...]:
    """The texts of a list of String nodes (a name with its schema)."""
    return tuple(node.get("String", {}).get("sval", "") for node in listed or () if isinstance(node, dict))


def constant(wrapped: Tree | None) -> str | None:
    """The text of a constant, through casts; None where it is none (or NULL)."""
    kind, node = inner(wrapped)
    while kind == "TypeCast":
        kind, node = inner(node.get("arg"))
    if kind != "A_Const" or node.get("isnull"):
        return None
    if "boolval" in node:
        return "true" if node["boolval"].get("boolval") else "false"
    for name, empty in (("sval", ""), ("ival", "0"), ("fval", ""), ("bsval", "")):
        if name in node:
            return str(node[name].get(name, empty))
    return None


def qualified(relation: Tree) -> str:
    """The name of a RangeVar as one would write it: catalogue and schema where given, quoted where needed."""
    parts = (relation.get("catalogname"), relation.get("schemaname"), relation.get("relname"))
    return ".".join(quoted(part) for part in parts if part)


def quoted(name: str) -> str:
    """An identifier as it has to be written."""
    from safeshell.languages.postgres.keywords import RESERVED  # noqa: PLC0415 - only for names that are shown

    plain = name[:1].isascii() and (name[:1].isalpha() or name[:1] == "_")
    plain = plain and all(c.isascii() and (c.islower() or c.isdigit() or c == "_") for c in name)
    return name if plain and name not in RESERVED else '"' + name.replace('"', '""') + '"'
