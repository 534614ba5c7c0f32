"""Conditions that leave no row out: `WHERE true`, `1 = 1`, `id = id`, `NOT false`, `x IS NULL OR x IS NOT NULL`.

Three answers: it holds for every row (but for NULLs), for none, or only the rows tell. What must not live here:
what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from safeshell.languages.postgres.trees import Tree, constant, inner, strings

_NEVER_NULL = frozenset({"id", "ctid", "tableoid", "xmin", "cmin", "xmax", "cmax"})
"""Columns that are never NULL: the system's own, and `id` by the custom of every mapper."""
_ALL_PATTERNS = {"~~": {"%", "%%"}, "~~*": {"%", "%%"}, "~": {"", ".*", "^", "^.*$", "$"}, "~*": {"", ".*", "^", "$"}}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_SAME = {"=": True, "<=": True, ">=": True, "<>": False, "<": False, ">": False}
"""What a comparison of an expression with itself gives."""


def leaves_none_out(where: Tree | None) -> bool:
    """Whether a WHERE is missing or true for every row."""
    return not where or truth(where) is True


def truth(condition: Tree | None) -> bool | None:
    """True or False where that holds whatever the row; None where only the row tells."""
    kind, node = inner(condition)
    judge = _JUDGES.get(kind)
    if judge is not None:
        return judge(node)
    text = constant(condition)
    return None if text is None else _as_bool(text)


def _as_bool(text: str) -> bool | None:
    return {"true": True, "t": True, "on": True, "yes": True, "1": True, "y": True}.get(
        text.lower(), False if text.lower() in ("false", "f", "off", "no", "0", "n") else None
    )


def _bool_expr(node: Tree) -> bool | None:
    args: Sequence[Tree] = node.get("args", ())
    found = [truth(arg) for arg in args]
    if node.get("boolop") == "NOT_EXPR":
        return None if found[0] is None else not found[0]
    decisive = node.get("boolop") == "OR_EXPR"
    if decisive in found or (decisive and _complements(args)):
        return decisive
    return None if None in found else not decisive


def _complements(args: Sequence[Tree]) -> bool:
    """`a OR NOT a`, `x IS NULL OR x IS NOT NULL` among the alternatives."""
    bare = [plain(arg) for arg in args]
    tests = [(item["NullTest"].get("arg"), item["NullTest"].get("nulltesttype")) for item in bare if "NullTest" in item]
    if any(a == c and b != d for a, b in tests for c, d in tests):
        return True
    negated = [item["BoolExpr"]["args"][0] for item in bare if item.get("BoolExpr", {}).get("boolop") == "NOT_EXPR"]
    return any(item in bare for item in negated)


_PLACES = frozenset(
    {"location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end", "name_location", "arg_location"}
)


def plain(tree: Any) -> Any:
    """The same tree without the places where its parts stand in the text."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items() if key not in _PLACES}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree


def _expression(node: Tree) -> bool | None:
    name = (strings(node.get("name")) or ("",))[-1]
    kind = node.get("kind")
    left, right = node.get("lexpr"), node.get("rexpr")
    if kind in ("AEXPR_OP", "AEXPR_NOT_DISTINCT", "AEXPR_DISTINCT"):
        name = {"AEXPR_NOT_DISTINCT": "=", "AEXPR_DISTINCT": "<>"}.get(kind, name)
        return _comparison(name, left, right)
    if kind in ("AEXPR_LIKE", "AEXPR_ILIKE") and name in _ALL_PATTERNS:
        return True if constant(right) in _ALL_PATTERNS[name] else None
    if kind == "AEXPR_IN" and name == "=":
        items: Sequence[Tree] = inner(right)[1].get("items", ())
        found = [_comparison("=", left, item) for item in items]
        return True if True in found else None
    return None


def _comparison(name: str, left: Tree | None, right: Tree | None) -> bool | None:
    if left is None or right is None:
        return None
    if name in _ALL_PATTERNS and constant(right) in _ALL_PATTERNS[name]:
        return True
    if name in _SAME and plain(left) == plain(right) and not _calls(left):
        return _SAME[name]
    first, second = constant(left), constant(right)
    if name not in _COMPARE or first is None or second is None:
        return None
    return _compared(name, first, second)


def _compared(name: str, first: str, second: str) -> bool | None:
    try:
        return _COMPARE[name](float(first), float(second))
    except ValueError:
        return _COMPARE[name](first, second) if name in ("=", "<>") else None


def _calls(tree: Tree) -> bool:
    return "FuncCall" in str(tree)


def _null_test(node: Tree) -> bool | None:
    wants_null = node.get("nulltesttype") == "IS_NULL"
    kind, arg = inner(node.get("arg"))
    if kind == "A_Const":
        return bool(arg.get("isnull")) == wants_null
    column = (strings(arg.get("fields")) or ("",))[-1] if kind == "ColumnRef" else ""
    return None if column not in _NEVER_NULL else not wants_null


def _boolean_test(node: Tree) -> bool | None:
    found = truth(node.get("arg"))
    kind = node.get("booltesttype", "")
    if found is None:
        return None
    return {"IS_TRUE": found, "IS_NOT_FALSE": found, "IS_NOT_UNKNOWN": True}.get(kind, not found)


def _sublink(node: Tree) -> bool | None:
    """EXISTS over a query that always has a row: one without FROM, WHERE and LIMIT."""
    _, query = inner(node.get("subselect"))
    bare = not any(
        query.get(part) for part in ("fromClause", "whereClause", "havingClause", "limitCount", "limitOffset")
    )
    return True if node.get("subLinkType") == "EXISTS_SUBLINK" and bare and query.get("targetList") else None


def _coalesced(node: Tree) -> bool | None:
    found = [truth(arg) for arg in node.get("args", ())]
    return found[0] if found else None


_JUDGES: dict[str, Callable[[Tree], bool | None]] = {
    "BoolExpr": _bool_expr,
    "A_Expr": _expression,
    "NullTest": _null_test,
    "BooleanTest": _boolean_test,
    "SubLink": _sublink,
    "CoalesceExpr": _coalesced,
}
