"""DO blocks: what their PL/pgSQL would run, as far as its text tells.

A block is always opaque code: it may commit, loop, and build texts. What stands in it is judged all the same,
so that a DELETE inside is no smaller than one outside. What must not live here: single statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from safeshell.languages.postgres.scope import DEEPEST, LANGUAGE, Scope, claim
from safeshell.languages.postgres.trees import Tree, Unparsed, constant, every, parse
from safeshell.languages.sqllexer import tokens
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim

_RUNS = claim("do", Effect.RUNS_OPAQUE_CODE, "runs a block of code")
_TAG = "safeshell_block"


def judge_block(node: Tree, scope: Scope) -> list[Claim]:
    """Claims of a DO statement, of its body too where that is PL/pgSQL."""
    language, body = _parts(node)
    if body is None or scope.depth >= DEEPEST:
        return [_RUNS]
    if language != "plpgsql":
        return [
            _RUNS,
            claim("do-language", Effect.RUNS_OPAQUE_CODE, f"is written in {language}, which is not read here"),
        ]
    return [_RUNS, *_body(body, scope)]


def _parts(node: Tree) -> tuple[str, str | None]:
    language, body = "plpgsql", None
    for wrapped in node.get("args", ()):
        item = wrapped.get("DefElem", {})
        text = item.get("arg", {}).get("String", {}).get("sval")
        if item.get("defname") == "language":
            language = str(text)
        elif item.get("defname") == "as":
            body = text
    return language, body


def _body(body: str, scope: Scope) -> list[Claim]:
    from safeshell.languages.postgres.reader import claims_inside  # noqa: PLC0415 - the two call each other

    texts = _texts(body)
    if texts is None:
        return [claim("do-unread", Effect.NOT_UNDERSTOOD, "has a body that does not parse")]
    inside = [item for text in texts for item in claims_inside(text, scope)]
    return list(dict.fromkeys(item for item in inside if item.effect is not Effect.READS))


def _texts(body: str) -> list[str] | None:
    """The SQL texts in a body: statements, expressions, and what EXECUTE runs where that is a constant."""
    if f"${_TAG}$" in body:
        return None
    head = "CREATE FUNCTION pg_temp.b() RETURNS void LANGUAGE plpgsql AS"
    try:
        tree = import_module("postgast").parse_plpgsql(f"{head} ${_TAG}${body}${_TAG}$")
    except Exception:  # noqa: BLE001 - the parser and json raise types of their own
        return None
    return list(_queries(tree))


def _queries(tree: Any) -> Iterator[str]:
    for key, node in every(tree):
        if key == "PLpgSQL_expr" and isinstance(node.get("query"), str):
            yield _statement(node["query"], node.get("parseMode", 0))
        dynamic = node.get("query") if key in _DYNAMIC else node.get("dynquery")
        fixed = _constant_text(dynamic) if isinstance(dynamic, dict) else None
        if fixed is not None:
            yield fixed


_DYNAMIC = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"})
_EXPRESSION = 2
"""`RawParseMode` of an expression; above it stand assignments, below it statements and type names."""


def _statement(text: str, mode: int) -> str:
    """The statement that runs an expression or the right side of an assignment."""
    if mode < _EXPRESSION:
        return text
    if mode == _EXPRESSION:
        return f"SELECT {text}"
    sides = [token.end for token in tokens(text, LANGUAGE) if token.text in (":=", "=")]
    return f"SELECT {text[sides[0] :]}" if sides else text


def _constant_text(dynamic: Tree) -> str | None:
    """The statement in the operand of EXECUTE 'drop table x'."""
    found = parse(f"SELECT {dynamic.get('PLpgSQL_expr', {}).get('query', '')}")
    if isinstance(found, Unparsed) or len(found) != 1:
        return None
    listed = found[0].node.get("targetList", ())
    return constant(listed[0].get("ResTarget", {}).get("val")) if len(listed) == 1 else None
