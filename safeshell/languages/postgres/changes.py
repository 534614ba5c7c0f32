"""INSERT, UPDATE, DELETE, MERGE: what each does to rows, and whether anything bounds it.

What must not live here: finding them in a tree (queries), counting rows (plans).
"""

from __future__ import annotations

from safeshell.languages.postgres.conditions import leaves_none_out
from safeshell.languages.postgres.scope import Scope, claim, table, temporary
from safeshell.languages.postgres.trees import Tree
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim

CHANGES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_PREVIEW = "postgres.rows"
_EVERY_ROW = "no condition leaves a row out: add a WHERE, or TRUNCATE where every row is meant"
_EVERY_UPDATE = "no condition leaves a row out: add a WHERE, or go through the table in batches"


def judge_change(kind: str, node: Tree, scope: Scope) -> Claim:
    """The claim of one change of rows."""
    target = (table(node["relation"]),)
    if temporary(target, scope):
        return claim("temporary", Effect.WRITES_SCRATCH, "changes rows of a temporary table", targets=target)
    if kind == "InsertStmt":
        return _insert(node)
    if kind == "MergeStmt":
        return _merge(node)
    deletes = kind == "DeleteStmt"
    every = leaves_none_out(node.get("whereClause"))
    return claim(
        "delete" if deletes else "update",
        Effect.DESTROYS_ROWS,
        "deletes rows" if deletes else "changes rows",
        targets=(table(node["relation"]),),
        unbounded=every,
        advice=(_EVERY_ROW if deletes else _EVERY_UPDATE) if every else "",
        preview=_PREVIEW,
    )


def _insert(node: Tree) -> Claim:
    conflict = node.get("onConflictClause", {})
    target = (table(node["relation"]),)
    if conflict.get("action") == "ONCONFLICT_UPDATE":
        reason = "inserts rows and overwrites those that are there"
        return claim("upsert", Effect.DESTROYS_ROWS, reason, targets=target, preview=_PREVIEW)
    return claim("insert", Effect.WRITES, "inserts rows", targets=target, preview=_PREVIEW)


def _merge(node: Tree) -> Claim:
    """Unbounded where rows are changed that no condition picks."""
    every = False
    for wrapped in node.get("mergeWhenClauses", ()):
        when = wrapped.get("MergeWhenClause", {})
        if when.get("commandType") not in ("CMD_UPDATE", "CMD_DELETE") or when.get("condition"):
            continue
        matched = when.get("matchKind") != "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"
        every = every or not matched or leaves_none_out(node.get("joinCondition"))
    return claim(
        "merge",
        Effect.DESTROYS_ROWS,
        "inserts, changes or deletes rows",
        targets=(table(node["relation"]),),
        unbounded=every,
        preview=_PREVIEW,
    )
