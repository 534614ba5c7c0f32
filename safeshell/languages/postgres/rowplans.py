"""Changes of rows -> the SELECTs that show them beforehand.

A change becomes one query that gives a row for each row it would touch; counting, sampling and keeping the old
rows are built on that. A row that a join matches several times is changed once: so FROM and USING become
EXISTS, which unlike ctid works for views, partitions and foreign tables too.
What must not live here: text (deparsing), running anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.languages.postgres import deparsing as sql
from safeshell.languages.postgres import routines
from safeshell.languages.postgres.queries import look
from safeshell.languages.postgres.trees import Tree, inner
from safeshell.model.values import dataclass, replace

NEW = " (new)"
"""Ends the name of a column that shows a value as an UPDATE would make it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a change touches. All are SelectStmts; None where there is no such query.

    `each` gives one row for each row touched, `old` the rows as they are (with FOR UPDATE OF `alias` where
    that is legal), `after` old and new values side by side. `fixed` is a number that the text alone tells;
    `bound` says that fewer may be touched.
    """

    each: Tree | None = None
    old: Tree | None = None
    shown: Tree | None = None
    after: Tree | None = None
    alias: str = ""
    fixed: int | None = None
    bound: bool = False
    caveats: tuple[str, ...] = ()


def rows_of(kind: str, node: Tree) -> Rows:
    """The queries for one INSERT, UPDATE, DELETE or MERGE."""
    if kind == "InsertStmt":
        return _insert(node)
    if kind == "MergeStmt":
        return _merge(node)
    return _change(node, node.get("usingClause") if kind == "DeleteStmt" else node.get("fromClause"))


def _change(node: Tree, others: Sequence[Tree] | None) -> Rows:
    """UPDATE and DELETE."""
    where, with_clause = node.get("whereClause"), node.get("withClause")
    target = node["relation"]
    if inner(where)[0] == "CurrentOfExpr":
        return Rows(fixed=1, bound=True, caveats=("the row is the one its cursor stands on",))
    if _hidden(target, with_clause):
        return Rows(caveats=("a WITH query has the name of the table, so its rows cannot be counted beforehand",))
    alias = name_of(target)
    picked = sql.exists(sql.select([sql.number(1)], others, where)) if others else where
    source: list[Tree] = [{"RangeVar": target}]
    old = sql.select([sql.column(alias, "*")], source, picked, with_clause=with_clause)
    after = None
    if node.get("targetList") and (assigned := _assigned(node["targetList"])):
        names = ["", *(name + NEW for name, _ in assigned)]
        values = [sql.column(alias, "*"), *(value for _, value in assigned)]
        after = sql.select(values, [*source, *(others or ())], where, with_clause=with_clause, names=names)
    each = sql.select([sql.number(1)], source, picked, with_clause=with_clause)
    return Rows(each=each, old=old, shown=old, after=after, alias=alias)


def name_of(relation: Tree) -> str:
    """How the rest of its statement calls a table."""
    alias: str = relation.get("alias", {}).get("aliasname") or relation["relname"]
    return alias


def _hidden(target: Tree, with_clause: Tree | None) -> bool:
    """Whether a SELECT would take a WITH query for the table of this name."""
    names = [item.get("CommonTableExpr", {}).get("ctename") for item in (with_clause or {}).get("ctes", ())]
    return not target.get("schemaname") and target["relname"] in names


def _assigned(targets: Sequence[Tree]) -> list[tuple[str, Tree]]:
    """Columns and new values of a SET list, as far as one expression gives them."""
    found: list[tuple[str, Tree]] = []
    for wrapped in targets:
        target = wrapped["ResTarget"]
        kind, value = inner(target.get("val"))
        if kind == "MultiAssignRef":
            row, parts = inner(value.get("source"))
            at = int(value.get("colno", 1)) - 1
            if row == "RowExpr" and at < len(parts.get("args", ())):
                found.append((target["name"], parts["args"][at]))
        elif kind == "SetToDefault":
            found.append((target["name"], sql.text("DEFAULT")))
        elif "indirection" not in target:
            found.append((target["name"], target["val"]))
    return found


def _insert(node: Tree) -> Rows:
    conflict = node.get("onConflictClause", {})
    nothing = conflict.get("action") == "ONCONFLICT_NOTHING"
    bound = nothing or "whereClause" in conflict
    caveats = ("rows that are there already are left out",) if bound else ()
    _, query = inner(node.get("selectStmt"))
    values = query.get("valuesLists")
    if not query or (values and not _gives_sets(values)):
        found = Rows(fixed=len(values) if values else 1, bound=bound, caveats=caveats)
    else:
        query = sql.select(values[0]["List"]["items"]) if values else query
        found = replace(_from_query(query, node.get("withClause")), bound=bound, caveats=caveats)
    if conflict.get("action") == "ONCONFLICT_UPDATE":
        return replace(found, old=_overwritten(node, query), alias=name_of(node["relation"]))
    return found


def _from_query(query: Tree, with_clause: Tree | None) -> Rows:
    """INSERT ... SELECT: what the query gives."""
    plain = sql.without(query, "lockingClause")
    inside = sql.subquery(plain, "affected")
    shown = None if _acts(plain) else sql.select([sql.column("affected", "*")], [inside], with_clause=with_clause)
    each = sql.select([sql.number(1)], [sql.subquery(_bare(plain), "affected")], with_clause=with_clause)
    return Rows(each=each, shown=shown)


def _bare(query: Tree) -> Tree:
    """The query without values that do something while they are made (nextval)."""
    targets = query.get("targetList", [])
    quiet = [{"ResTarget": {"val": sql.number(1)}} if _acts(item) else item for item in targets]
    return {**query, "targetList": quiet} if quiet != targets else query


_SETS = frozenset({"generate_series", "generate_subscripts", "unnest", "regexp_matches", "string_to_table"})
_SET_ENDINGS = ("_to_table", "_elements", "_elements_text", "_each", "_each_text", "_keys", "_recordset", "_query")


def _called(tree: object) -> list[tuple[str, str]]:
    return [(schema, name) for schema, name, _ in look(tree).calls]


def _acts(tree: object) -> bool:
    return any(routines.deed(schema, name) for schema, name in _called(tree))


def _gives_sets(tree: object) -> bool:
    """Whether one row of values may become several."""
    return any(name in _SETS or name.endswith(_SET_ENDINGS) for _, name in _called(tree))


def _overwritten(node: Tree, query: Tree) -> Tree | None:
    """The rows that ON CONFLICT (columns) DO UPDATE would overwrite, where the text names the columns."""
    keys = _conflict_columns(node)
    given = [item["ResTarget"].get("name", "") for item in node.get("cols", ())]
    if not keys or not set(keys) <= set(given) or not query:
        return None
    target, source = node["relation"], "affected"
    query = sql.without(query, "lockingClause")
    there: Tree = {
        "RangeSubselect": {
            "subquery": {"SelectStmt": query},
            "alias": {"aliasname": source, "colnames": [{"String": {"sval": name}} for name in given]},
        }
    }
    same = [_equal(sql.column(name_of(target), key), sql.column(source, key)) for key in keys]
    picked = sql.exists(sql.select([sql.number(1)], [there], sql.all_of(*same)))
    return sql.select(
        [sql.column(name_of(target), "*")], [{"RangeVar": target}], picked, with_clause=node.get("withClause")
    )


def _conflict_columns(node: Tree) -> list[str]:
    infer = node.get("onConflictClause", {}).get("infer", {})
    return [item.get("IndexElem", {}).get("name", "") for item in infer.get("indexElems", ())]


def _equal(left: Tree, right: Tree) -> Tree:
    return {"A_Expr": {"kind": "AEXPR_OP", "name": [{"String": {"sval": "="}}], "lexpr": left, "rexpr": right}}


def _merge(node: Tree) -> Rows:
    """MERGE: its source joined to its target, each row by the first WHEN that holds; then what no source matches."""
    target, source = node["relation"], node["sourceRelation"]
    with_clause, condition = node.get("withClause"), node["joinCondition"]
    if _hidden(target, with_clause):
        return Rows(caveats=("a WITH query has the name of the table, so its rows cannot be counted beforehand",))
    whens = [item["MergeWhenClause"] for item in node.get("mergeWhenClauses", ())]
    joined = {"JoinExpr": {"jointype": "JOIN_LEFT", "larg": source, "rarg": {"RangeVar": target}, "quals": condition}}
    missing = _is_null(sql.column(name_of(target), "ctid"))
    cases = [
        (sql.all_of(_found(when, missing), when.get("condition")), _counts(when)) for when in whens if not _lonely(when)
    ]
    each = sql.select([sql.number(1)], [joined], sql.first_true([(case or _TRUE, counts) for case, counts in cases]))
    alone = [(when.get("condition") or _TRUE, _counts(when)) for when in whens if _lonely(when)]
    unmatched = sql.negated(sql.exists(sql.select([sql.number(1)], [source], condition)))
    if alone:
        rest = sql.select([sql.number(1)], [{"RangeVar": target}], sql.all_of(unmatched, sql.first_true(alone)))
        each = sql.union_all(each, rest)
    if with_clause:
        each = {**each, "withClause": with_clause}
    old = _merged(node, whens, unmatched, alone)
    return Rows(each=each, old=old, shown=old, alias=name_of(target))


_TRUE: Tree = {"A_Const": {"boolval": {"boolval": True}}}


def _lonely(when: Tree) -> bool:
    """WHEN NOT MATCHED BY SOURCE."""
    return when.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"


def _counts(when: Tree) -> bool:
    return when.get("commandType") != "CMD_NOTHING"


def _found(when: Tree, missing: Tree) -> Tree:
    return sql.negated(missing) if when.get("matchKind") == "MERGE_WHEN_MATCHED" else missing


def _is_null(arg: Tree) -> Tree:
    return {"NullTest": {"arg": arg, "nulltesttype": "IS_NULL"}}


def _merged(node: Tree, whens: Sequence[Tree], unmatched: Tree, alone: list[tuple[Tree, bool]]) -> Tree | None:
    """The rows of the target that would be changed or deleted, as they are."""
    target = node["relation"]
    matched = [
        (when.get("condition") or _TRUE, _counts(when))
        for when in whens
        if when.get("matchKind") == "MERGE_WHEN_MATCHED"
    ]
    picked = None
    if any(counts for _, counts in matched):
        both = sql.all_of(node["joinCondition"], sql.first_true(matched))
        picked = sql.exists(sql.select([sql.number(1)], [node["sourceRelation"]], both))
    if any(counts for _, counts in alone):
        picked = sql.any_of(picked, sql.all_of(unmatched, sql.first_true(alone)))
    if picked is None:
        return None
    whole = [sql.column(name_of(target), "*")]
    return sql.select(whole, [{"RangeVar": target}], picked, with_clause=node.get("withClause"))


def truncated(relations: Sequence[Tree]) -> list[Rows]:
    """TRUNCATE: every row of each table (of its partitions and children too, unless ONLY)."""
    found = []
    for wrapped in relations:
        relation = wrapped["RangeVar"]
        every_row = sql.select([sql.column(name_of(relation), "*")], [wrapped])
        each = sql.select([sql.number(1)], [wrapped])
        found.append(Rows(each=each, old=every_row, shown=every_row, alias=name_of(relation)))
    return found
