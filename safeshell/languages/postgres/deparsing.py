"""Syntax trees -> SQL text, and the few trees that previews are built of.

Trees are those of postgast (grammar of 18). What must not live here: which statement needs which query.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from safeshell.languages.postgres.trees import Tree, every

_VERSION = 180004
"""libpg_query's own number of the grammar; the field has to be there."""


def sql(kind: str, node: Tree) -> str:
    """One statement as text. Raises ValueError for a tree that is none."""
    tree = {"version": _VERSION, "stmts": [{"stmt": {kind: node}}]}
    try:
        result = import_module("postgast.pg_query_pb2").ParseResult()
        import_module("google.protobuf.json_format").ParseDict(tree, result)
        text: str = import_module("postgast").deparse(result)
    except Exception as fault:
        raise ValueError(f"no statement: {fault}") from fault
    return text


def expression(wrapped: Tree) -> str:
    """An expression as text."""
    return sql("SelectStmt", select([wrapped])).removeprefix("SELECT ")


def type_name(node: Tree) -> str:
    """A type as text."""
    null = {"A_Const": {"isnull": True}}
    return expression({"TypeCast": {"arg": null, "typeName": node}}).removeprefix("NULL::")


def select(  # noqa: PLR0913 - the parts of a SELECT
    targets: Iterable[Tree],
    source: Iterable[Tree] = (),
    where: Tree | None = None,
    *,
    with_clause: Tree | None = None,
    limit: int | None = None,
    names: Iterable[str] = (),
) -> Tree:
    """A SelectStmt. `names` are the columns' names, as far as they have one."""
    listed, named = list(targets), [*names]
    named += [""] * (len(listed) - len(named))
    node: Tree = {"limitOption": "LIMIT_OPTION_DEFAULT", "op": "SETOP_NONE"}
    node["targetList"] = [_target(value, name) for value, name in zip(listed, named, strict=True)]
    parts = {"fromClause": list(source), "whereClause": where, "withClause": with_clause}
    node |= {name: part for name, part in parts.items() if part}
    if limit is not None:
        node |= {"limitOption": "LIMIT_OPTION_COUNT", "limitCount": number(limit)}
    return node


def _target(value: Tree, name: str) -> Tree:
    return {"ResTarget": {"val": value} | ({"name": name} if name else {})}


def number(value: int) -> Tree:
    """An integer constant."""
    return {"A_Const": {"ival": {"ival": value} if value else {}}}


def text(value: str) -> Tree:
    """A string constant."""
    return {"A_Const": {"sval": {"sval": value}}}


def column(*names: str) -> Tree:
    """A column; the last name may be `*`."""
    fields: list[Tree] = [{"A_Star": {}} if name == "*" else {"String": {"sval": name}} for name in names]
    return {"ColumnRef": {"fields": fields}}


def exists(query: Tree) -> Tree:
    """EXISTS (query)."""
    return {"SubLink": {"subLinkType": "EXISTS_SUBLINK", "subselect": {"SelectStmt": query}}}


def negated(condition: Tree) -> Tree:
    """NOT condition."""
    return {"BoolExpr": {"boolop": "NOT_EXPR", "args": [condition]}}


def all_of(*conditions: Tree | None) -> Tree | None:
    """The conditions joined by AND; None where there is none."""
    return _joined("AND_EXPR", conditions)


def any_of(*conditions: Tree | None) -> Tree | None:
    """The conditions joined by OR; None where there is none."""
    return _joined("OR_EXPR", conditions)


def _joined(operator: str, conditions: Iterable[Tree | None]) -> Tree | None:
    given = [item for item in conditions if item]
    if len(given) <= 1:
        return given[0] if given else None
    return {"BoolExpr": {"boolop": operator, "args": given}}


def first_true(cases: Iterable[tuple[Tree, bool]]) -> Tree:
    """CASE: of the first condition that is true, whether it counts."""
    whens = [{"CaseWhen": {"expr": when, "result": number(int(counts))}} for when, counts in cases]
    case = {"CaseExpr": {"args": whens, "defresult": number(0)}}
    return {"A_Expr": {"kind": "AEXPR_OP", "name": [{"String": {"sval": "="}}], "lexpr": case, "rexpr": number(1)}}


def union_all(first: Tree, second: Tree, with_clause: Tree | None = None) -> Tree:
    """Two SelectStmts, one after the other."""
    node: Tree = {"op": "SETOP_UNION", "all": True, "larg": first, "rarg": second}
    node["limitOption"] = "LIMIT_OPTION_DEFAULT"
    return node | ({"withClause": with_clause} if with_clause else {})


def subquery(query: Tree, alias: str) -> Tree:
    """(query) AS alias, for a FROM clause."""
    return {"RangeSubselect": {"subquery": {"SelectStmt": query}, "alias": {"aliasname": alias}}}


def parameters(tree: Any) -> tuple[int, ...]:
    """The numbers of the parameters ($1, $2) that a tree uses, in order."""
    found = {int(node.get("number", 0)) for key, node in every(tree) if key == "ParamRef"}
    return tuple(sorted(found))


def without(tree: Any, *keys: str) -> Any:
    """The same tree without some fields, wherever they stand."""
    if isinstance(tree, dict):
        return {key: without(value, *keys) for key, value in tree.items() if key not in keys}
    return [without(item, *keys) for item in tree] if isinstance(tree, list) else tree
